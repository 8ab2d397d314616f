"""How a snapshot of a model is shown: how well it does, what drifts, what is wrong."""

from typing import Any, Final

from modelbourse.answers.ml_development.monitoring import MlSnapshot
from modelbourse.cli.ml.shown import in_short, numbers_of
from modelbourse.cli.showing import print_facts, print_table, say, shown

FEATURES_SHOWN: Final = 20
FEATURES: Final = ("feature", "PSI", "threshold", "drifts", "importance", "harm")


def print_snapshot(snapshot: MlSnapshot) -> None:
    """Print a snapshot: what was measured, what is estimated before labels are there, and the features with most harm."""
    performance, drift = snapshot.performance_metrics_json, snapshot.drift_metrics_json
    freshness, reasons = snapshot.data_freshness_json, snapshot.reasons
    print_facts(
        [
            ("id", snapshot.id),
            ("model", f"{snapshot.model_id}, version {snapshot.version or '-'}"),
            ("status", f"{snapshot.status}, {snapshot.source}"),
            ("taken", snapshot.captured_at),
            ("rows", in_short(snapshot.rows_json, None)),
            ("newest row", freshness.get("last_update")),
            ("PSI", psi_of(snapshot)),
            ("told apart (AUC)", drift.get("domain_classifier_auc")),
            ("degraded", performance.get("degraded") or None),
            *((name, why) for name, why in reasons.items() if name.startswith("performance")),
        ]
    )
    _print_performance(performance)
    features = [each for each in drift.get("features") or () if isinstance(each, dict)]
    rows = [
        (each.get("name"), each.get("psi"), each.get("threshold"), each.get("drifted"), each.get("importance"), each.get("harm"))
        for each in features[:FEATURES_SHOWN]
    ]
    if rows:
        left = len(features) - len(rows)
        more = f"… {left} more; --json has all" if left else None
        print_table(FEATURES, rows, caption=more, drop=("importance", "threshold"), marks={"yes": "red"})
    for alert in snapshot.alerts_json.get("open") or ():
        say(f"alert: {alert.get('message') if isinstance(alert, dict) else alert}")
    for note in snapshot.notes:
        say(f"note: {note}")


def psi_of(snapshot: MlSnapshot) -> Any:
    """Return the largest of the features' population stability indices; None where it is not told."""
    return snapshot.drift_metrics_json.get("PSI")


def _print_performance(performance: dict[str, Any]) -> None:
    measured = numbers_of(performance)
    estimated, reference = performance.get("estimated") or {}, performance.get("reference") or {}
    rows = []
    for name in dict.fromkeys([*measured, *estimated, *reference]):
        told = estimated.get(name) or {}
        interval = f" ({shown(told['lower'])} to {shown(told['upper'])})" if {"lower", "upper"} <= told.keys() else ""
        between = f"{shown(told['value'])}{interval}" if "value" in told else None
        rows.append((name, measured.get(name), between, reference.get(name)))
    if rows:
        how = f"estimated ({performance['estimated_by']})" if performance.get("estimated_by") else "estimated"
        print_table(("metric", "measured", how, "reference"), rows)
