"""How runs are shown: their metrics beside their baselines, alone or several side by side."""

from collections.abc import Sequence
from typing import Any

from modelbourse.answers.ml_development.runs import MlRunWhole
from modelbourse.cli.ml.shown import numbers_of
from modelbourse.cli.showing import print_facts, print_table, say, shown
from modelbourse.cli.spending import Amounts


def print_run(run: MlRunWhole, amounts: Amounts) -> None:
    """Print a run: how it stands, what it has measured, and what is to be known of that."""
    print_facts(_facts(run, amounts))
    metrics = numbers_of(run.metrics_json)
    if metrics:
        rows = [(name, value, _interval(run, name), *(told.get(name) for told in run.baseline.values())) for name, value in metrics.items()]
        print_table(("metric", "run", "interval", *(name.replace("_", " ") for name in run.baseline)), rows, drop=("interval",))
    for name, value in metrics.items():
        if value is None and (why := run.reasons.get(f"metrics_json.{name}")):
            say(f"{name}: {why}")
    for note in run.notes:
        say(f"note: {note}")


def print_comparison(runs: Sequence[MlRunWhole]) -> None:
    """Print runs side by side, a column each; the best baseline is not chosen for anybody: each has a line of its own."""
    rows: list[tuple[Any, ...]] = [
        ("type", *(run.run_type for run in runs)),
        ("status", *(run.status for run in runs)),
        ("recipe", *(run.recipe_id for run in runs)),
        ("recipe version", *(run.recipe_version_id for run in runs)),
        ("model version", *(run.model_version for run in runs)),
        ("rows", *(", ".join(f"{part} {count}" for part, count in run.rows.items()) or None for run in runs)),
        ("whose figures", *(run.metrics_source for run in runs)),
    ]
    measured = [numbers_of(run.metrics_json) for run in runs]
    for name in dict.fromkeys(name for each in measured for name in each):
        rows.append((name, *(each.get(name) for each in measured)))
        beside = dict.fromkeys(baseline for run in runs for baseline, told in run.baseline.items() if name in told)
        rows += [(f"  {baseline}", *(run.baseline.get(baseline, {}).get(name) for run in runs)) for baseline in beside]
    print_table(("", *(run.id for run in runs)), rows)
    if len({run.recipe_version_id for run in runs}) > 1 or len({run.run_type for run in runs}) > 1:
        say("they are not of the same version or type: their figures may be of other rows")


def _facts(run: MlRunWhole, amounts: Amounts) -> list[tuple[str, Any]]:
    return [
        ("id", run.id),
        ("what", f"{run.run_type} of {run.recipe_id}, version {run.recipe_version_id}"),
        ("model", run.model_id and f"{run.model_id}, version {run.model_version or '-'}"),
        ("status", run.status if run.status != "running" else f"running, {run.progress} %: {run.stage}"),
        ("why", f"{run.error.message} ({run.error.type})" if run.error else None),
        ("began", run.started_at),
        ("ended", run.finished_at),
        ("figures are", run.metrics_source),
        ("rows", ", ".join(f"{part} {count}" for part, count in run.rows.items()) or None),
        ("synthetic", "yes: its rows were generated, its figures are of no market" if run.synthetic else None),
        ("cost", amounts(run.cost)),
    ]


def _interval(run: MlRunWhole, name: str) -> str | None:
    found = run.intervals.get(name)
    return None if found is None else f"{shown(found.low)} to {shown(found.high)}"
