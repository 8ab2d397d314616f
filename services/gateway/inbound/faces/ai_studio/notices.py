"""What an account's webhooks are told of the platform's events: one line an event, `{"event", "data", "timestamp"}`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from libs.contracts.envelope import Event, JsonObject
from libs.contracts.ids import new_id
from libs.contracts.listings import ListingRejected, ModelPublished
from libs.contracts.monitoring import AlertRaised
from libs.contracts.subscriptions import (
    ModelSubscribed,
    SubscriptionCancelled,
    SubscriptionEvent,
    SubscriptionExpired,
    SubscriptionRenewed,
)
from libs.contracts.training import JobState, TrainingCancelled, TrainingCompleted, TrainingFailed
from services.gateway.domain.webhooks.webhook import TEST_EVENT, Notice
from services.gateway.inbound.faces.ai_studio.words import JOB_WORDS, NOT_MEASURED, moment

METRICS: Final = ("accuracy", "sharpe_ratio")
# An error's message comes from a library and may quote what it was given.
MESSAGE_MOST: Final = 1000


def _completed(event: TrainingCompleted) -> JsonObject:
    metrics = {name: event.result.metrics.get(name) for name in METRICS}
    why = NOT_MEASURED.format(kind=event.spec.model_type.value)
    reasons = {name: event.result.reasons.get(name, why) for name, value in metrics.items() if value is None}
    # Only where a value is missing: else the payload is the documented one, key by key.
    return _job(event, JobState.SUCCEEDED) | {"performance_metrics": metrics} | ({"reasons": reasons} if reasons else {})


def _failed(event: TrainingFailed) -> JsonObject:
    error = {"type": event.error.type[:MESSAGE_MOST], "message": event.error.message[:MESSAGE_MOST]}
    return _job(event, JobState.FAILED) | {"error": error}


def _cancelled(event: TrainingCancelled) -> JsonObject:
    return _job(event, JobState.CANCELLED) | {"progress": event.progress}


def _job(event: TrainingCompleted | TrainingFailed | TrainingCancelled, state: JobState) -> JsonObject:
    return {"job_id": event.job_id, "model_id": event.model_id, "status": JOB_WORDS[state]}


def _published(event: ModelPublished) -> JsonObject:
    listing = event.listing
    return _listing(event) | {"status": "PUBLISHED", "monthly_price": f"{listing.offer.monthly_price:.2f}"}


def _rejected(event: ListingRejected) -> JsonObject:
    return _listing(event) | {"status": "REJECTED", "reason": event.listing.rejection_reason}


def _listing(event: ModelPublished | ListingRejected) -> JsonObject:
    return {"listing_id": event.listing_id, "model_id": event.model_id, "title": event.listing.offer.title}


def _subscription(event: SubscriptionEvent) -> JsonObject:
    ids = {"listing_id": event.listing_id, "subscriber_id": event.subscriber_id, "subscription_id": event.subscription_id}
    if isinstance(event, ModelSubscribed):  # As it is documented, key by key.
        return ids | {"amount": f"{event.amount:.2f}"}
    told = event.subscription
    amount = {"amount": f"{event.amount:.2f}"} if event.amount else {}
    ended = {"ended_at": moment(told.ended_at), "reason": told.end_reason.name} if told.end_reason else {}
    end_date = told.ends_at.astimezone(UTC).date().isoformat()
    return ids | {"model_id": event.model_id, "status": told.state.name, "end_date": end_date} | amount | ended


def _both(event: SubscriptionEvent) -> tuple[str, str]:
    """Return who is concerned: the seller and the subscriber."""
    return event.account_id, event.subscriber_id


def _alert(event: AlertRaised) -> JsonObject:
    return {name: getattr(event, name) for name in ("alert_id", "kind", "severity", "subject", "message")}


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook calls an event, whose webhooks are told (`for_admins`: the admins'), and the `data` that they get."""

    name: str
    data: Callable[[Any], JsonObject]
    account_ids: Callable[[Any], Sequence[str]] = lambda event: (event.account_id,)  # a field's default
    for_admins: bool = False


# The table of webhook events: a name is accepted when something here makes it happen.
NOTICES: Final[Mapping[type[Event], Told]] = {
    TrainingCompleted: Told("training_job.completed", _completed),
    TrainingFailed: Told("training_job.failed", _failed),
    TrainingCancelled: Told("training_job.cancelled", _cancelled),
    ModelPublished: Told("model.published", _published),
    ListingRejected: Told("listing.rejected", _rejected),
    ModelSubscribed: Told("model.subscribed", _subscription),
    SubscriptionRenewed: Told("subscription.renewed", _subscription, _both),
    SubscriptionCancelled: Told("subscription.cancelled", _subscription, _both),
    SubscriptionExpired: Told("subscription.expired", _subscription, _both),
    AlertRaised: Told("alert.raised", _alert, for_admins=True),
}
EVENT_NAMES: Final = tuple(told.name for told in NOTICES.values() if not told.for_admins)
ADMIN_EVENT_NAMES: Final = tuple(told.name for told in NOTICES.values())


def notices_of(event: Event, *, admins: Sequence[str] = ()) -> list[Notice]:
    """Return what webhooks are told of an event of the table, one notice for each account that is concerned."""
    told = NOTICES[type(event)]
    body = _body(told.name, told.data(event), at=event.occurred_at)
    concerned = admins if told.for_admins else told.account_ids(event)
    return [Notice(account_id, told.name, event.event_id, event.occurred_at, body, event.key) for account_id in concerned]


def trial_notice(webhook_id: str, *, account_id: str, at: datetime) -> Notice:
    """Return what a webhook is told by a test call."""
    data = {"webhook_id": webhook_id, "message": "This is a test call."}
    return Notice(account_id, TEST_EVENT, new_id("event"), at, _body(TEST_EVENT, data, at=at))


def _body(name: str, data: JsonObject, *, at: datetime) -> str:
    return orjson.dumps({"event": name, "data": data, "timestamp": moment(at)}).decode()
