"""Webhooks and their deliveries as AI Studio shows them."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from libs.contracts.envelope import JsonObject, Moment
from services.gateway.inbound.faces.ai_studio import examples_webhooks as examples
from services.gateway.inbound.faces.ai_studio.answers import REASONS, shown
from services.gateway.inbound.faces.ai_studio.notices import EVENT_NAMES
from services.gateway.inbound.http.paging import PageOut

URL: Final = "Public, https; in the development profile also http and https on this machine."
EVENTS: Final = f"Of {', '.join(EVENT_NAMES)}. On Kafka, `training_job.completed` is told on the topic `training.completed`, and so on."


class WebhookIn(BaseModel):
    """A new webhook; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.NEW_WEBHOOK]})

    url: StrictStr = Field(description=URL, max_length=2000)
    events: list[StrictStr] = Field(description=EVENTS, min_length=1, max_length=50)


class WebhookPatch(BaseModel):
    """What of a webhook is to change."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"enabled": True}]})

    url: StrictStr | None = Field(None, description=URL, max_length=2000)
    events: list[StrictStr] | None = Field(None, description=EVENTS, min_length=1, max_length=50)
    enabled: StrictBool | None = Field(None, description="`true` tries at once what waits, and starts without a past of failures.")


class WebhookOut(BaseModel):
    """A webhook, its secret masked."""

    model_config = shown(examples.WEBHOOK)

    id: str
    url: str
    events: list[str]
    enabled: bool
    secret: str = Field(description="Its beginning: the whole is shown once, when the webhook is made.")
    created_at: Moment
    updated_at: Moment
    failing_since: Moment | None = Field(description="When the failures began that no success has followed; null while it works.")
    disabled_at: Moment | None = Field(description="Null while it is enabled.")
    disabled_reason: str | None = Field(description="Null while it is enabled.")


class WebhookMade(WebhookOut):
    """A new webhook with its secret, which is not shown again."""

    model_config = shown(examples.WEBHOOK_MADE)

    secret: str = Field(description="Keep it: deliveries are signed with it, and it is not shown again.")


class WebhookPage(PageOut):
    """A page of webhooks, the newest first."""

    results: list[WebhookOut]


class DeliveryOut(BaseModel):
    """A delivery as lists show it."""

    model_config = shown(examples.DELIVERY_ROW)

    id: str
    message_id: str = Field(description="The header `webhook-id`: the same in every attempt and replay.")
    event: str
    status: Literal["PENDING", "DELIVERED", "FAILED"]
    attempts: int = Field(description="How often it was tried.")
    response_status: int | None = Field(description="What the receiver answered last.")
    error: str | None = Field(description="Why the last attempt failed; null when it did not.")
    next_attempt_at: Moment | None
    created_at: Moment
    delivered_at: Moment | None
    replay_of: str | None = Field(description="The delivery that this one repeats, if it does.")
    reasons: dict[str, str] = Field(description=REASONS)


class DeliveryPage(PageOut):
    """A page of deliveries, the newest first."""

    results: list[DeliveryOut]


class AttemptOut(BaseModel):
    """One attempt."""

    at: Moment
    duration_ms: int
    response_status: int | None = Field(description="Null when no answer came.")
    response_body: str = Field(description="The answer's beginning, 1 KiB at most.")
    error: str | None = Field(description="Null when it succeeded.")


class DeliveryDetails(DeliveryOut):
    """A delivery with what was sent and every attempt."""

    model_config = shown(examples.DELIVERY)

    payload: JsonObject
    attempt_log: list[AttemptOut]
