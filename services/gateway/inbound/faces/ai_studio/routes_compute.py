"""AI Studio's compute hours: what was used, and more of them."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, status
from starlette.requests import Request

from libs.chassis.bus import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts.marketplace import ReadUsage
from services.gateway.domain.caller import Caller, Scope
from services.gateway.domain.purchase_errors import PurchaseAwayError, PurchasePendingError
from services.gateway.domain.studio_ports import Clock, Others
from services.gateway.inbound.faces.ai_studio.answers_compute import PurchaseIn, PurchaseOut, UsageOut
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.reading_compute import HOURS_RULE, read_period, read_purchase
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader
from services.gateway.inbound.faces.ai_studio.translate_compute import purchase_out, usage_out
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs
from services.gateway.inbound.http.strict_query import query
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.buy_credits import BuyCredits

# An API key cannot spend its owner's money: whoever finds one does not own the card.
Buyer = Annotated[Caller, needs(Scope.ACCOUNT)]
PERIOD: Final = [
    query("start_date", "First day, UTC; the first of the month, if left out.", format="date", examples=["2026-01-01"]),
    query("end_date", "Last day, UTC; the end of this month, if both are left out, else today.", format="date", examples=["2026-01-31"]),
]
NO_SUCH_PERIOD: Final = InvalidError(
    "The usage cannot be read like this.", details={"start_date": ["Must not be after end_date (2026-01-31)."]}
)
NOT_LIKE_THIS: Final = InvalidError("The credits cannot be bought like this: see hours.", details={"hours": [HOURS_RULE]})
DECLINED: Final = AskRefusedError(
    "The payment was declined (card_declined): nothing was charged and nothing was bought.",
    kind=ErrorKind.UNPAID,
    code="payment_declined",
    details={"payment_method": ["card_declined: The card was declined."]},
)


@dataclass(frozen=True, slots=True)
class ComputeUseCases:
    """What the routes of compute hours call."""

    others: Others
    buy: BuyCredits
    clock: Clock


def make_compute_routes(use: ComputeUseCases) -> APIRouter:
    """Return the routes under `/api/ai-studio/compute/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.get(
        "/compute/usage/",
        summary="Get compute usage",
        response_description="Measured hours and their cost, by period, job and day.",
        responses=refused(FACE, NO_SUCH_PERIOD, 504),
        openapi_extra={"parameters": PERIOD},
    )
    async def get_usage(request: Request, caller: Reader) -> Annotated[dict[str, Any], ShownAs(UsageOut)]:
        """Hours that settled jobs were charged, a job's on the day of its settlement; without dates, of this month (UTC)."""
        first, last = read_period(request, today=use.clock().date())
        ask = ReadUsage(account_id=caller.account_id, tier=caller.tier.value, first_day=first, last_day=last)
        return usage_out(await use.others.usage(ask), first=first, last=last)

    @routes.post(
        "/compute/purchase-credits/",
        status_code=status.HTTP_201_CREATED,
        summary="Purchase compute credits",
        response_description="The hours are paid and can be used.",
        responses=refused(FACE, NOT_LIKE_THIS, DECLINED, PurchaseAwayError(), PurchasePendingError()),
    )
    @starts_work
    async def purchase_credits(
        body: Annotated[Any, Body(), ShownAs(PurchaseIn)], caller: Buyer, work: CurrentWork
    ) -> Annotated[dict[str, Any], ShownAs(PurchaseOut)]:
        """Buy hours that can be used until the end of the day a month from now. After 503 or 504, send the same `Idempotency-Key` again."""
        hours, payment_method = read_purchase(body)
        return purchase_out(await use.buy(caller=caller, hours=hours, payment_method=payment_method, work=work))

    return routes
