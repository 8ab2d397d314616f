"""AI Studio's webhooks: make, list, get, change, delete, test; and their deliveries: list, get, replay."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Final

import orjson
from fastapi import Body, status
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import now
from libs.contracts.names import did_you_mean
from modelbourse.answers import webhooks as answers
from modelbourse.answers.webhooks import DELIVERY_ID, WEBHOOK_ID
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.domain.problems import Problems, type_problems
from services.gateway.domain.webhooks.errors import (
    DeliveryNotFoundError,
    DeliveryPendingError,
    TargetRefusedError,
    WebhookChangedError,
    WebhookDisabledError,
    WebhookNotFoundError,
)
from services.gateway.domain.webhooks.urls import read_url
from services.gateway.domain.webhooks.webhook import Attempt, Delivery, Webhook, WebhookChange
from services.gateway.inbound.faces.ai_studio.face import (
    FACE,
    NO_SUCH_PAGE,
    DeliveryId,
    Reader,
    WebhookId,
    Writer,
    make_routes,
    with_reasons,
)
from services.gateway.inbound.faces.ai_studio.notices import ADMIN_EVENT_NAMES, EVENT_NAMES, trial_notice
from services.gateway.inbound.faces.ai_studio.reading import Patch, not_like_this, nulls, read_object
from services.gateway.inbound.faces.ai_studio.words import DELIVERY_STATUSES, DELIVERY_WORDS
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.queries import query, read_word
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import used
from services.gateway.inbound.http.strict_route import CurrentWork, starts_work
from services.gateway.usecases.nouns import WebhookUseCases

URL: Final = "Public, https; in the development profile also http and https on this machine."
EVENTS: Final = f"Of {', '.join(EVENT_NAMES)}. On Kafka, `training_job.completed` is told on the topic `training.completed`, and so on."
EXAMPLE_URL: Final = "https://example.com/hooks/modelbourse"
EXAMPLE_EVENTS: Final = ["training_job.completed", "training_job.failed"]
NOT_TRIED: Final = "It was not tried yet."
QUEUED: Final = "The delivery is queued; get it to see how it went."
SHOWN: Final = 60
NO_WEBHOOK: Final = refused(FACE, WebhookNotFoundError(WEBHOOK_ID))
NO_DELIVERY: Final = refused(FACE, DeliveryNotFoundError(DELIVERY_ID))
MISSPELT: Final = InvalidError(
    "The webhook cannot be like this: see events.",
    details={"events": ["'training_job.complete' is not one of training_job.completed. Did you mean 'training_job.completed'?"]},
)
NO_MORE: Final = TierLimits(DEFAULTS).refusal(Limit.WEBHOOKS, tier=Tier.FREE)
DISABLED: Final = WebhookDisabledError("Nothing but failure since 2026-01-10 15:30 UTC.")


Use = Annotated[WebhookUseCases, used(WebhookUseCases)]
routes = make_routes("webhooks")


class WebhookIn(BaseModel):
    """A new webhook; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")

    url: StrictStr = Field(description=URL, max_length=2000, examples=[EXAMPLE_URL])
    events: list[StrictStr] = Field(description=EVENTS, min_length=1, max_length=50, examples=[EXAMPLE_EVENTS])


