"""What the gateway answers about webhooks."""

from typing import Any

from modelbourse.answers.answer import Answer, Moment


class Webhook(Answer):
    """A webhook, its secret masked."""

    id: str
    url: str
    events: list[str]
    enabled: bool
    secret: str
    created_at: Moment
    updated_at: Moment
    failing_since: Moment | None
    disabled_at: Moment | None
    disabled_reason: str | None


class NewWebhook(Webhook):
    """A new webhook with its whole secret, which is not shown again."""


class Delivery(Answer):
    """A delivery as lists show it."""

    id: str
    message_id: str
    event: str
    status: str
    attempts: int
    response_status: int | None
    error: str | None
    next_attempt_at: Moment | None
    created_at: Moment
    delivered_at: Moment | None
    replay_of: str | None
    reasons: dict[str, str]


class Attempt(Answer):
    """One attempt."""

    at: Moment
    duration_ms: int
    response_status: int | None
    response_body: str
    error: str | None


class DeliveryDetails(Delivery):
    """A delivery with what was sent and every attempt."""

    payload: dict[str, Any]
    attempt_log: list[Attempt]
