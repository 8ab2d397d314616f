"""What subscribers say of listed models."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body
from starlette.requests import Request

from libs.chassis.bus import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts.subscriptions import RateListing, RatingPlace, ReadRatings
from services.gateway.domain.listing_ports import ListingViews, Suspended
from services.gateway.domain.services import Marketplace
from services.gateway.domain.subscription_ports import Grants
from services.gateway.inbound.faces.ai_studio.answers_subscriptions import RatedOut, RateIn, RatingsPage
from services.gateway.inbound.faces.ai_studio.documents import NO_PAGE, ListingId
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.reading_subscriptions import read_rating
from services.gateway.inbound.faces.ai_studio.routes_listings import NO_LISTING, check_listing_id, check_may_see
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader, Writer
from services.gateway.inbound.faces.ai_studio.translate_subscriptions import rated, rating_row
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.rate_listing import RateListings

NOT_LIKE_THIS: Final = InvalidError(
    "The model cannot be rated like this: see rating.", details={"rating": ["Input should be less than or equal to 5."]}
)
NOT_YOURS: Final = AskRefusedError(
    "Only those who are or were subscribed to this model may rate it.", kind=ErrorKind.FORBIDDEN, code="not_a_subscriber"
)


@dataclass(frozen=True, slots=True)
class RatingUseCases:
    """What these routes call."""

    rate: RateListings
    marketplace: Marketplace
    listings: ListingViews
    grants: Grants
    suspended: Suspended


def make_rating_routes(use: RatingUseCases) -> APIRouter:
    """Return `/marketplace/{listing_id}/rate/` and `/marketplace/{listing_id}/ratings/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.post(
        "/marketplace/{listing_id}/rate/",
        summary="Rate a model",
        response_description="How the listing is rated with it.",
        responses=refused(FACE, NOT_LIKE_THIS, NOT_YOURS, NO_LISTING, 504),
    )
    async def rate_listing(
        listing_id: ListingId, body: Annotated[Any, Body(), ShownAs(RateIn)], caller: Writer
    ) -> Annotated[dict[str, Any], ShownAs(RatedOut)]:
        """By those who pay or have paid for it. A later word replaces the earlier one."""
        rating, comment = read_rating(body)
        ask = RateListing(listing_id=check_listing_id(listing_id), account_id=caller.account_id, rating=rating, comment=comment)
        return rated(await use.rate(ask), rating=rating)

    @routes.get(
        "/marketplace/{listing_id}/ratings/",
        summary="List a listing's ratings",
        response_description="A page of ratings, the newest first.",
        responses=refused(FACE, NO_LISTING, NO_PAGE, 504),
        openapi_extra={"parameters": PAGES},
    )
    async def list_ratings(listing_id: ListingId, request: Request, caller: Reader) -> Annotated[dict[str, Any], ShownAs(RatingsPage)]:
        """By those who pay or have paid for it; their names are not told."""
        paging = read_paging(request)
        await check_may_see(await use.listings.get(check_listing_id(listing_id)), caller, grants=use.grants, suspended=use.suspended)
        part = paging.part
        place = RatingPlace(rated_at=part.after[0], id=part.after[1]) if part.after else None
        told = await use.marketplace.ratings(ReadRatings(listing_id=listing_id, page=part.page, size=part.size, after=place))
        rows = [rating_row(each) for each in told.ratings]
        return paging.answer(rows, count=told.count, after=(told.after.rated_at, told.after.id) if told.after else None)

    return routes
