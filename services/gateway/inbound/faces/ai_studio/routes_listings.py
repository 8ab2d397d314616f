"""AI Studio's marketplace: browse what is on sale, and review what waits to be."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from libs.contracts.listings import ListingState, ListingTold
from services.gateway.domain.caller import Caller, Scope
from services.gateway.domain.errors import PermissionDeniedError
from services.gateway.domain.listing_errors import ListingNotFoundError
from services.gateway.domain.listing_ports import ListingFilter, ListingOrder, ListingViews, Seller, Suspended
from services.gateway.domain.model_errors import ModelNotFoundError
from services.gateway.domain.studio_ports import Models
from services.gateway.domain.subscription_ports import Grants
from services.gateway.inbound.faces.ai_studio.answers_listings import ListingDetails, ListingPage, RejectIn
from services.gateway.inbound.faces.ai_studio.documents import NO_PAGE, ListingId
from services.gateway.inbound.faces.ai_studio.examples_listings import LISTING_ID
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.queries import read_word
from services.gateway.inbound.faces.ai_studio.reading_listings import read_rejection, read_search
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader
from services.gateway.inbound.faces.ai_studio.translate_listings import (
    ASSET_CLASSES,
    CATEGORIES,
    STATUSES,
    listing_details,
    listing_row,
)
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs
from services.gateway.inbound.http.strict_query import query
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.publish_model import Review

# Reviewers are admins.
Reviewer = Annotated[Caller, needs(Scope.ADMIN)]
ME: Final = "me"
NOT_LIKE_THIS: Final = InvalidError(
    "The marketplace cannot be searched like this.",
    details={"category": ["'MOMENTM' is not one of MOMENTUM, MEAN_REVERSION. Did you mean 'MOMENTUM'?"]},
)
WRONG_STATE: Final = InvalidError("The listing cannot be listed now.", details={"status": ["It is withdrawn."]})
NO_LISTING: Final = ListingNotFoundError(LISTING_ID)
FILTERS: Final = [
    query("category", "Only this category.", enum=list(CATEGORIES)),
    query("min_sharpe_ratio", "Only what is ranked, with at least this `ranking_sharpe_ratio`.", type="number"),
    query("max_price", "Only up to this monthly price.", examples=["29.00"]),
    query(
        "asset_classes", f"Only for one of these, with commas: {', '.join(ASSET_CLASSES)}; currencies are FX.", examples=["EQUITY,INDEX"]
    ),
    query("search", "Only those with all of these words somewhere in title or description."),
    query("seller", "`me`: your own, in all states; an account's id: that seller's."),
    query("status", "Only in this state; what is not `PUBLISHED` is shown to reviewers and to its seller.", enum=list(STATUSES)),
    query(
        "ordering",
        "Left out: the featured ones first, then the newest.",
        enum=[each.value for each in ListingOrder if each is not ListingOrder.FEATURED],
    ),
]


@dataclass(frozen=True, slots=True)
class ListingUseCases:
    """What the routes of listings call."""

    views: ListingViews
    models: Models
    review: Review
    grants: Grants
    suspended: Suspended

    async def details(self, listing: ListingTold) -> dict[str, Any]:
        """Return a listing's answer, with its seller and the versions of its model."""
        sellers = await self.views.sellers([listing.seller_id])
        seller = sellers.get(listing.seller_id, Seller())
        return listing_details(listing, seller=seller, versions=await self._versions(listing.model_id))

    async def _versions(self, model_id: str) -> list[tuple[str, datetime]]:
        try:
            model = await self.models.get(model_id, account_id=None)
        except ModelNotFoundError:
            return []
        return [(version.name, version.made_at) for version in model.versions]


def check_listing_id(listing_id: str) -> str:
    """Return the id. Raise ListingNotFoundError for what cannot be one."""
    if not is_id(listing_id, prefix="listing"):
        raise ListingNotFoundError(listing_id)
    return listing_id


async def check_may_see(listing: ListingTold, caller: Caller, *, grants: Grants, suspended: Suspended) -> None:
    """Raise ListingNotFoundError when it is not on sale, and the caller is neither its seller, nor a subscriber, nor a reviewer."""
    if listing.seller_id == caller.account_id or Scope.ADMIN in caller.scopes:
        return
    if listing.state is ListingState.LISTED and listing.seller_id not in await suspended():
        return
    if listing.published_at is None or await grants.grant(listing.model_id, account_id=caller.account_id) is None:
        raise ListingNotFoundError(listing.listing_id)


def for_reviewers() -> PermissionDeniedError:
    """Return what others are told who ask for what is not on sale."""
    return PermissionDeniedError(
        "Only reviewers (admins) see what is not on sale; your own listings are at `?seller=me`.",
        details={"status": ["Leave it out, ask for PUBLISHED, or add seller=me."]},
    )


