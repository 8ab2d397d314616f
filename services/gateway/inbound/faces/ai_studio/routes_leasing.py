"""What subscribers say of listed models, and what these earn."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body

from libs.chassis.bus import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts.subscriptions import Leasing, RateListing, ReadLeasing
from services.gateway.domain.listing_errors import ListingNotFoundError
from services.gateway.domain.model_errors import ModelNotFoundError
from services.gateway.domain.studio_ports import Models
from services.gateway.domain.subscription_ports import Subscribing
from services.gateway.inbound.described import ShownAs
from services.gateway.inbound.faces.ai_studio.answers_subscriptions import LeasingOut, RatedOut, RateIn
from services.gateway.inbound.faces.ai_studio.documents import ListingId
from services.gateway.inbound.faces.ai_studio.errors import FACE
from services.gateway.inbound.faces.ai_studio.examples_listings import LISTING_ID
from services.gateway.inbound.faces.ai_studio.reading_subscriptions import read_rating
from services.gateway.inbound.faces.ai_studio.routes_listings import check_listing_id
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader, Writer
from services.gateway.inbound.faces.ai_studio.translate_subscriptions import leasing_out, rated
from services.gateway.inbound.refusals import refused
from services.gateway.inbound.strict_route import make_router
from services.gateway.usecases.rate_listing import RateListings

NOT_LIKE_THIS: Final = InvalidError(
    "The model cannot be rated like this: see rating.", details={"rating": ["Input should be less than or equal to 5."]}
)
NOT_YOURS: Final = AskRefusedError(
    "Only those who are or were subscribed to this model may rate it.", kind=ErrorKind.FORBIDDEN, code="not_a_subscriber"
)


@dataclass(frozen=True, slots=True)
class LeasingUseCases:
    """What these routes call."""

    rate: RateListings
    marketplace: Subscribing
    models: Models

    async def names(self, leasing: Leasing, *, account_id: str) -> dict[str, str]:
        """Return the names of the models that earn, by id."""
        names = {}
        for model_id in {each.model_id for each in leasing.models}:
            with suppress(ModelNotFoundError):  # One from before this gateway's time goes by its listing's title.
                names[model_id] = (await self.models.get(model_id, account_id=account_id)).name
        return names


def make_leasing_routes(use: LeasingUseCases) -> APIRouter:
    """Return `/marketplace/{listing_id}/rate/` and `/analytics/leasing/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.post(
        "/marketplace/{listing_id}/rate/",
        summary="Rate a model",
        response_description="How the listing is rated with it.",
        responses=refused(FACE, NOT_LIKE_THIS, NOT_YOURS, ListingNotFoundError(LISTING_ID), 504),
    )
    async def rate_listing(
        listing_id: ListingId, body: Annotated[Any, Body(), ShownAs(RateIn)], caller: Writer
    ) -> Annotated[dict[str, Any], ShownAs(RatedOut)]:
        """By those who pay or have paid for it. A later word replaces the earlier one."""
        rating, comment = read_rating(body)
        ask = RateListing(listing_id=check_listing_id(listing_id), account_id=caller.account_id, rating=rating, comment=comment)
        return rated(await use.rate(ask), rating=rating)

    @routes.get(
        "/analytics/leasing/",
        summary="Get what your models have earned",
        response_description="Revenue by model and month, and what the platform's fees leave of it.",
        responses=refused(FACE, 504),
    )
    async def get_leasing(caller: Reader) -> Annotated[dict[str, Any], ShownAs(LeasingOut)]:
        """Of all models that the caller has ever had on sale; docs/guides/subscriptions.md defines the figures."""
        leasing = await use.marketplace.leasing(ReadLeasing(account_id=caller.account_id))
        return leasing_out(leasing, names=await use.names(leasing, account_id=caller.account_id))

    return routes
