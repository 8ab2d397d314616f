"""AI Studio's webhooks: make, list, get, change, delete, test; and their deliveries: list, get, replay."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, status
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import now
from libs.contracts.ids import is_id
from services.gateway.domain.account import Tier
from services.gateway.domain.caller import Scope
from services.gateway.domain.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.webhook import Webhook
from services.gateway.domain.webhook_errors import (
    DeliveryNotFoundError,
    DeliveryPendingError,
    WebhookChangedError,
    WebhookDisabledError,
    WebhookNotFoundError,
)
from services.gateway.domain.webhook_ports import Deliveries, Webhooks
from services.gateway.inbound.faces.ai_studio.answers_webhooks import (
    DeliveryDetails,
    DeliveryPage,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhookPage,
    WebhookPatch,
)
from services.gateway.inbound.faces.ai_studio.documents import DeliveryId, WebhookId
from services.gateway.inbound.faces.ai_studio.examples_webhooks import DELIVERY_ID, WEBHOOK_ID
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.notices import trial_notice
from services.gateway.inbound.faces.ai_studio.queries import read_word
from services.gateway.inbound.faces.ai_studio.reading_webhooks import read_webhook, read_webhook_change
from services.gateway.inbound.faces.ai_studio.routes_models import NO_SUCH_PAGE, PREFIX, TAG, Reader, Writer
from services.gateway.inbound.faces.ai_studio.translate_webhooks import (
    STATUSES,
    delivery_details,
    delivery_row,
    webhook_made,
    webhook_out,
)
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_query import query
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.keep_webhooks import ChangeWebhook, DeleteWebhook, MakeWebhook
from services.gateway.usecases.tell_webhooks import ReplayDelivery, TryWebhook

NO_WEBHOOK: Final = refused(FACE, WebhookNotFoundError(WEBHOOK_ID))
NO_DELIVERY: Final = refused(FACE, DeliveryNotFoundError(DELIVERY_ID))
MISSPELT: Final = InvalidError(
    "The webhook cannot be like this: see events.",
    details={"events": ["'training_job.complete' is not one of training_job.completed. Did you mean 'training_job.completed'?"]},
)
NO_MORE: Final = TierLimits(DEFAULTS).refusal(Limit.WEBHOOKS, tier=Tier.FREE)
DISABLED: Final = WebhookDisabledError("Nothing but failure since 2026-01-10 15:30 UTC.")


@dataclass(frozen=True, slots=True)
class WebhookUseCases:
    """What the routes of webhooks call; in `development` they may be on this machine."""

    webhooks: Webhooks
    deliveries: Deliveries
    make: MakeWebhook
    change: ChangeWebhook
    delete: DeleteWebhook
    test: TryWebhook
    replay: ReplayDelivery
    development: bool

    async def get(self, webhook_id: str, *, account_id: str) -> Webhook:
        """Return an account's webhook. Raise WebhookNotFoundError."""
        return await self.webhooks.get(check_webhook_id(webhook_id), account_id=account_id)


def check_webhook_id(webhook_id: str) -> str:
    """Return the id. Raise WebhookNotFoundError for what cannot be one."""
    if not is_id(webhook_id, prefix="webhook"):
        raise WebhookNotFoundError(webhook_id)
    return webhook_id


def check_delivery_id(delivery_id: str) -> str:
    """Return the id. Raise DeliveryNotFoundError for what cannot be one."""
    if not is_id(delivery_id, prefix="delivery"):
        raise DeliveryNotFoundError(delivery_id)
    return delivery_id


def make_webhook_routes(use: WebhookUseCases) -> APIRouter:
    """Return the routes under `/api/ai-studio/webhooks/`."""
    routes = make_router(prefix=f"{PREFIX}/webhooks", tags=[TAG])
    _add_reading(routes, use)
    _add_making(routes, use)
    _add_changing(routes, use)
    _add_history(routes, use)
    _add_sending(routes, use)
    return routes


def _add_reading(routes: APIRouter, use: WebhookUseCases) -> None:
    @routes.get(
        "/",
        summary="List your webhooks",
        response_description="A page of webhooks, the newest first.",
        responses=NO_SUCH_PAGE,
        openapi_extra={"parameters": PAGES},
    )
    async def list_webhooks(request: Request, caller: Reader) -> Annotated[dict[str, Any], ShownAs(WebhookPage)]:
        """Their secrets are masked."""
        paging = read_paging(request)
        page = await use.webhooks.find(caller.account_id, paging.part)
        rows = [webhook_out(webhook) for webhook in page.items]
        return paging.answer(rows, count=page.count, after=page.after)

    @routes.get("/{webhook_id}/", summary="Get a webhook", response_description="The webhook.", responses=NO_WEBHOOK)
    async def get_webhook(webhook_id: WebhookId, caller: Reader) -> Annotated[dict[str, Any], ShownAs(WebhookOut)]:
        """Whether it is enabled, and since when its deliveries fail, if they do."""
        return webhook_out(await use.get(webhook_id, account_id=caller.account_id))