def make_listing_routes(use: ListingUseCases) -> APIRouter:
    """Return the routes under `/api/ai-studio/marketplace/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])
    _add_browsing(routes, use)
    _add_reviewing(routes, use)
    _add_featuring(routes, use)
    return routes


def _add_browsing(routes: APIRouter, use: ListingUseCases) -> None:
    @routes.get(
        "/marketplace/",
        summary="Browse the marketplace",
        response_description="A page of listings.",
        responses=refused(FACE, NOT_LIKE_THIS, for_reviewers(), NO_PAGE),
        openapi_extra={"parameters": [*FILTERS, *PAGES]},
    )
    async def list_listings(request: Request, caller: Reader) -> Annotated[dict[str, Any], ShownAs(ListingPage)]:
        """Models on sale. Both records are measured by the platform, and no seller can write them."""
        paging = read_paging(request)
        wanted, order = read_search(request)
        wanted = _shown_to(caller, request, wanted=wanted)
        if Scope.ADMIN not in caller.scopes:
            wanted = replace(wanted, not_of=tuple(await use.suspended()))
        page = await use.views.find(wanted, paging.part, order=order)
        sellers = await use.views.sellers({each.seller_id for each in page.items})
        rows = [listing_row(each, seller=sellers.get(each.seller_id, Seller())) for each in page.items]
        return paging.answer(rows, count=page.count, after=page.after)

    @routes.get(
        "/marketplace/{listing_id}/",
        summary="Get a listing",
        response_description="The listing: offer, both records, terms, versions.",
        responses=refused(FACE, NO_LISTING),
    )
    async def get_listing(listing_id: ListingId, caller: Reader) -> Annotated[dict[str, Any], ShownAs(ListingDetails)]:
        """Show all that is public about it; what is not on sale only to its seller, to who has subscribed, and to reviewers."""
        listing = await use.views.get(check_listing_id(listing_id))
        await check_may_see(listing, caller, grants=use.grants, suspended=use.suspended)
        return await use.details(listing)


def _add_reviewing(routes: APIRouter, use: ListingUseCases) -> None:
    may_refuse = refused(FACE, WRONG_STATE, NO_LISTING, 504)

    @routes.post(
        "/marketplace/{listing_id}/approve/",
        summary="Approve a listing",
        response_description="The listing is on sale.",
        responses=may_refuse,
    )
    async def approve_listing(listing_id: ListingId, reviewer: Reviewer) -> Annotated[dict[str, Any], ShownAs(ListingDetails)]:
        """For admins. Approving twice changes nothing."""
        return await use.details(await use.review(check_listing_id(listing_id), reviewer_id=reviewer.account_id, word="approve"))

    @routes.post(
        "/marketplace/{listing_id}/reject/",
        summary="Reject a listing",
        response_description="The listing is turned down.",
        responses=may_refuse,
    )
    async def reject_listing(
        listing_id: ListingId, body: Annotated[Any, Body(), ShownAs(RejectIn)], reviewer: Reviewer
    ) -> Annotated[dict[str, Any], ShownAs(ListingDetails)]:
        """For admins; the seller reads the reason, and may publish the model anew."""
        check_listing_id(listing_id)
        reason = read_rejection(body)
        return await use.details(await use.review(listing_id, reviewer_id=reviewer.account_id, word="reject", reason=reason))


def _add_featuring(routes: APIRouter, use: ListingUseCases) -> None:
    may_refuse = refused(FACE, WRONG_STATE, NO_LISTING, 504)

    @routes.post(
        "/marketplace/{listing_id}/feature/",
        summary="Feature a listing",
        response_description="The listing is shown first.",
        responses=may_refuse,
    )
    async def feature_listing(listing_id: ListingId, reviewer: Reviewer) -> Annotated[dict[str, Any], ShownAs(ListingDetails)]:
        """For admins."""
        return await use.details(await use.review(check_listing_id(listing_id), reviewer_id=reviewer.account_id, word="feature"))

    @routes.post(
        "/marketplace/{listing_id}/unfeature/",
        summary="Feature a listing no longer",
        response_description="The listing is shown among the others.",
        responses=may_refuse,
    )
    async def unfeature_listing(listing_id: ListingId, reviewer: Reviewer) -> Annotated[dict[str, Any], ShownAs(ListingDetails)]:
        """For admins."""
        return await use.details(await use.review(check_listing_id(listing_id), reviewer_id=reviewer.account_id, word="unfeature"))


def _shown_to(caller: Caller, request: Request, *, wanted: ListingFilter) -> ListingFilter:
    """Return the search with whose listings and in which state. Raise InvalidError or PermissionDeniedError."""
    word, seller = read_word(request, "status", known=STATUSES), request.query_params.get("seller") or None
    state = STATUSES[word] if word else None
    if seller == ME:
        return replace(wanted, seller_id=caller.account_id, state=state)
    if seller is not None and not is_id(seller, prefix="account"):
        msg = "The marketplace cannot be searched like this."
        raise InvalidError(msg, details={"seller": ["Must be `me` or an account's id, which begins with account_."]})
    if state not in {None, ListingState.LISTED} and Scope.ADMIN not in caller.scopes:
        raise for_reviewers()
    return replace(wanted, seller_id=seller, state=state or ListingState.LISTED)
