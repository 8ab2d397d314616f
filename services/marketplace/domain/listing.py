"""A model on sale: its state, what its seller offers, its record as the platform measures it, and how it sells. Pure moves alone."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal, TypeVar

from libs.contracts.listings import (
    ListingEvent,
    ListingSnapshot,
    ListingState,
    Offer,
    Performance,
    PerformanceRequested,
    PublishModel,
)
from libs.contracts.record_chain import genesis
from libs.contracts.records import RecordHead, Standing
from services.marketplace.domain.listing_errors import SyntheticRecordError, WrongListingStateError
from services.marketplace.domain.model_version import ModelVersion
from services.marketplace.domain.standing import standing_of_nothing

E = TypeVar("E", bound=ListingEvent)
MOVES: Final = {
    ListingState.IN_REVIEW: {ListingState.LISTED, ListingState.REJECTED, ListingState.WITHDRAWN},
    ListingState.LISTED: {ListingState.WITHDRAWN},
    ListingState.REJECTED: set[ListingState](),
    ListingState.WITHDRAWN: set[ListingState](),
}
NOT_KNOWN: Final = "Its training did not say which candles it was tested on: train the model again."
OPEN: Final = frozenset(state for state, moves in MOVES.items() if moves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One listing. `version` guards against lost updates; `sequence` numbers its events and grows with every change that is told.

    `submitted` is the model version that was submitted: its own records are shown. `rating_sum` is the sum of its ratings. `measure_at`
    is when its records are due to be measured again; None unless it is on sale. `standing` is what its backtest counts for, and `record`
    the end of the chain of that one's days. `static_data`: its seller has acknowledged that no newer candles of its symbols come.
    """

    id: str
    model_id: str
    seller_id: str
    seller_name: str
    offer: Offer
    submitted: ModelVersion
    submitted_at: datetime
    version: int = 0
    sequence: int = 1
    state: ListingState = ListingState.IN_REVIEW
    reviewer_id: str | None = None
    reviewed_at: datetime | None = None
    published_at: datetime | None = None
    rejection_reason: str | None = None
    is_featured: bool = False
    backtest: Performance | None = None
    live: Performance | None = None
    standing: Standing | None = None
    record: RecordHead | None = None
    measure_at: datetime | None = None
    subscribers: int = 0
    ratings: int = 0
    rating_sum: int = 0
    revenue: Decimal = Decimal("0.00")
    static_data: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is in review or on sale: a model has at most one such listing."""
        return self.state in OPEN

    def is_for(self, ask: PublishModel) -> bool:
        """Tell whether it is the listing that is asked for."""
        return (self.model_id, self.seller_id, self.offer) == (ask.model_id, ask.account_id, ask.offer)

    def listed(self, *, at: datetime, reviewer_id: str | None) -> "Listing":
        """Put it on sale; without a reviewer by the platform itself. Raise WrongListingStateError for what the table lacks."""
        return self._moved(
            ListingState.LISTED, "listed", reviewer_id=reviewer_id, reviewed_at=at if reviewer_id else None, published_at=at, measure_at=at
        )

    def rejected(self, reason: str, *, at: datetime, reviewer_id: str) -> "Listing":
        """Turn it down. Raise WrongListingStateError."""
        return self._moved(ListingState.REJECTED, "rejected", reviewer_id=reviewer_id, reviewed_at=at, rejection_reason=reason)

    def withdrawn(self) -> "Listing":
        """Take it off the market. Raise WrongListingStateError."""
        return self._moved(ListingState.WITHDRAWN, "withdrawn", is_featured=False, measure_at=None)

    def erased(self, word: str) -> "Listing":
        """Return it off the market and without a word of its seller's, who is gone for good; erased again it stays as it is."""
        offer = self.offer.model_copy(update={"title": word, "description": "", "sample_signals": (), "terms_and_conditions": ""})
        if (self.seller_name, self.offer) == (word, offer):
            return self
        state = ListingState.WITHDRAWN if self.is_open else self.state
        return self._changed(seller_name=word, offer=offer, state=state, is_featured=False, measure_at=None)

    def featured(self, is_featured: bool) -> "Listing":  # noqa: FBT001  # said by who calls: `featured(True)`
        """Show it first, or no longer; the same word twice changes nothing.

        Raise WrongListingStateError unless it is on sale, SyntheticRecordError where its record rests on generated candles.
        """
        if self.state is not ListingState.LISTED:
            raise WrongListingStateError(wanted="featured", state=self.state.value)
        if is_featured and (self.submitted.synthetic or any(record and record.synthetic for record in (self.backtest, self.live))):
            raise SyntheticRecordError
        return self if self.is_featured is is_featured else self._changed(is_featured=is_featured)

    def measured_live(self, performance: Performance) -> "Listing":
        """Write down a live record; one that is not newer than what is known changes nothing."""
        if self.live is not None and performance.measured_at <= self.live.measured_at:
            return self
        return self._changed(live=performance, is_featured=self.is_featured and not performance.synthetic)

    def measured(self, performance: Performance, *, standing: Standing, record: RecordHead) -> "Listing":
        """Write down the backtest, what it counts for and the end of its chain; an older one, or the same, changes nothing."""
        if self.is_newer_than(performance):
            return self
        # What was featured before its record was known may turn out to rest on generated candles.
        featured = self.is_featured and not performance.synthetic
        changed = replace(self, backtest=performance, standing=standing, record=record, is_featured=featured)
        return self if changed == self else replace(changed, sequence=self.sequence + 1)

    def is_newer_than(self, performance: Performance) -> bool:
        """Tell whether its backtest was measured after this one."""
        return self.backtest is not None and performance.measured_at < self.backtest.measured_at

    def counting(self, standing: Standing) -> "Listing":
        """Say what its backtest counts for; the same changes nothing."""
        return self if self.standing == standing else self._changed(standing=standing)

    def due(self, *, at: datetime) -> "Listing":
        """Have its records measured now, where it is on sale."""
        return self if self.state is not ListingState.LISTED else replace(self, measure_at=at)

    def with_numbers(self, *, subscribers: int, ratings: int, rating_sum: int, revenue: Decimal) -> "Listing":
        """Say how many subscriptions can be used, what ratings sum to, and what was paid, gross, less refunds; the same changes nothing."""
        if (self.subscribers, self.ratings, self.rating_sum, self.revenue) == (subscribers, ratings, rating_sum, revenue):
            return self
        return self._changed(subscribers=subscribers, ratings=ratings, rating_sum=rating_sum, revenue=revenue)

    def asking_backtest(self, *, at: datetime) -> tuple["Listing", tuple[PerformanceRequested, ...]]:
        """Ask for the submitted version's record from its cut to the last candle, if the cut is known."""
        if self.submitted.cut is None:
            return self, ()
        asking = self._changed()
        kept = self.record or RecordHead(days=0, hash=genesis(self.id, version=self.submitted.name), last=None)
        return asking, (_request(asking, "backtest", since=self.submitted.cut, kept=kept, at=at),)

    def asking(self, *, at: datetime, every: timedelta) -> tuple["Listing", tuple[PerformanceRequested, ...]]:
        """Ask for both records, that from its cut and that since it is on sale, and again after this time."""
        assert self.published_at is not None
        listing, backtest = self.asking_backtest(at=at)
        asking = replace(listing, sequence=listing.sequence + 1, measure_at=at + every)
        return asking, (*backtest, _request(asking, "live", since=self.published_at, kept=None, at=at))

    def told_by(self, kind: type[E], *, at: datetime) -> E:
        """Return the event of this kind that tells of it as it stands."""
        return kind(
            occurred_at=at,
            sequence=self.sequence,
            listing_id=self.id,
            model_id=self.model_id,
            account_id=self.seller_id,
            listing=self.told(),
        )

    def told(self) -> ListingSnapshot:
        """Return what everybody is told of it."""
        return ListingSnapshot(
            listing_id=self.id,
            sequence=self.sequence,
            model_id=self.model_id,
            seller_id=self.seller_id,
            seller_name=self.seller_name,
            state=self.state,
            offer=self.offer,
            version=self.submitted.name,
            submitted_at=self.submitted_at,
            published_at=self.published_at,
            rejection_reason=self.rejection_reason,
            is_featured=self.is_featured,
            backtest=self.backtest,
            live=self.live,
            subscribers=self.subscribers,
            ratings=self.ratings,
            average_rating=round(self.rating_sum / self.ratings, 2) if self.ratings else None,
            revenue=self.revenue,
            standing=self.standing,
            record=self.record,
            static_data=self.static_data,
            symbols=self.submitted.symbols or (),
            timeframe=self.submitted.timeframe,
        )

    def _moved(self, state: ListingState, wanted: str, **fields: Any) -> "Listing":
        if state not in MOVES[self.state]:
            raise WrongListingStateError(wanted=wanted, state=self.state.value)
        return self._changed(state=state, **fields)

    def _changed(self, **fields: Any) -> "Listing":
        return replace(self, sequence=self.sequence + 1, **fields)


def submit(ask: PublishModel, *, version: ModelVersion, at: datetime) -> Listing:
    """Return the listing that is asked for, before anybody has looked at it. Without a cut there is nothing to measure, and it says so."""
    unmeasured = None if version.cut else Performance.unmeasured(NOT_KNOWN, at=at, synthetic=version.synthetic)
    return Listing(
        id=ask.listing_id,
        model_id=ask.model_id,
        seller_id=ask.account_id,
        seller_name=ask.seller_name,
        offer=ask.offer,
        submitted=version,
        submitted_at=at,
        backtest=unmeasured,
        standing=standing_of_nothing(unmeasured) if unmeasured else None,
        static_data=ask.static_data,
    )


def _request(
    listing: Listing, kind: Literal["backtest", "live"], *, since: datetime, kept: RecordHead | None, at: datetime
) -> PerformanceRequested:
    return PerformanceRequested(
        occurred_at=at,
        sequence=listing.sequence,
        listing_id=listing.id,
        model_id=listing.model_id,
        kind=kind,
        version=listing.submitted.name,
        artifact=listing.submitted.artifact,
        since=since,
        until=None,
        kept=kept,
    )
