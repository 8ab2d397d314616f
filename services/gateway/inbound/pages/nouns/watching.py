"""How a model of any kind does in production: what a page reads of it, the forms there, and its charts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from services.gateway.inbound.pages import charts
from services.gateway.inbound.pages.nouns.recipes import ML
from services.gateway.inbound.pages.page import Action, Facts, Form, Read, filled

Snapshot = Mapping[str, Any]
# Snapshots in a chart and in the list, and how many features are drawn over time and bin by bin: those with the most harm.
SNAPSHOTS: Final = 30
FEATURES: Final = 5
PANELS: Final = 3
LATEST_OVER: Final = 10


def watched(model_id: str) -> dict[str, Read]:
    """Return what tells how a model of any kind does in production."""
    path = f"{ML}/models/{model_id}/monitoring"
    return {
        "snapshots": Read(path, fixed={"limit": SNAPSHOTS}, needed=False),
        "failures": Read(path, fixed={"limit": 1, "status": "failed"}, needed=False),
        "computing": Read(path, fixed={"limit": 3, "status": "computing"}, needed=False),
        "alerts": Read(f"{path}/alerts", fixed={"limit": 20, "state": "open"}, needed=False),
        "over": Read(f"{path}/alerts", fixed={"limit": LATEST_OVER, "state": "resolved"}, needed=False),
        "rules": Read(f"{path}/rules", needed=False),
    }


def looked_at(facts: Facts) -> dict[str, Read]:
    """Return where the snapshot is that is shown with the bins of its features: the one that the address names, or the newest."""
    asked = facts["asked"].get("snapshot") or next((each["id"] for each in _done(facts)), None)
    return {"shown": Read(f"{ML}/models/{{model_id}}/monitoring/{quote(asked, safe='')}", needed=False)} if asked else {}


def _look(form: Form) -> dict[str, Any]:
    """Return the request of a snapshot: of the rows that the rules name, or of those since a day."""
    return {"window": {"start": f"{form['start']}T00:00:00Z"}} if form.get("start") else {}


WATCHING: Final = {
    "look": Action("POST", f"{ML}/models/{{model_id}}/monitoring", _look, done="A snapshot is being computed."),
    "rules": Action(
        "PUT",
        f"{ML}/models/{{model_id}}/monitoring/rules",
        lambda form: filled(form, "schedule", "window", "cooldown", "data", "labels", numbers=("min_rows",)),
        done="The rules are changed.",
    ),
}


def shape_watch(facts: Facts) -> dict[str, Any]:
    """Return a snapshot's metrics side by side, and charts: what has moved, bin by bin, and all of it over time."""
    done = _done(facts)
    newest = facts.get("shown") or (done[0] if done else None)
    failures: Sequence[Snapshot] = (facts.get("failures") or {}).get("snapshots") or []
    failed = next((each for each in failures if not done or each["captured_at"] > done[0]["captured_at"]), None)
    return {
        "newest": newest,
        "is_latest": bool(done) and newest is not None and newest["id"] == done[0]["id"],
        "failed": failed,
        "waiting": (facts.get("computing") or {}).get("snapshots") or [],
    } | (_drawn(newest, done) if newest else {"drawn_watch": False})


def _done(facts: Facts) -> Sequence[Snapshot]:
    return (facts.get("snapshots") or {}).get("snapshots") or []


def _drawn(newest: Snapshot, done: Sequence[Snapshot]) -> dict[str, Any]:
    # What a model's owner says of it is drawn by itself: nothing is known of how it was measured.
    alike = [each for each in reversed(done) if each["source"] == newest["source"]]
    features = [each for each in newest["drift_metrics_json"].get("features") or [] if isinstance(each, dict)]
    metrics = _metrics(newest)
    drift = {str(each.get("name")): each.get("psi") for each in features}
    charted = {
        "drift_by_feature": charts.bars(drift, name="PSI") if any(drift.values()) else None,
        "drift_over_time": _over_time(alike, _drift_lines(alike, list(drift)[:FEATURES])),
        "performance_over_time": _over_time(alike, _performance_lines(alike, metrics[0]["name"])) if metrics else None,
        "panels": _panels([*features, *_answers(newest)]),
        "calibration": _calibration(newest),
    }
    return {
        "performance": metrics,
        "drifting": features,
        "answers_drift": _answers(newest),
        "drawn_watch": any(charted.values()),
    } | charted