def _add_making(routes: APIRouter, use: WebhookUseCases) -> None:
    @routes.post(
        "/",
        status_code=status.HTTP_201_CREATED,
        summary="Make a webhook",
        response_description="The webhook, with its secret.",
        responses=refused(FACE, MISSPELT, NO_MORE),
    )
    async def make_webhook(
        body: Annotated[Any, Body(), ShownAs(WebhookIn)], caller: Writer
    ) -> Annotated[dict[str, Any], ShownAs(WebhookMade)]:
        """Have events POSTed to a URL, signed with the secret that is shown this once; see docs/guides/webhooks.md."""
        url, events = read_webhook(body, development=use.development, for_admins=Scope.ADMIN in caller.scopes)
        return webhook_made(await use.make(caller=caller, url=url, events=events))


def _add_changing(routes: APIRouter, use: WebhookUseCases) -> None:
    @routes.patch(
        "/{webhook_id}/",
        summary="Change, enable or disable a webhook",
        response_description="The changed webhook.",
        responses=NO_WEBHOOK | refused(FACE, MISSPELT, WebhookChangedError(WEBHOOK_ID)),
    )
    async def change_webhook(
        webhook_id: WebhookId, body: Annotated[Any, Body(), ShownAs(WebhookPatch)], caller: Writer
    ) -> Annotated[dict[str, Any], ShownAs(WebhookOut)]:
        """Give it what waited for it, when it is enabled anew; what happens while it is disabled is not told."""
        change = read_webhook_change(body, development=use.development, for_admins=Scope.ADMIN in caller.scopes)
        changed = await use.change(check_webhook_id(webhook_id), account_id=caller.account_id, change=change)
        return webhook_out(changed)

    @routes.delete("/{webhook_id}/", status_code=status.HTTP_204_NO_CONTENT, summary="Delete a webhook", responses=NO_WEBHOOK)
    async def delete_webhook(webhook_id: WebhookId, caller: Writer) -> None:
        """Its deliveries end, and their history is gone."""
        await use.delete(check_webhook_id(webhook_id), account_id=caller.account_id)


def _add_history(routes: APIRouter, use: WebhookUseCases) -> None:
    @routes.get(
        "/{webhook_id}/deliveries/",
        summary="List a webhook's deliveries",
        response_description="A page of deliveries, the newest first.",
        responses=NO_SUCH_PAGE | NO_WEBHOOK,
        openapi_extra={"parameters": [query("status", "Only deliveries in this status.", enum=list(STATUSES)), *PAGES]},
    )
    async def list_deliveries(webhook_id: WebhookId, request: Request, caller: Reader) -> Annotated[dict[str, Any], ShownAs(DeliveryPage)]:
        """Those of the last 30 days."""
        paging, word = read_paging(request), read_word(request, "status", known=STATUSES)
        webhook = await use.get(webhook_id, account_id=caller.account_id)
        page = await use.deliveries.find(webhook.id, paging.part, status=STATUSES[word] if word else None)
        rows = [delivery_row(delivery) for delivery in page.items]
        return paging.answer(rows, count=page.count, after=page.after)

    @routes.get(
        "/{webhook_id}/deliveries/{delivery_id}/",
        summary="Get a delivery",
        response_description="The delivery, what was sent and every attempt.",
        responses=NO_DELIVERY,
    )
    async def get_delivery(
        webhook_id: WebhookId, delivery_id: DeliveryId, caller: Reader
    ) -> Annotated[dict[str, Any], ShownAs(DeliveryDetails)]:
        """Each attempt with what was answered, how long it took, and what is wrong."""
        webhook = await use.get(webhook_id, account_id=caller.account_id)
        return delivery_details(await use.deliveries.get(check_delivery_id(delivery_id), webhook_id=webhook.id))


def _add_sending(routes: APIRouter, use: WebhookUseCases) -> None:
    queued = "The delivery is queued; get it to see how it went."

    @routes.post(
        "/{webhook_id}/deliveries/{delivery_id}/replay/",
        status_code=status.HTTP_202_ACCEPTED,
        summary="Deliver once more",
        response_description=queued,
        responses=NO_DELIVERY | refused(FACE, DeliveryPendingError(DELIVERY_ID)),
    )
    @starts_work
    async def replay_delivery(
        webhook_id: WebhookId, delivery_id: DeliveryId, caller: Writer, work: CurrentWork
    ) -> Annotated[dict[str, Any], ShownAs(DeliveryDetails)]:
        """Queue the same message under the same `webhook-id`, as a new delivery behind what waits."""
        webhook = await use.get(webhook_id, account_id=caller.account_id)
        return delivery_details(await use.replay(webhook, delivery_id=check_delivery_id(delivery_id), work=work))

    @routes.post(
        "/{webhook_id}/test/",
        status_code=status.HTTP_202_ACCEPTED,
        summary="Make a test call",
        response_description=queued,
        responses=NO_WEBHOOK | refused(FACE, DISABLED),
    )
    @starts_work
    async def test_webhook(webhook_id: WebhookId, caller: Writer, work: CurrentWork) -> Annotated[dict[str, Any], ShownAs(DeliveryDetails)]:
        """A delivery of the event `webhook.test`, before all that waits, tried once; its failure has no consequences."""
        webhook = await use.get(webhook_id, account_id=caller.account_id)
        notice = trial_notice(webhook.id, account_id=caller.account_id, at=now())
        return delivery_details(await use.test(webhook, notice=notice, work=work))