class WebhookPatch(Patch):
    """What of a webhook is to change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True}]})

    url: StrictStr | None = Field(None, description=URL, max_length=2000)
    events: list[StrictStr] | None = Field(None, description=EVENTS, min_length=1, max_length=50)
    enabled: StrictBool | None = Field(None, description="`true` tries at once what waits, and starts without a past of failures.")


@routes.get(
    "/webhooks/",
    summary="List your webhooks",
    response_description="A page of webhooks, the newest first.",
    responses=NO_SUCH_PAGE,
    openapi_extra={"parameters": PAGES},
)
async def list_webhooks(request: Request, caller: Reader, use: Use) -> answers.WebhookPage:
    """Their secrets are masked."""
    paging = read_paging(request)
    page = await use.webhooks.find(caller.account_id, paging.part)
    return paging.page(answers.WebhookPage, [webhook_of(each) for each in page.items], count=page.count, after=page.after)


@routes.get("/webhooks/{webhook_id}/", summary="Get a webhook", response_description="The webhook.", responses=NO_WEBHOOK)
async def get_webhook(webhook_id: WebhookId, caller: Reader, use: Use) -> answers.Webhook:
    """Whether it is enabled, and since when its deliveries fail, if they do."""
    return webhook_of(await use.webhooks.get(webhook_id, account_id=caller.account_id))


@routes.post(
    "/webhooks/",
    status_code=status.HTTP_201_CREATED,
    summary="Make a webhook",
    response_description="The webhook, with its secret.",
    responses=refused(FACE, MISSPELT, NO_MORE),
)
async def make_webhook(body: Annotated[Any, Body(), ShownAs(WebhookIn)], caller: Writer, use: Use) -> answers.NewWebhook:
    """Have events POSTed to a URL, signed with the secret that is shown this once; see docs/guides/webhooks.md."""
    url, events = read_webhook(body, development=use.development, for_admins=Scope.ADMIN in caller.scopes)
    return new_webhook_of(await use.make(caller=caller, url=url, events=events))


@routes.patch(
    "/webhooks/{webhook_id}/",
    summary="Change, enable or disable a webhook",
    response_description="The changed webhook.",
    responses=NO_WEBHOOK | refused(FACE, MISSPELT, WebhookChangedError(WEBHOOK_ID)),
)
async def change_webhook(
    webhook_id: WebhookId, body: Annotated[Any, Body(), ShownAs(WebhookPatch)], caller: Writer, use: Use
) -> answers.Webhook:
    """Give it what waited for it, when it is enabled anew; what happens while it is disabled is not told."""
    change = read_webhook_change(body, development=use.development, for_admins=Scope.ADMIN in caller.scopes)
    return webhook_of(await use.change(webhook_id, account_id=caller.account_id, change=change))


@routes.delete("/webhooks/{webhook_id}/", status_code=status.HTTP_204_NO_CONTENT, summary="Delete a webhook", responses=NO_WEBHOOK)
async def delete_webhook(webhook_id: WebhookId, caller: Writer, use: Use) -> None:
    """Its deliveries end, and their history is gone."""
    await use.delete(webhook_id, account_id=caller.account_id)


@routes.get(
    "/webhooks/{webhook_id}/deliveries/",
    summary="List a webhook's deliveries",
    response_description="A page of deliveries, the newest first.",
    responses=NO_SUCH_PAGE | NO_WEBHOOK,
    openapi_extra={"parameters": [query("status", "Only deliveries in this status.", enum=list(DELIVERY_STATUSES)), *PAGES]},
)
async def list_deliveries(webhook_id: WebhookId, request: Request, caller: Reader, use: Use) -> answers.DeliveryPage:
    """Those of the last 30 days."""
    paging, word = read_paging(request), read_word(request, "status", known=DELIVERY_STATUSES)
    webhook = await use.webhooks.get(webhook_id, account_id=caller.account_id)
    page = await use.deliveries.find(webhook.id, paging.part, status=DELIVERY_STATUSES[word] if word else None)
    return paging.page(answers.DeliveryPage, [delivery_of(each) for each in page.items], count=page.count, after=page.after)


@routes.get(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/",
    summary="Get a delivery",
    response_description="The delivery, what was sent and every attempt.",
    responses=NO_DELIVERY,
)
async def get_delivery(webhook_id: WebhookId, delivery_id: DeliveryId, caller: Reader, use: Use) -> answers.DeliveryDetails:
    """Each attempt with what was answered, how long it took, and what is wrong."""
    webhook = await use.webhooks.get(webhook_id, account_id=caller.account_id)
    return delivery_details_of(await use.deliveries.get(delivery_id, webhook_id=webhook.id))


@routes.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay/",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Deliver once more",
    response_description=QUEUED,
    responses=NO_DELIVERY | refused(FACE, DeliveryPendingError(DELIVERY_ID)),
)
@starts_work
async def replay_delivery(
    webhook_id: WebhookId, delivery_id: DeliveryId, caller: Writer, work: CurrentWork, use: Use
) -> answers.DeliveryDetails:
    """Queue the same message under the same `webhook-id`, as a new delivery behind what waits."""
    webhook = await use.webhooks.get(webhook_id, account_id=caller.account_id)
    return delivery_details_of(await use.replay(webhook, delivery_id=delivery_id, work=work))


@routes.post(
    "/webhooks/{webhook_id}/test/",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Make a test call",
    response_description=QUEUED,
    responses=NO_WEBHOOK | refused(FACE, DISABLED),
)
@starts_work
async def test_webhook(webhook_id: WebhookId, caller: Writer, work: CurrentWork, use: Use) -> answers.DeliveryDetails:
    """A delivery of the event `webhook.test`, before all that waits, tried once; its failure has no consequences."""
    webhook = await use.webhooks.get(webhook_id, account_id=caller.account_id)
    notice = trial_notice(webhook.id, account_id=caller.account_id, at=now())
    return delivery_details_of(await use.test(webhook, notice=notice, work=work))


def webhook_of(webhook: Webhook) -> answers.Webhook:
    """Return a webhook as its owner sees it, its secret masked."""
    return answers.Webhook(
        id=webhook.id,
        url=webhook.url,
        events=list(webhook.events),
        enabled=webhook.enabled,
        secret=webhook.masked_secret,
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
        failing_since=webhook.failing_since,
        disabled_at=webhook.disabled_at,
        disabled_reason=webhook.disabled_reason,
    )


def new_webhook_of(webhook: Webhook) -> answers.NewWebhook:
    """Return a new webhook, this once with its secret."""
    return answers.NewWebhook(**dict(webhook_of(webhook)) | {"secret": webhook.secret})


def delivery_of(delivery: Delivery) -> answers.Delivery:
    """Return a delivery as lists show it."""
    last, word = delivery.last, DELIVERY_WORDS[delivery.status]
    row = answers.Delivery(
        id=delivery.id,
        message_id=delivery.message_id,
        event=delivery.event,
        status=word,
        attempts=len(delivery.attempts),
        response_status=last.status if last else None,
        error=last.problem if last else None,
        next_attempt_at=delivery.next_attempt_at,
        created_at=delivery.created_at,
        delivered_at=last.at + timedelta(milliseconds=last.took_ms) if last and last.succeeded else None,
        replay_of=delivery.replay_of,
        reasons={},
    )
    stands = f"The delivery is {word}."
    whys = {"response_status": "No answer came." if last else NOT_TRIED, "next_attempt_at": stands, "delivered_at": stands}
    return with_reasons(row, whys)


def delivery_details_of(delivery: Delivery) -> answers.DeliveryDetails:
    """Return a delivery with what is sent and every attempt."""
    attempts = [_attempt(attempt) for attempt in delivery.attempts]
    return answers.DeliveryDetails(**dict(delivery_of(delivery)), payload=orjson.loads(delivery.body), attempt_log=attempts)


def _attempt(attempt: Attempt) -> answers.Attempt:
    return answers.Attempt(
        at=attempt.at,
        duration_ms=attempt.took_ms,
        response_status=attempt.status,
        response_body=attempt.body,
        error=attempt.problem,
    )


def read_webhook(body: Any, *, development: bool, for_admins: bool) -> tuple[str, Sequence[str]]:
    """Return the URL and events of a new webhook. Raise InvalidError with all problems."""
    given = _checked(WebhookIn, body, development=development, for_admins=for_admins)
    return given["url"], given["events"]


def read_webhook_change(body: Any, *, development: bool, for_admins: bool) -> WebhookChange:
    """Return what of a webhook is to change. Raise InvalidError with all problems."""
    given = _checked(WebhookPatch, body, development=development, for_admins=for_admins)
    events = given.get("events")
    return WebhookChange(given.get("url"), tuple(events) if events else None, given.get("enabled"))


def _checked(schema: type[BaseModel], body: Any, *, development: bool, for_admins: bool) -> dict[str, Any]:
    given = read_object(body)
    problems = type_problems(schema, given) | nulls(given, of=schema)
    if given.get("url") is not None and "url" not in problems:
        problems |= _url_problems(given["url"], development=development)
    if given.get("events") is not None and not any(field.partition(".")[0] == "events" for field in problems):
        problems |= _event_problems(given["events"], known=ADMIN_EVENT_NAMES if for_admins else EVENT_NAMES)
    if problems:
        what = "The webhook cannot be like this"
        raise not_like_this(what, problems)
    return given


def _url_problems(url: str, *, development: bool) -> Problems:
    try:
        read_url(url, development=development)
    except TargetRefusedError as error:
        return error.details
    return {}


def _event_problems(names: Sequence[str], *, known: Sequence[str]) -> Problems:
    listed = ", ".join(known)
    problems = [
        f"'{name[:SHOWN]}' is not one of {listed}.{did_you_mean(name, known)}" for name in dict.fromkeys(names) if name not in known
    ]
    problems += [f"'{name}' is there twice." for name in known if names.count(name) > 1]
    return {"events": problems[:10]} if problems else {}
