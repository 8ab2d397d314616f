"""AI Studio's subscriptions to listed models: subscribe, list, get, change, cancel; an admin's refund."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, status
from starlette.requests import Request

from libs.chassis.bus import AskRefusedError
from libs.chassis.errors import ErrorKind, InvalidError
from libs.contracts.ids import is_id
from libs.contracts.subscriptions import CancelSubscription, RefundSubscription
from services.gateway.domain.caller import Caller, Scope
from services.gateway.domain.listing_errors import ListingNotFoundError
from services.gateway.domain.purchase_errors import PurchaseAwayError, PurchasePendingError
from services.gateway.domain.subscription_errors import SubscriptionNotFoundError
from services.gateway.domain.subscription_ports import Subscriptions
from services.gateway.inbound.faces.ai_studio.answers_subscriptions import (
    RefundIn,
    SubscribeIn,
    SubscriptionMade,
    SubscriptionOut,
    SubscriptionPage,
    SubscriptionPatch,
)
from services.gateway.inbound.faces.ai_studio.compute import DECLINED
from services.gateway.inbound.faces.ai_studio.documents import ListingId
from services.gateway.inbound.faces.ai_studio.examples_listings import LISTING_ID
from services.gateway.inbound.faces.ai_studio.examples_subscriptions import SUBSCRIPTION_ID
from services.gateway.inbound.faces.ai_studio.face import FACE, Buyer
from services.gateway.inbound.faces.ai_studio.queries import read_word
from services.gateway.inbound.faces.ai_studio.reading_subscriptions import read_refund, read_subscription_change, read_wish
from services.gateway.inbound.faces.ai_studio.routes_listings import check_listing_id
from services.gateway.inbound.faces.ai_studio.routes_models import NO_SUCH_PAGE, PREFIX, TAG, Reader
from services.gateway.inbound.faces.ai_studio.translate_subscriptions import STATES, subscription_made, subscription_out
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs
from services.gateway.inbound.http.strict_query import query
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.subscribe import ChangeSubscriptions, Subscribe

SubscriptionId = Annotated[str, Path(description="The subscription's id.", examples=[SUBSCRIPTION_ID])]
Admin = Annotated[Caller, needs(Scope.ADMIN)]
SUBSCRIBED: Final = InvalidError(
    f"You are subscribed to this model already ({SUBSCRIPTION_ID}).",
    details={
        "subscription_type": ["Your quarterly subscription runs until 2026-04-15; until then it can be changed to a longer period only."]
    },
)
OWN: Final = AskRefusedError(
    "This listing is your own: its model is yours to use without a subscription.", kind=ErrorKind.FORBIDDEN, code="own_listing"
)
OVER: Final = AskRefusedError(
    f"The subscription {SUBSCRIPTION_ID} is over; subscribe again.", kind=ErrorKind.CONFLICT, code="subscription_over"
)
UNKNOWN_VERSION: Final = InvalidError(
    "The subscription cannot stay on this version: see version.", details={"version": ["The model has no version '9.9'."]}
)
NOTHING_PAID: Final = InvalidError(f"The subscription {SUBSCRIPTION_ID} has no payment that could be given back.")
NO_SUBSCRIPTION: Final = SubscriptionNotFoundError(SUBSCRIPTION_ID)


@dataclass(frozen=True, slots=True)
class SubscriptionUseCases:
    """What the routes of subscriptions call."""

    subscriptions: Subscriptions
    subscribe: Subscribe
    change: ChangeSubscriptions


def check_subscription_id(subscription_id: str) -> str:
    """Return the id. Raise SubscriptionNotFoundError for what cannot be one."""
    if not is_id(subscription_id, prefix="subscription"):
        raise SubscriptionNotFoundError(subscription_id)
    return subscription_id


def make_subscription_routes(use: SubscriptionUseCases) -> APIRouter:
    """Return the routes under `/api/ai-studio/subscriptions/`, and `/marketplace/{listing_id}/subscribe/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])
    _add_subscribing(routes, use)
    _add_reading(routes, use)
    _add_changing(routes, use)
    _add_refunding(routes, use)
    return routes


def _add_subscribing(routes: APIRouter, use: SubscriptionUseCases) -> None:
    @routes.post(
        "/marketplace/{listing_id}/subscribe/",
        status_code=status.HTTP_201_CREATED,
        summary="Subscribe to a model",
        response_description="The period is paid and the model can be used.",
        responses=refused(FACE, SUBSCRIBED, DECLINED, OWN, ListingNotFoundError(LISTING_ID), PurchaseAwayError(), PurchasePendingError()),
    )
    @starts_work
    async def subscribe(
        listing_id: ListingId, body: Annotated[Any, Body(), ShownAs(SubscribeIn)], caller: Buyer, work: CurrentWork
    ) -> Annotated[dict[str, Any], ShownAs(SubscriptionMade)]:
        """Pay for a period, or change to a longer one. After 503 or 504, send the same `Idempotency-Key` again."""
        wish = read_wish(body)
        told = await use.subscribe(check_listing_id(listing_id), account_id=caller.account_id, wish=wish, work=work)
        return subscription_made(told)


def _add_reading(routes: APIRouter, use: SubscriptionUseCases) -> None:
    @routes.get(
        "/subscriptions/",
        summary="List your subscriptions",
        response_description="A page of subscriptions, the newest first.",
        responses=NO_SUCH_PAGE,
        openapi_extra={"parameters": [query("status", "Only subscriptions in this status.", enum=list(STATES)), *PAGES]},
    )
    async def list_subscriptions(request: Request, caller: Reader) -> Annotated[dict[str, Any], ShownAs(SubscriptionPage)]:
        """Subscriptions that the caller has paid for."""
        paging, word = read_paging(request), read_word(request, "status", known=STATES)
        states = (STATES[word],) if word else None
        page = await use.subscriptions.find(caller.account_id, paging.part, states=states)
        rows = [subscription_out(told) for told in page.items]
        return paging.answer(rows, count=page.count, after=page.after)

    @routes.get(
        "/subscriptions/{subscription_id}/",
        summary="Get a subscription",
        response_description="The subscription as it stands.",
        responses=refused(FACE, NO_SUBSCRIPTION),
    )
    async def get_subscription(subscription_id: SubscriptionId, caller: Reader) -> Annotated[dict[str, Any], ShownAs(SubscriptionOut)]:
        """Its period, what comes after it, and the version that answers."""
        return subscription_out(await use.subscriptions.get(check_subscription_id(subscription_id), account_id=caller.account_id))


def _add_changing(routes: APIRouter, use: SubscriptionUseCases) -> None:
    @routes.post(
        "/subscriptions/{subscription_id}/cancel/",
        summary="Cancel a subscription",
        response_description="It will not be renewed.",
        responses=refused(FACE, NO_SUBSCRIPTION, OVER, 504),
    )
    async def cancel_subscription(subscription_id: SubscriptionId, caller: Buyer) -> Annotated[dict[str, Any], ShownAs(SubscriptionOut)]:
        """Use what is paid until its end, and do not renew it. Cancelling twice changes nothing."""
        ask = CancelSubscription(subscription_id=check_subscription_id(subscription_id), account_id=caller.account_id)
        return subscription_out(await use.change(ask))

    @routes.patch(
        "/subscriptions/{subscription_id}/",
        summary="Change a subscription",
        response_description="The changed subscription.",
        responses=refused(FACE, UNKNOWN_VERSION, NO_SUBSCRIPTION, OVER, 504),
    )
    async def change_subscription(
        subscription_id: SubscriptionId, body: Annotated[Any, Body(), ShownAs(SubscriptionPatch)], caller: Buyer
    ) -> Annotated[dict[str, Any], ShownAs(SubscriptionOut)]:
        """Renew or not; stay on a version, or follow the newest (`"version": null`)."""
        named = check_subscription_id(subscription_id)
        change = read_subscription_change(body, subscription_id=named, account_id=caller.account_id)
        return subscription_out(await use.change(change))


def _add_refunding(routes: APIRouter, use: SubscriptionUseCases) -> None:
    @routes.post(
        "/subscriptions/{subscription_id}/refund/",
        summary="Refund a subscription (admins)",
        response_description="Its last payment is given back, and it is over.",
        responses=refused(FACE, NOTHING_PAID, NO_SUBSCRIPTION, 409, 504),
    )
    @starts_work
    async def refund_subscription(
        subscription_id: SubscriptionId, body: Annotated[Any, Body(), ShownAs(RefundIn)], caller: Admin
    ) -> Annotated[dict[str, Any], ShownAs(SubscriptionOut)]:
        """All of the last payment, its seller's earnings and the platform's fee on it. Twice is once."""
        reason = read_refund(body)
        ask = RefundSubscription(subscription_id=check_subscription_id(subscription_id), admin_id=caller.account_id, reason=reason)
        return subscription_out(await use.change.refund(ask))
