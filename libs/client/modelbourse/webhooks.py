"""Webhooks: list, create, get, change, delete, test; their deliveries: list, get, replay."""

from collections.abc import Sequence
from typing import Final, TypedDict

from typing_extensions import Unpack

from modelbourse.answers.answer import Page
from modelbourse.answers.webhooks import Delivery, DeliveryDetails, DeliveryStatus, NewWebhook, Webhook
from modelbourse.asking import FACE, ask_for, get_all, get_page, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Flow, Steps

WEBHOOKS: Final = f"{FACE}/webhooks/"


class WebhookChanges(TypedDict, total=False):
    """What of a webhook can change."""

    url: str
    events: Sequence[str]
    enabled: bool


def page_of_webhooks(gateway: Gateway, *, page: int = 1, page_size: int | None = None) -> Steps[Page[Webhook]]:
    """Return a page of your webhooks, the newest first."""
    return get_page(gateway, Webhook, WEBHOOKS, page=page, page_size=page_size)


def all_webhooks(gateway: Gateway) -> Flow[Webhook, None]:
    """Iterate over all your webhooks, the newest first."""
    return get_all(gateway, Webhook, WEBHOOKS)


def create_webhook(gateway: Gateway, url: str, events: Sequence[str]) -> Steps[NewWebhook]:
    """Have events sent to a URL. The answer has the secret, which is shown this once.

    Raise PermissionDeniedError when the tier has no more webhooks.
    """
    return ask_for(gateway, NewWebhook, "POST", WEBHOOKS, body={"url": url, "events": list(events)})


def get_webhook(gateway: Gateway, webhook_id: str) -> Steps[Webhook]:
    """Return a webhook; raise NotFoundError."""
    return ask_for(gateway, Webhook, "GET", path_to(WEBHOOKS, webhook_id))


def update_webhook(gateway: Gateway, /, webhook_id: str, **changes: Unpack[WebhookChanges]) -> Steps[Webhook]:
    """Change `url`, `events` or `enabled`."""
    return ask_for(gateway, Webhook, "PATCH", path_to(WEBHOOKS, webhook_id), body=changes)


def delete_webhook(gateway: Gateway, webhook_id: str) -> Steps[None]:
    """Delete a webhook with its history."""
    yield from gateway.ask("DELETE", path_to(WEBHOOKS, webhook_id))


def try_webhook(gateway: Gateway, webhook_id: str, *, idempotency_key: str | None = None) -> Steps[DeliveryDetails]:
    """Have a test call made; the delivery is queued."""
    return ask_for(gateway, DeliveryDetails, "POST", path_to(WEBHOOKS, webhook_id, then="/test/"), key=idempotency_key or new_key())


def page_of_deliveries(
    gateway: Gateway, webhook_id: str, *, status: DeliveryStatus | None = None, page: int = 1, page_size: int | None = None
) -> Steps[Page[Delivery]]:
    """Return a page of a webhook's deliveries of the last 30 days, the newest first."""
    return get_page(gateway, Delivery, path_to(WEBHOOKS, webhook_id, then="/deliveries/"), page=page, page_size=page_size, status=status)


def all_deliveries(gateway: Gateway, webhook_id: str, *, status: DeliveryStatus | None = None) -> Flow[Delivery, None]:
    """Iterate over a webhook's deliveries of the last 30 days, the newest first."""
    return get_all(gateway, Delivery, path_to(WEBHOOKS, webhook_id, then="/deliveries/"), status=status)


def get_delivery(gateway: Gateway, webhook_id: str, delivery_id: str) -> Steps[DeliveryDetails]:
    """Return a delivery with what was sent and every attempt."""
    return ask_for(gateway, DeliveryDetails, "GET", path_to(WEBHOOKS, webhook_id, "deliveries", delivery_id))


def replay_delivery(gateway: Gateway, webhook_id: str, delivery_id: str, *, idempotency_key: str | None = None) -> Steps[DeliveryDetails]:
    """Have a delivery sent once more, as a new one."""
    path = path_to(WEBHOOKS, webhook_id, "deliveries", delivery_id, then="/replay/")
    return ask_for(gateway, DeliveryDetails, "POST", path, key=idempotency_key or new_key())
