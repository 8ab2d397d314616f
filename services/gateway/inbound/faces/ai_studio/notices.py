"""What an account's webhooks and sockets are told of the platform's events: one line an event."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from libs.contracts.alerts import AlertAcknowledged
from libs.contracts.deployments import ModelDeployed
from libs.contracts.envelope import Event
from libs.contracts.gateway import ModelRetrained, RetrainingSkipped
from libs.contracts.ids import new_id
from libs.contracts.job_kinds import KINDS, kind_of
from libs.contracts.jobs import JobCancelled, JobCompleted, JobEvent, JobFailed
from libs.contracts.listings import ListingRejected, ModelPublished
from libs.contracts.model_monitoring import DriftAlertTold, ModelDrifted, ModelRecovered
from libs.contracts.monitoring import AlertRaised, AlertResolved
from libs.contracts.recipes import RecipeChanged
from libs.contracts.subscriptions import (
    ModelSubscribed,
    SubscriptionCancelled,
    SubscriptionEvent,
    SubscriptionExpired,
    SubscriptionRenewed,
)
from libs.contracts.texts import TextResult
from libs.contracts.training import JobError, TrainingCancelled, TrainingCompleted, TrainingFailed
from modelbourse.answers import webhook_events as payloads
from services.gateway.domain.broadcasts import Broadcast
from services.gateway.domain.webhooks.webhook import TEST_EVENT, Notice
from services.gateway.inbound.faces.ai_studio.words import NOT_MEASURED, gate_of

METRICS: Final = ("accuracy", "sharpe_ratio")
# An error's message comes from a library and may quote what it was given.
MESSAGE_MOST: Final = 1000
ALERTS_MOST: Final = 20
TRADES_NOTHING: Final = "A model of texts trades nothing: it has no Sharpe ratio."


def _completed(event: TrainingCompleted) -> payloads.JobCompletedData:
    metrics = {name: event.result.metrics.get(name) for name in METRICS}
    why = NOT_MEASURED.format(kind=event.spec.model_type.value)
    reasons = {name: event.result.reasons.get(name, why) for name, value in metrics.items() if value is None}
    performance = payloads.HeadlineMetrics(**metrics)
    data = payloads.JobCompletedData(job_id=event.job_id, model_id=event.model_id, status="COMPLETED", performance_metrics=performance)
    # Only where a value is missing: else the payload is the documented one, key by key.
    return data.model_copy(update={"reasons": reasons} if reasons else {})


def _failed(event: TrainingFailed) -> payloads.JobFailedData:
    return payloads.JobFailedData(job_id=event.job_id, model_id=event.model_id, status="FAILED", error=_error(event.error))


def _error(error: JobError) -> payloads.JobError:
    return payloads.JobError(type=error.type[:MESSAGE_MOST], message=error.message[:MESSAGE_MOST])


def _cancelled(event: TrainingCancelled) -> payloads.JobCancelledData:
    return payloads.JobCancelledData(job_id=event.job_id, model_id=event.model_id, status="CANCELLED", progress=event.progress)


def _about(event: JobEvent) -> dict[str, Any]:
    told = {"job_id": event.job_id, "kind": event.kind, "model_id": event.model_id, "parent_id": event.parent}
    return {name: value for name, value in told.items() if value is not None}


def _any_completed(event: JobCompleted) -> payloads.AnyJobCompletedData:
    return payloads.AnyJobCompletedData(**_about(event), status="COMPLETED")


def _any_failed(event: JobFailed) -> payloads.AnyJobFailedData:
    return payloads.AnyJobFailedData(**_about(event), status="FAILED", error=_error(event.error))


def _any_cancelled(event: JobCancelled) -> payloads.AnyJobCancelledData:
    return payloads.AnyJobCancelledData(**_about(event), status="CANCELLED", progress=event.progress)


def _texts_completed(event: JobCompleted) -> payloads.JobCompletedData:
    accuracy = TextResult.model_validate(event.result, extra="ignore").metrics["accuracy"]
    reasons = {"sharpe_ratio": TRADES_NOTHING} | ({} if accuracy is not None else {"accuracy": "No test row could be measured."})
    performance = payloads.HeadlineMetrics(accuracy=accuracy, sharpe_ratio=None)
    return payloads.JobCompletedData(
        job_id=event.job_id, model_id=event.model_id or "", status="COMPLETED", performance_metrics=performance, reasons=reasons
    )


def _texts_failed(event: JobFailed) -> payloads.JobFailedData:
    return payloads.JobFailedData(job_id=event.job_id, model_id=event.model_id or "", status="FAILED", error=_error(event.error))


def _texts_cancelled(event: JobCancelled) -> payloads.JobCancelledData:
    return payloads.JobCancelledData(job_id=event.job_id, model_id=event.model_id or "", status="CANCELLED", progress=event.progress)


def _retrained(event: ModelRetrained) -> payloads.ModelRetrainedData:
    return payloads.ModelRetrainedData(
        model_id=event.model_id,
        job_id=event.job_id,
        version=event.version,
        passed=event.passed,
        serving_version=event.serving,
        gate=gate_of(event.gate),
        next_at=event.next_at,
    )


def _skipped(event: RetrainingSkipped) -> payloads.RetrainingSkippedData:
    return payloads.RetrainingSkippedData(
        model_id=event.model_id, code=event.code.upper(), reason=event.reason[:MESSAGE_MOST], next_at=event.next_at
    )


def _drift_alert(alert: DriftAlertTold) -> payloads.ModelAlertData:
    return payloads.ModelAlertData(alert_id=alert.id, **alert.model_dump(exclude={"id"}))


def _drifted(event: ModelDrifted) -> payloads.ModelDriftedData:
    return payloads.ModelDriftedData(
        model_id=event.model_id,
        version=event.version,
        snapshot_id=event.snapshot_id,
        alerts=[_drift_alert(each) for each in event.alerts[:ALERTS_MOST]],
        open_alerts=event.open,
    )


def _recovered(event: ModelRecovered) -> payloads.ModelRecoveredData:
    return payloads.ModelRecoveredData(
        model_id=event.model_id,
        version=event.version,
        snapshot_id=event.snapshot_id,
        alerts=[_drift_alert(each) for each in event.alerts[:ALERTS_MOST]],
    )


def _deployed(event: ModelDeployed) -> payloads.ModelDeployedData:
    return payloads.ModelDeployedData(
        model_id=event.model_id,
        job_id=event.job_id,
        name=event.name,
        version=event.version,
        symbol=event.symbol,
        timeframe=event.timeframe,
        is_active=event.is_active,
        previous_model=event.previous_model,
    )


def _published(event: ModelPublished) -> payloads.ModelPublishedData:
    offer = event.listing.offer
    return payloads.ModelPublishedData(
        listing_id=event.listing_id, model_id=event.model_id, title=offer.title, status="PUBLISHED", monthly_price=offer.monthly_price
    )


def _rejected(event: ListingRejected) -> payloads.ListingRejectedData:
    listing = event.listing
    return payloads.ListingRejectedData(
        listing_id=event.listing_id,
        model_id=event.model_id,
        title=listing.offer.title,
        status="REJECTED",
        reason=listing.rejection_reason,
    )


def _subscribed(event: ModelSubscribed) -> payloads.ModelSubscribedData:
    return payloads.ModelSubscribedData(
        listing_id=event.listing_id, subscriber_id=event.subscriber_id, subscription_id=event.subscription_id, amount=event.amount
    )


def _subscription(event: SubscriptionEvent) -> payloads.SubscriptionChangedData:
    subscription = event.subscription
    data = payloads.SubscriptionChangedData(
        listing_id=event.listing_id,
        subscriber_id=event.subscriber_id,
        subscription_id=event.subscription_id,
        model_id=event.model_id,
        status=subscription.state.name,
        end_date=subscription.ends_at.astimezone(UTC).date().isoformat(),
    )
    paid = {"amount": event.amount} if event.amount else {}
    ended = {"ended_at": subscription.ended_at, "reason": subscription.end_reason.name} if subscription.end_reason else {}
    return data.model_copy(update=paid | ended)


def _both(event: SubscriptionEvent) -> tuple[str, str]:
    """Return who is concerned: the seller and the subscriber."""
    return event.account_id, event.subscriber_id


def _recipe(event: RecipeChanged) -> payloads.RecipeChangedData:
    return payloads.RecipeChangedData(
        recipe_id=event.recipe_id,
        change=event.change,
        name=event.name,
        model_family=event.model_family,
        level=event.level,
        status=event.status,
        version_id=event.version_id,
        version_number=event.version_number,
    )


def _alert(event: AlertRaised) -> payloads.AlertRaisedData:
    return payloads.AlertRaisedData(
        alert_id=event.alert_id, kind=event.rule or event.kind, severity=event.severity, subject=event.subject, message=event.message
    )


def _acknowledged(event: AlertAcknowledged) -> payloads.AlertAcknowledgedData:
    return payloads.AlertAcknowledgedData(alert_id=event.alert_id, subject=event.subject, raised_at=event.raised_at, notes=event.notes)


def _resolved(event: AlertResolved) -> payloads.AlertResolvedData:
    return payloads.AlertResolvedData(alert_id=event.alert_id, subject=event.subject, raised_at=event.raised_at, message=event.message)


@dataclass(frozen=True, slots=True)
class WebhookEventKind:
    """What a webhook calls an event, whose webhooks are told (`for_admins`: the admins'), and the `data` that they get."""

    name: str
    data: Callable[[Any], payloads.EventData]
    account_ids: Callable[[Any], Sequence[str]] = lambda event: (event.account_id,)  # a field's default
    for_admins: bool = False


# The table of webhook events: a name is accepted when something here makes it happen.
NOTICES: Final[Mapping[type[Event], WebhookEventKind]] = {
    TrainingCompleted: WebhookEventKind("training_job.completed", _completed),
    TrainingFailed: WebhookEventKind("training_job.failed", _failed),
    TrainingCancelled: WebhookEventKind("training_job.cancelled", _cancelled),
    JobCompleted: WebhookEventKind("job.completed", _any_completed),
    JobFailed: WebhookEventKind("job.failed", _any_failed),
    JobCancelled: WebhookEventKind("job.cancelled", _any_cancelled),
    ModelRetrained: WebhookEventKind("model.retrained", _retrained),
    ModelDeployed: WebhookEventKind("model.deployed", _deployed),
    RetrainingSkipped: WebhookEventKind("retraining.skipped", _skipped),
    ModelDrifted: WebhookEventKind("model.drifted", _drifted),
    ModelRecovered: WebhookEventKind("model.recovered", _recovered),
    RecipeChanged: WebhookEventKind("recipe.changed", _recipe),
    ModelPublished: WebhookEventKind("model.published", _published),
    ListingRejected: WebhookEventKind("listing.rejected", _rejected),
    ModelSubscribed: WebhookEventKind("model.subscribed", _subscribed),
    SubscriptionRenewed: WebhookEventKind("subscription.renewed", _subscription, _both),
    SubscriptionCancelled: WebhookEventKind("subscription.cancelled", _subscription, _both),
    SubscriptionExpired: WebhookEventKind("subscription.expired", _subscription, _both),
    AlertRaised: WebhookEventKind("alert.raised", _alert, for_admins=True),
    AlertAcknowledged: WebhookEventKind("alert.acknowledged", _acknowledged, for_admins=True),
    AlertResolved: WebhookEventKind("alert.resolved", _resolved, for_admins=True),
}
OF_TEXTS: Final[Mapping[type[Event], tuple[str, Callable[[Any], payloads.EventData]]]] = {
    JobCompleted: ("training_job.completed", _texts_completed),
    JobFailed: ("training_job.failed", _texts_failed),
    JobCancelled: ("training_job.cancelled", _texts_cancelled),
}
"""A training on texts is a job of another kind on the bus, and a training to whoever listens."""
EVENT_NAMES: Final = tuple(kind.name for kind in NOTICES.values() if not kind.for_admins)
ADMIN_EVENT_NAMES: Final = tuple(kind.name for kind in NOTICES.values())


def notices_of(event: Event, *, admins: Sequence[str] = ()) -> list[Notice]:
    """Return what webhooks are told of an event of the table, one notice for each account that is concerned."""
    kind = NOTICES[type(event)]
    body = _body(kind.name, kind.data(event), at=event.occurred_at)
    concerned = admins if kind.for_admins else kind.account_ids(event)
    notices = [Notice(account_id, kind.name, event.event_id, event.occurred_at, body, event.key) for account_id in concerned]
    return [*notices, *_of_texts(event)] if isinstance(event, JobEvent) else notices


def live_events_of(event: Event) -> list[Broadcast]:
    """Return what sockets are told of the same event, whether or not there are webhooks: one message an account, one for all admins."""
    for_admins = NOTICES[type(event)].for_admins
    return [_live_event(notice, for_admins=for_admins) for notice in notices_of(event, admins=("",))]


def _live_event(notice: Notice, *, for_admins: bool) -> Broadcast:
    # From the body of the delivery, so that both have the same data.
    sent = orjson.loads(notice.body)
    told = {"type": "event", "event": notice.event, "id": notice.message_id, "occurred_at": sent["timestamp"], "data": sent["data"]}
    # Seller and subscriber are told of one event, and a webhook's message has one id for both.
    key = f"{notice.message_id}|{notice.account_id}"
    account_id = None if for_admins else notice.account_id
    return Broadcast(key, "event", orjson.dumps(told).decode(), None, account_id, for_admins, notice.event)


def _of_texts(event: JobEvent) -> Iterator[Notice]:
    """Yield what is told of a training on texts as of any training; the message has an id of its own beside that of the job's event."""
    kind, told = kind_of(event), OF_TEXTS.get(type(event))
    if kind is None or not KINDS[kind].is_training or told is None or event.model_id is None:
        return
    name, data = told
    body = _body(name, data(event), at=event.occurred_at)
    yield Notice(event.account_id, name, f"{event.event_id}-training", event.occurred_at, body, event.key)


def trial_notice(webhook_id: str, *, account_id: str, at: datetime) -> Notice:
    """Return what a webhook is told by a test call."""
    data = payloads.WebhookTestData(webhook_id=webhook_id, message="This is a test call.")
    return Notice(account_id, TEST_EVENT, new_id("event"), at, _body(TEST_EVENT, data, at=at))


def _body(name: str, data: payloads.EventData, *, at: datetime) -> str:
    return orjson.dumps(payloads.WebhookEvent(event=name, data=data, timestamp=at).as_json()).decode()
