"""Listings' records: what is measured is kept, day by day, and judged; what is on sale is measured again and again."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from libs.chassis.stores.outbox import OutboxFullError
from libs.chassis.stores.parts import Part
from libs.chassis.stores.set_aside import is_hopeless
from libs.contracts.listings import ListingUpdated, Performance, PerformanceMeasured
from libs.contracts.records import ReadRecord, RecordPage, Standing
from services.marketplace.domain.listing import Listing
from services.marketplace.domain.listing_ports import Listings, ModelVersions, Records
from services.marketplace.domain.model_version import ModelVersion
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.standing import Least, standing_of
from services.marketplace.usecases.keep_listings import Changed, ChangeListing
from services.marketplace.usecases.settling import BATCH, settle_all


@dataclass(frozen=True, slots=True)
class Judge:
    """Says what a record counts for: by itself, and by how often its account has tried."""

    versions: ModelVersions
    least: Least

    async def __call__(self, record: Performance, *, account_id: str) -> Standing:
        """Return its standing now."""
        comparable = record.symbols and record.since is not None and record.until is not None
        trials = await self.versions.trials(account_id, record) if comparable else None
        return standing_of(record, trials=trials, least=self.least)


@dataclass(frozen=True, slots=True)
class NoteMeasured:
    """The same or an older record changes nothing."""

    change: ChangeListing
    records: Records
    judge: Judge
    clock: Clock

    async def __call__(self, event: PerformanceMeasured) -> None:
        """Write down what inference has measured, keep its new days, and tell it. Raise BooksChangedError for a lost race."""
        if event.kind == "live":
            await self.change(event.listing_id, lambda listing: self._told(listing, listing.measured_live(event.performance)))
            return
        listing, performance = await self.change.listings.get(event.listing_id), event.performance
        if listing.is_newer_than(performance):
            return
        # The days first: whoever reads the listing's end of the chain finds all of them.
        head = await self.records.append(
            listing.id,
            event.days,
            version=listing.submitted.name,
            after=event.days_after,
            measured_at=performance.measured_at,
        )
        standing = await self.judge(performance, account_id=listing.seller_id)
        await self.change(listing.id, lambda found: self._told(found, found.measured(performance, standing=standing, record=head)))

    def _told(self, before: Listing, after: Listing) -> Changed:
        return (before, ()) if after is before else (after, (after.told_by(ListingUpdated, at=self.clock()),))


@dataclass(frozen=True, slots=True)
class JudgeAgain:
    """A record's standing changes with its account's trainings and with the settings, though nobody measures it."""

    change: ChangeListing
    judge: Judge
    clock: Clock

    async def after(self, version: ModelVersion) -> None:
        """Judge the listings that a training counts for: its account has tried once more on their symbols."""
        for listing in await self.change.listings.counting(version):
            with suppress(OutboxFullError):  # It is judged again when it is measured next, which waits for room, too.
                await self.one(listing)

    async def one(self, listing: Listing) -> bool:
        """Judge one, and return whether anything has changed. What is from before records ran to the last candle is due at once."""
        if listing.backtest is None:
            return False
        record, now = listing.backtest, self.clock()
        standing = await self.judge(record, account_id=listing.seller_id)

        def decide(found: Listing) -> Changed:
            if found.backtest != record:
                return found, ()  # measured meanwhile, and judged with it
            judged = found.counting(standing)
            if judged is found:
                return found, ()
            judged = judged if record.bars is not None else judged.due(at=now)
            return judged, (judged.told_by(ListingUpdated, at=now),)

        before = listing.sequence
        return (await self.change(listing.id, decide)).sequence != before


@dataclass(slots=True)
class JudgeAllOnce:
    """Once in a process's life, as the settings or the rules may be other ones than those of the process before."""

    judge_again: JudgeAgain
    waiting: list[str] | None = field(default=None)

    async def __call__(self) -> int:
        """Judge what has not been judged yet; return how many listings stand otherwise now."""
        listings, changed = self.judge_again.change.listings, 0
        if self.waiting is None:
            self.waiting = await listings.open_ids()
        while self.waiting:
            listing_id = self.waiting.pop()
            try:
                changed += await self.judge_again.one(await listings.get(listing_id))
            except Exception as error:
                if not is_hopeless(error):
                    self.waiting.insert(0, listing_id)  # the others come first at the next turn
                    raise
                await listings.set_aside(listing_id, error)
        return changed


@dataclass(frozen=True, slots=True)
class MeasureAgain:
    """Any number of marketplace processes may do this at once, and after any of them has died: each measuring is asked for once."""

    listings: Listings
    clock: Clock
    every: timedelta

    async def __call__(self) -> int:
        """Ask for the records that are due; return of how many listings."""

        async def batch(but: Collection[str]) -> list[Listing]:
            return await self.listings.due(at=self.clock(), most=BATCH, but=but)

        async def ask(listing: Listing) -> None:
            # Where another process is faster, or it is being sold, the next look decides anew.
            asking, requests = listing.asking(at=self.clock(), every=self.every)
            await self.listings.save(asking, *requests)

        async def set_aside(listing: Listing, error: Exception) -> None:
            await self.listings.set_aside(listing.id, error)

        return await settle_all(batch, ask, what="a listing to be measured", set_aside=set_aside)


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """Whoever may see the listing may read its record; the gateway says who that is."""

    listings: Listings
    records: Records

    async def __call__(self, ask: ReadRecord) -> RecordPage:
        """Return a page of days. Raise ListingNotFoundError."""
        listing = await self.listings.get(ask.listing_id)
        measured_at = listing.backtest.measured_at if listing.backtest else None
        after = (ask.after.isoformat(),) if ask.after else None
        return await self.records.page(listing.id, Part(ask.size, ask.page, after), measured_at=measured_at)
