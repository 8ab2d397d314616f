"""What the gateway answers about webhooks and their deliveries."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import JOB_ID, MODEL_ID, Answer, JsonObject, Moment, Page

DeliveryStatus = Literal["PENDING", "DELIVERED", "FAILED"]
# In examples.
WEBHOOK_ID: Final = "webhook_01kab8m4q2f7hvj5c8n1r6t9wz"
DELIVERY_ID: Final = "delivery_01kab8mb1ce4gr7t2w5y8z0h3k"
AT: Final = "2026-01-15T15:30:00.000Z"
BUSY: Final = "The receiver answered 503."
METRICS: Final = {"accuracy": 0.4106, "sharpe_ratio": 0.2456}
DATA: Final = {"job_id": JOB_ID, "model_id": MODEL_ID, "status": "COMPLETED", "performance_metrics": METRICS}
PAYLOAD: Final = {"event": "training_job.completed", "data": DATA, "timestamp": AT}


class Webhook(Answer):
    """A webhook, its secret masked."""

    id: str = Field(description="The webhook's id.", examples=[WEBHOOK_ID])
    url: str = Field(description="Where events are sent to.", examples=["https://example.com/hooks/modelbourse"])
    events: list[str] = Field(description="Which events are sent.", examples=[["training_job.completed", "training_job.failed"]])
    enabled: bool = Field(description="Whether they are sent.", examples=[True])
    secret: str = Field(description="Its beginning: the whole is shown once, when the webhook is made.", examples=["whsec_Q2Fu…"])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    updated_at: Moment = Field(description="When it was changed last.", examples=[AT])
    failing_since: Moment | None = Field(
        description="When the failures began that no success has followed; null while it works.", examples=[None]
    )
    disabled_at: Moment | None = Field(description="Null while it is enabled.", examples=[None])
    disabled_reason: str | None = Field(description="Null while it is enabled.", examples=[None])


class NewWebhook(Webhook):
    """A new webhook with its whole secret, which is not shown again."""

    secret: str = Field(
        description="Keep it: deliveries are signed with it, and it is not shown again.",
        examples=["whsec_Q2FuIHlvdSBrZWVwIGEgc2VjcmV0PyBJIGNhbiwgdG9vLg=="],
    )


class WebhookPage(Page[Webhook]):
    """A page of webhooks, the newest first."""


class Delivery(Answer):
    """A delivery as lists show it."""

    id: str = Field(description="The delivery's id.", examples=[DELIVERY_ID])
    message_id: str = Field(
        description="The header `webhook-id`: the same in every attempt and replay.", examples=["event_01kab8mb0sf9jv3c6n8q2t5w7x"]
    )
    event: str = Field(description="What is told.", examples=["training_job.completed"])
    status: DeliveryStatus = Field(description="Where it stands.", examples=["PENDING"])
    attempts: int = Field(description="How often it was tried.", examples=[1])
    response_status: int | None = Field(description="What the receiver answered last.", examples=[503])
    error: str | None = Field(description="Why the last attempt failed; null when it did not.", examples=[BUSY])
    next_attempt_at: Moment | None = Field(description="When it is tried next.", examples=["2026-01-15T15:30:05.084Z"])
    created_at: Moment = Field(description="When it was queued.", examples=[AT])
    delivered_at: Moment | None = Field(description="When the receiver had taken it.", examples=[None])
    replay_of: str | None = Field(description="The delivery that this one repeats, if it does.", examples=[None])
    reasons: dict[str, str] = Field(
        description="Why a value is null, by its name.", examples=[{"delivered_at": "The delivery is PENDING."}]
    )


class DeliveryPage(Page[Delivery]):
    """A page of deliveries, the newest first."""


class Attempt(Answer):
    """One attempt."""

    at: Moment = Field(description="When it began.", examples=[AT])
    duration_ms: int = Field(description="How long it took, in milliseconds.", examples=[84])
    response_status: int | None = Field(description="Null when no answer came.", examples=[503])
    response_body: str = Field(description="The answer's beginning, 1 KiB at most.", examples=["busy"])
    error: str | None = Field(description="Null when it succeeded.", examples=[BUSY])


class DeliveryDetails(Delivery):
    """A delivery with what was sent and every attempt."""

    payload: JsonObject = Field(description="What is sent.", examples=[PAYLOAD])
    attempt_log: list[Attempt] = Field(description="Every attempt, in order.")
