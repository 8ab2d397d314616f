"""ML Development's answers about models in production, made of snapshots, alerts and rules."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast

from libs.contracts.envelope import JsonObject
from libs.contracts.model_monitoring import FeatureDrift, Interval, SnapshotResult
from modelbourse.answers.ml_development import monitoring as answers
from services.gateway.domain.models.model import Model
from services.gateway.domain.monitoring.alerts import ModelAlert, OpenAlert
from services.gateway.domain.monitoring.labels import LabelsKept
from services.gateway.domain.monitoring.rules import NEVER
from services.gateway.domain.monitoring.snapshot import Snapshot
from services.gateway.domain.monitoring.watch import Watch
from services.gateway.inbound.faces.ml_development.face import FACE
from services.gateway.usecases.monitoring.use_cases import why_no_page

NOT_COMPUTED: Final = "It was reported: no job has computed it."
NO_VERSION: Final = "The model has no version yet."
STILL_OPEN: Final = "It is open."
QUIET: Final = "The same cause was told not long before; it is told if it is still open when its cooldown is over."
NO_NUMBER: Final = "There is no such number for this cause."
NOT_MEASURED: Final = "It cannot be said what it costs."


def snapshot_of(snapshot: Snapshot) -> answers.MlSnapshot:
    """Return a snapshot, with all that it has."""
    result, said = snapshot.result, snapshot.reported
    performance, drift, freshness, alerts = _computed(snapshot, result) if result else ({}, {}, {}, {})
    if said is not None:
        performance, drift, freshness, alerts = map(dict, (said.performance, said.drift, said.freshness, said.alerts))
    whole: JsonObject = {
        "version": snapshot.version,
        "job_id": snapshot.job_id,
        "report_url": _address(snapshot) if snapshot.report else None,
    }
    whys = {"version": NO_VERSION, "job_id": NOT_COMPUTED, "report_url": why_no_page(snapshot)}
    reasons = {name: whys[name] for name, value in whole.items() if value is None}
    if snapshot.reason is not None:
        reasons["status"] = snapshot.reason
    return answers.MlSnapshot(
        id=snapshot.id,
        model_id=snapshot.model_id,
        captured_at=snapshot.captured_at,
        performance_metrics_json=performance,
        drift_metrics_json=drift,
        data_freshness_json=freshness,
        alerts_json=alerts,
        source=snapshot.source.value,
        status=snapshot.status.value,
        calibration_json=_calibration(result),
        rows_json=_plain(result.rows) if result else {},
        notes=list(result.notes) if result else [],
        reasons=(dict(result.reasons) if result else {}) | reasons,
        **whole,
    )


def _computed(snapshot: Snapshot, result: SnapshotResult) -> tuple[JsonObject, JsonObject, JsonObject, JsonObject]:
    return _performance(result), _drift(result), _plain(result.freshness), _alerts(snapshot)


def _address(snapshot: Snapshot) -> str:
    return f"{FACE.prefix}/models/{snapshot.model_id}/monitoring/{snapshot.id}/report"


def _plain(part: Any) -> JsonObject:
    found: JsonObject = part.model_dump(mode="json")
    return found


def _interval(found: Interval) -> JsonObject:
    return _plain(found)


def _performance(result: SnapshotResult) -> JsonObject:
    told = result.performance
    measured = {name: found.value for name, found in told.measured.items()}
    return measured | {
        "intervals": {name: _interval(found) for name, found in told.measured.items()},
        "estimated": {name: _interval(found) for name, found in told.estimated.items()},
        "estimated_by": told.method,
        "reference": dict(told.reference),
        "degraded": list(told.degraded),
    }


def _drift(result: SnapshotResult) -> JsonObject:
    indices = [each.psi for each in result.features if each.psi is not None]
    return {
        "PSI": max(indices, default=None),
        "drifted": [each.name for each in result.features if each.drifted],
        "features": [_feature(each) for each in result.features],
        "predictions": None if result.predictions is None else _feature(result.predictions),
        "domain_classifier_auc": result.domain.auc,
        "domain_classifier": _plain(result.domain),
        "adwin": None if result.adwin is None else _plain(result.adwin),
    }


def _feature(found: FeatureDrift) -> JsonObject:
    told = _plain(found)
    # Numbers have no categories' figures, and categories no numbers'.
    other = ("chi2", "chi2_p_value", "cramers_v") if found.type == "numeric" else ("ks", "ks_p_value", "wasserstein")
    return {name: value for name, value in told.items() if name not in other and (name != "bins" or value)}


def _calibration(result: SnapshotResult | None) -> JsonObject:
    return {} if result is None or result.calibration.ece is None else _plain(result.calibration)


def _alerts(snapshot: Snapshot) -> JsonObject:
    parts = {"open": snapshot.alerts.open, "resolved": snapshot.alerts.resolved}
    return {name: [alert_of(each).as_json() for each in alerts] for name, alerts in parts.items()} if any(parts.values()) else {}


def alert_of(alert: ModelAlert) -> answers.MlAlert:
    """Return an alert."""
    return answers.MlAlert(**_told(alert))


def open_alert_of(model: Model, found: OpenAlert) -> answers.MlModelAlert:
    """Return an alert with its model."""
    return answers.MlModelAlert(model_id=model.id, model_name=model.name, kind=_kind(model), **_told(found.alert))


def _kind(model: Model) -> answers.WatchedKind:
    return cast("answers.WatchedKind", model.spec.kind)


def _told(alert: ModelAlert) -> dict[str, Any]:
    values: Mapping[str, Any] = {
        "value": alert.value,
        "threshold": alert.threshold,
        "harm": alert.harm,
        "told_at": alert.told_at,
        "resolved_at": alert.resolved_at,
        "resolution": alert.resolution,
    }
    whys = {"value": NO_NUMBER, "threshold": NO_NUMBER, "harm": NOT_MEASURED, "told_at": QUIET}
    return {
        "id": alert.id,
        "cause": alert.cause,
        "subject": alert.subject,
        "message": alert.message,
        "state": "open" if alert.resolved_at is None else "resolved",
        "version": alert.version,
        "snapshot_id": alert.snapshot_id,
        "raised_at": alert.raised_at,
        "seen_at": alert.seen_at,
        "reasons": {name: whys.get(name, STILL_OPEN) for name, value in values.items() if value is None},
        **values,
    }


def watch_of(watch: Watch, *, model: Model, default: timedelta | None) -> answers.MlWatch:
    """Return how a model is watched."""
    rules, every = watch.rules, watch.rules.every(default)
    not_by_itself = "No version of it is in production." if not watch.in_production else "Its schedule is never."
    if every is None and rules.schedule != NEVER:
        not_by_itself = "This platform looks at no model by itself, unless its rules say how often."
    whys = {
        "every_seconds": not_by_itself,
        "next_at": not_by_itself,
        "last": "It was not looked at by itself yet.",
        "trained_by": NO_VERSION,
    }
    last = watch.last
    values: Mapping[str, Any] = {
        "trained_by": model.in_service.job_id if model.in_service else None,
        "every_seconds": None if every is None else every.total_seconds(),
        "next_at": watch.next_at,
        "last": None if last is None else answers.MlLook(at=last.at, outcome=last.outcome.value, reason=last.reason, job_id=last.job_id),
    }
    return answers.MlWatch(
        model_id=watch.model_id,
        model_name=model.name,
        kind=_kind(model),
        rules=answers.MlRules(
            **rules.model_dump(mode="json", exclude={"thresholds"}),
            thresholds=answers.MlThresholds(**rules.thresholds.model_dump(mode="json")),
        ),
        in_production=watch.in_production,
        open_alerts=len(watch.open),
        reasons={name: whys[name] for name, value in values.items() if value is None},
        **values,
    )


def labels_of(kept: LabelsKept) -> answers.MlLabels:
    """Return what became of labels."""
    return answers.MlLabels(added=kept.added, replaced=kept.replaced, total=kept.total)
