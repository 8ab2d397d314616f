"""A listing's record, day by day."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request

from libs.contracts.records import ReadRecord
from services.gateway.domain.listing_ports import ListingViews, Suspended
from services.gateway.domain.services import Marketplace
from services.gateway.domain.subscription_ports import Grants
from services.gateway.inbound.faces.ai_studio.answers_records import RecordPage
from services.gateway.inbound.faces.ai_studio.documents import NO_PAGE, ListingId
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.routes_listings import NO_LISTING, check_listing_id, check_may_see
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader
from services.gateway.inbound.faces.ai_studio.translate_records import record_day
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_route import make_router


@dataclass(frozen=True, slots=True)
class RecordUseCases:
    """What this route calls."""

    marketplace: Marketplace
    listings: ListingViews
    grants: Grants
    suspended: Suspended


def make_record_routes(use: RecordUseCases) -> APIRouter:
    """Return `/marketplace/{listing_id}/record/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.get(
        "/marketplace/{listing_id}/record/",
        summary="Get a listing's record day by day",
        response_description="A page of days, the oldest first.",
        responses=refused(FACE, NO_LISTING, NO_PAGE, 504),
        openapi_extra={"parameters": PAGES},
    )
    async def get_record(listing_id: ListingId, request: Request, caller: Reader) -> Annotated[dict[str, Any], ShownAs(RecordPage)]:
        """Each day has the hash of the day before: anybody can check that none was changed (`modelbourse market verify`)."""
        paging = read_paging(request)
        listing = await use.listings.get(check_listing_id(listing_id))
        await check_may_see(listing, caller, grants=use.grants, suspended=use.suspended)
        part = paging.part
        after = date.fromisoformat(part.after[0]) if part.after else None
        told = await use.marketplace.record(ReadRecord(listing_id=listing_id, page=part.page, size=part.size, after=after))
        rows = [record_day(each) for each in told.days]
        return paging.answer(rows, count=told.count, after=(told.after.isoformat(),) if told.after else None)

    return routes