def _metrics(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return each metric as it was measured and as it is estimated, beside the reference's."""
    told = snapshot["performance_metrics_json"]
    measured = {name: value for name, value in told.items() if isinstance(value, int | float) and not isinstance(value, bool)}
    intervals, estimated, reference = (_mapping(told.get(name)) for name in ("intervals", "estimated", "reference"))
    degraded, reasons = told.get("degraded") or [], snapshot["reasons"]
    return [
        {
            "name": name,
            "measured": measured.get(name),
            "interval": _mapping(intervals.get(name)),
            "estimated": _mapping(estimated.get(name)),
            "reference": reference.get(name),
            "degraded": name in degraded,
            "why_not_measured": reasons.get(f"performance.{name}") or reasons.get("performance.measured"),
            "why_not_estimated": reasons.get(f"performance.estimated.{name}") or reasons.get("performance.estimated"),
            "why_no_reference": reasons.get("performance.reference"),
        }
        for name in dict.fromkeys((*reference, *measured, *estimated))
    ]


def _mapping(value: Any) -> Mapping[str, Any]:
    # What was reported has the form that its sender gave it.
    return value if isinstance(value, dict) else {}


def _answers(snapshot: Snapshot) -> list[Mapping[str, Any]]:
    """Return how the answers have moved, like a feature."""
    found = _mapping(snapshot["drift_metrics_json"].get("predictions"))
    return [{**found, "name": "its answers"}] if found else []


def _drift_lines(snapshots: Sequence[Snapshot], names: Iterable[str]) -> dict[str, list[Any]]:
    """Return the index of each of these features in each snapshot, or the largest where features are not told."""
    by_feature = [
        {each.get("name"): each.get("psi") for each in snapshot["drift_metrics_json"].get("features") or [] if isinstance(each, dict)}
        for snapshot in snapshots
    ]
    lines = {name: [each.get(name) for each in by_feature] for name in names}
    return lines or {"PSI": [each["drift_metrics_json"].get("PSI") for each in snapshots]}


def _performance_lines(snapshots: Sequence[Snapshot], metric: str) -> dict[str, list[Any]]:
    rows = [next((each for each in _metrics(snapshot) if each["name"] == metric), {}) for snapshot in snapshots]
    lines = {
        f"{metric}, measured": [each.get("measured") for each in rows],
        "estimated": [each.get("estimated", {}).get("value") for each in rows],
        "reference": [each.get("reference") for each in rows],
    }
    return {name: values for name, values in lines.items() if any(value is not None for value in values)}


def _over_time(snapshots: Sequence[Snapshot], lines: Mapping[str, Sequence[Any]]) -> charts.Option | None:
    """Return lines over the snapshots' moments; None where there are not two of them that have a value."""
    known = [at for at, _ in enumerate(snapshots) if any(isinstance(values[at], int | float) for values in lines.values())]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    times = [snapshots[at]["captured_at"] for at in known]
    return charts.timeline(times, {name: [values[at] for at in known] for name, values in lines.items()})


def _panels(features: Iterable[Mapping[str, Any]]) -> list[tuple[str, charts.Option]]:
    """Return the bins of the features that do most harm, each beside the reference's."""
    binned = [each for each in features if each.get("bins")][:PANELS]
    return [
        (
            str(each["name"]),
            charts.beside(
                [row["label"] for row in each["bins"]],
                {"Reference": [row["reference"] for row in each["bins"]], "Now": [row["current"] for row in each["bins"]]},
            ),
        )
        for each in binned
    ]


def _calibration(snapshot: Snapshot) -> charts.Option | None:
    bins = snapshot["calibration_json"].get("bins") or []
    if not bins:
        return None
    ends = [each["confidence"] for each in (bins[0], bins[-1])]
    series = {"How often it is right": [(each["confidence"], each["accuracy"]) for each in bins], "As it says": [(at, at) for at in ends]}
    return charts.curve({"x": "how sure it is", "y": "share that is right", "series": series})
