"""Put a model on sale, take it off, and say what a reviewer thinks of it: the marketplace decides."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

from libs.chassis.bus.port import AskRefusedError
from libs.contracts.listings import ListingSnapshot, ListingState, Offer, PublishModel, ReviewListing, Submitted, WithdrawListing
from libs.market.age import without_live_source
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.marketplace.errors import NoListingError, OwnSymbolsError, StaticDataError
from services.gateway.domain.marketplace.ports import ListingViews
from services.gateway.domain.models.errors import ModelChangedError
from services.gateway.domain.models.ports import Models
from services.gateway.domain.services import Marketplace
from services.gateway.domain.work import Work
from services.gateway.usecases.marketplace.follow_listings import FollowListings

OPEN: Final = {ListingState.IN_REVIEW, ListingState.LISTED}
# The gateway may hear of a training's end before the marketplace does.
PATIENCE: Final = (0.1, 0.4, 1.0, 2.0)
Word = Literal["approve", "reject", "feature", "unfeature"]


@dataclass(frozen=True, slots=True)
class NoteAnswer:
    """What the marketplace answers can be seen at once; its event would show it soon."""

    follow: FollowListings

    async def __call__(self, listing: ListingSnapshot) -> None:
        """Bring the views up to an answer; a model that others keep changing is left to the event."""
        with suppress(ModelChangedError):
            await self.follow.note(listing)


@dataclass(frozen=True, slots=True)
class Publish:
    """The same work twice is one listing: it has the same id."""

    models: Models
    marketplace: Marketplace
    note: NoteAnswer
    # The ids of the live series that are fetched now.
    fetched: Collection[str]

    async def __call__(self, model_id: str, *, caller: Caller, offer: Offer, static_data: bool, work: Work) -> Submitted:
        """Return the listing. `static_data`: the seller has acknowledged that subscribers get no newer candles.

        Raise ModelNotFoundError, ModelArchivedError, ModelNotTrainedError, OwnSymbolsError (no subscriber has the candles it needs),
        StaticDataError, AskRefusedError (listed already, …), AskTimeoutError or UnavailableError.
        """
        model = await self.models.get(model_id, account_id=caller.account_id)
        model.check_in_use()
        serving = model.serving
        if private := serving.private_symbols:
            raise OwnSymbolsError(serving.name, private)
        static = without_live_source(serving.market.training_config["symbols"], own=serving.market.own, fetched=self.fetched)
        if static and not static_data:
            raise StaticDataError(static)
        ask = PublishModel(
            listing_id=work.new_id("listing"),
            model_id=model.id,
            account_id=caller.account_id,
            seller_name=caller.username,
            version=serving.name,
            offer=offer,
            static_data=bool(static),
        )
        submitted = await self._patiently(ask)
        await self.note(submitted.listing)
        return submitted

    async def _patiently(self, ask: PublishModel) -> Submitted:
        for pause in PATIENCE:
            try:
                return await self.marketplace.publish(ask)
            except AskRefusedError as error:
                if error.code != "version_unknown":
                    raise
            await asyncio.sleep(pause)
        return await self.marketplace.publish(ask)


@dataclass(frozen=True, slots=True)
class Unpublish:
    """Twice is once."""

    models: Models
    views: ListingViews
    marketplace: Marketplace
    note: NoteAnswer

    async def __call__(self, model_id: str, *, account_id: str) -> ListingSnapshot:
        """Return the withdrawn listing. Raise ModelNotFoundError, NoListingError, or what asking raises."""
        await self.models.get(model_id, account_id=account_id)
        listings = await self.views.of_model(model_id)
        listing = next((each for each in listings if each.state in OPEN), None)
        if listing is None:
            if listings and listings[0].state is ListingState.WITHDRAWN:
                return listings[0]
            raise NoListingError
        ask = WithdrawListing(listing_id=listing.listing_id, model_id=model_id, account_id=account_id)
        withdrawn = (await self.marketplace.withdraw(ask)).listing
        await self.note(withdrawn)
        return withdrawn


@dataclass(frozen=True, slots=True)
class Review:
    """Twice the same word is once."""

    views: ListingViews
    marketplace: Marketplace
    note: NoteAnswer

    async def __call__(self, listing_id: str, *, reviewer_id: str, word: Word, reason: str | None = None) -> ListingSnapshot:
        """Return the reviewed listing. Raise ListingNotFoundError, or what asking raises."""
        listing = await self.views.get(listing_id)
        ask = ReviewListing(listing_id=listing_id, model_id=listing.model_id, reviewer_id=reviewer_id, word=word, reason=reason)
        reviewed = (await self.marketplace.review(ask)).listing
        await self.note(reviewed)
        return reviewed
