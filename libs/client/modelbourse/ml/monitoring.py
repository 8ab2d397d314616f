"""ML Development's monitoring of models of every kind: snapshots, computed or reported, alerts, rules, and labels."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelbourse.answers.ml_development.monitoring import (
    AlertState,
    MlAlerts,
    MlLabels,
    MlOpenAlerts,
    MlSnapshot,
    MlSnapshots,
    MlWatch,
    SnapshotSource,
    SnapshotStatus,
)
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.ml.models import MODELS
from modelbourse.ml.waiting import wait_for
from modelbourse.steps import Steps


def list_snapshots(
    gateway: Gateway,
    model_id: str,
    *,
    source: SnapshotSource | None = None,
    status: SnapshotStatus | None = None,
    since: str | None = None,
    limit: int = 20,
    offset: int = 0,
) -> Steps[MlSnapshots]:
    """Return a part of the looks at a model, of whatever kind, the newest first; those that are done where no `status` is named."""
    params = {"source": source, "status": status, "since": since, "limit": limit, "offset": offset}
    return ask_for(gateway, MlSnapshots, "GET", _path(model_id, "monitoring"), params=params)


def get_snapshot(gateway: Gateway, model_id: str, snapshot_id: str) -> Steps[MlSnapshot]:
    """Return a look at a model, with the bins of its features. Raise NotFoundError."""
    return ask_for(gateway, MlSnapshot, "GET", _path(model_id, "monitoring", snapshot_id))


def take_snapshot(
    gateway: Gateway,
    model_id: str,
    *,
    data: str | None = None,
    labels: str | None = None,
    version: str | None = None,
    start: str | None = None,
    end: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[MlSnapshot]:
    """Have a look at a model computed as a job: drift, performance, freshness, of rows from `start` until `end`; `wait` waits for it."""
    body = given(data=data, labels=labels, version=version, window=given(start=start, end=end) or None)
    return ask_for(gateway, MlSnapshot, "POST", _path(model_id, "monitoring"), body=body, key=idempotency_key or new_key())


def send_snapshot(
    gateway: Gateway,
    model_id: str,
    *,
    performance: Mapping[str, Any] | None = None,
    drift: Mapping[str, Any] | None = None,
    freshness: Mapping[str, Any] | None = None,
    alerts: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Steps[MlSnapshot]:
    """Report a snapshot that you have measured yourself: it is kept as `reported`, beside those that are computed."""
    parts = given(performance_metrics_json=performance, drift_metrics_json=drift, data_freshness_json=freshness, alerts_json=alerts)
    body = {"performance_metrics_json": {}} | parts  # Without any part, it would be one to compute.
    return ask_for(gateway, MlSnapshot, "POST", _path(model_id, "monitoring"), body=body, key=idempotency_key or new_key())


def wait_for_snapshot(
    gateway: Gateway,
    model_id: str,
    snapshot_id: str,
    *,
    timeout: float | None = None,
    progress: bool = False,
    watch: Callable[[MlSnapshot], None] | None = None,
) -> Steps[MlSnapshot]:
    """Wait until a snapshot is done or has failed (`status`), and return it. Raise WaitTimeoutError after `timeout` seconds."""
    return wait_for(
        gateway,
        f"the snapshot {snapshot_id}",
        lambda: get_snapshot(gateway, model_id, snapshot_id),
        ended=lambda seen: seen.status != "computing",
        stands=lambda seen: (0 if seen.status == "computing" else 100, seen.status),
        timeout=timeout,
        progress=progress,
        watch=watch,
    )


def get_snapshot_report(gateway: Gateway, model_id: str, snapshot_id: str) -> Steps[bytes]:
    """Return a snapshot's report, an HTML page that stands alone, as bytes. Raise NotFoundError where it has none."""
    answer = yield from gateway.ask("GET", _path(model_id, "monitoring", snapshot_id, "report"))
    return bytes(answer.content)


def list_alerts(gateway: Gateway, model_id: str, *, state: AlertState | None = None, limit: int = 100, offset: int = 0) -> Steps[MlAlerts]:
    """Return a part of the alerts of a model: those that do most harm first, then those that are over."""
    params = {"state": state, "limit": limit, "offset": offset}
    return ask_for(gateway, MlAlerts, "GET", _path(model_id, "monitoring", "alerts"), params=params)


def list_open_alerts(gateway: Gateway, *, limit: int = 100, offset: int = 0) -> Steps[MlOpenAlerts]:
    """Return a part of the open alerts of all your models, of whatever kind: those that do most harm first."""
    return ask_for(gateway, MlOpenAlerts, "GET", "/api/ml-development/alerts", params={"limit": limit, "offset": offset})


def get_rules(gateway: Gateway, model_id: str) -> Steps[MlWatch]:
    """Return the rules by which a model is watched, and when it is looked at next."""
    return ask_for(gateway, MlWatch, "GET", _path(model_id, "monitoring", "rules"))


def change_rules(gateway: Gateway, model_id: str, rules: Mapping[str, Any]) -> Steps[MlWatch]:
    """Change rules by which a model is watched; what is left out stays, and None gives a rule its default back."""
    return ask_for(gateway, MlWatch, "PUT", _path(model_id, "monitoring", "rules"), body=dict(rules))


def send_labels(gateway: Gateway, model_id: str, rows: Sequence[Mapping[str, Any]]) -> Steps[MlLabels]:
    """Send what came true: rows of `value` with `prediction_id`, or with `timestamp` and `symbol`."""
    return ask_for(gateway, MlLabels, "POST", _path(model_id, "labels"), body={"rows": [dict(each) for each in rows]})


def _path(model_id: str, *parts: str) -> str:
    return path_to(f"{MODELS}/", model_id, *parts, then="")
