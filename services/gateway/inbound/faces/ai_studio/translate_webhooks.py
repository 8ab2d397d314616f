"""Between AI Studio's words and the domain's, for webhooks and their deliveries."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import orjson

from services.gateway.domain.webhook import Attempt, Delivery, DeliveryStatus, Webhook
from services.gateway.inbound.faces.ai_studio.translate import moment

STATUSES: Final[Mapping[str, DeliveryStatus]] = {status.name: status for status in DeliveryStatus}
NOT_TRIED: Final = "It was not tried yet."


def webhook_out(webhook: Webhook) -> dict[str, Any]:
    """Return a webhook as its owner sees it, its secret masked."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "enabled": webhook.enabled,
        "secret": webhook.masked_secret,
        "created_at": moment(webhook.created_at),
        "updated_at": moment(webhook.updated_at),
        "failing_since": moment(webhook.failing_since),
        "disabled_at": moment(webhook.disabled_at),
        "disabled_reason": webhook.disabled_reason,
    }


def webhook_made(webhook: Webhook) -> dict[str, Any]:
    """Return a new webhook, this once with its secret."""
    return webhook_out(webhook) | {"secret": webhook.secret}


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as lists show it. What is null has its reason under `reasons`."""
    last = delivery.last
    delivered_at = last.at + timedelta(milliseconds=last.took_ms) if last and last.succeeded else None
    row = {
        "id": delivery.id,
        "message_id": delivery.message_id,
        "event": delivery.event,
        "status": delivery.status.name,
        "attempts": len(delivery.attempts),
        "response_status": last.status if last else None,
        "error": last.problem if last else None,
        "next_attempt_at": moment(delivery.next_attempt_at),
        "created_at": moment(delivery.created_at),
        "delivered_at": moment(delivered_at),
        "replay_of": delivery.replay_of,
    }
    status = f"The delivery is {delivery.status.name}."
    whys = {"response_status": "No answer came." if last else NOT_TRIED, "next_attempt_at": status, "delivered_at": status}
    return row | {"reasons": {name: why for name, why in whys.items() if row[name] is None}}


def delivery_details(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery with what is sent and every attempt."""
    return delivery_row(delivery) | {
        "payload": orjson.loads(delivery.body),
        "attempt_log": [_attempt(attempt) for attempt in delivery.attempts],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": moment(attempt.at),
        "duration_ms": attempt.took_ms,
        "response_status": attempt.status,
        "response_body": attempt.body,
        "error": attempt.problem,
    }
