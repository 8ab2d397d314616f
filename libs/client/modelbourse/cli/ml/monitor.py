"""`modelbourse ml monitor …`: snapshots of models of every kind, their alerts, rules and labels."""

from pathlib import Path
from typing import Annotated, Any, Final, cast

import typer

from modelbourse.answers.ml_development.monitoring import AlertState, MlSnapshot, SnapshotSource, SnapshotStatus
from modelbourse.cli.engine_models import pairs
from modelbourse.cli.errors import CommandError
from modelbourse.cli.given import read_json
from modelbourse.cli.ml.given import AnyWatchedId, DetachOption, SnapshotId, TimeoutOption, WatchedId, waited
from modelbourse.cli.ml.labels import SENT_AT_ONCE, rows_of
from modelbourse.cli.ml.shown import part_of, print_list
from modelbourse.cli.ml.snapshot_shown import print_snapshot, psi_of
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, print_facts, print_json, save, say, tell
from modelbourse.modelbourse import Modelbourse

cli = typer.Typer(help="Models in production, of every kind: what drifts, and how well they do.", no_args_is_help=True)
PARTS: Final = {
    "performance_metrics_json": "performance",
    "drift_metrics_json": "drift",
    "data_freshness_json": "freshness",
    "alerts_json": "alerts",
}
OPEN_ALERTS: Final = ("model", "id", "cause", "of", "value", "threshold", "harm", "since", "what")
ALERTS: Final = ("id", "state", "cause", "of", "value", "threshold", "harm", "since", "what")


@cli.command()
def snapshot(
    model_id: WatchedId,
    *,
    metrics: Annotated[
        str | None,
        typer.Option(help="Report what you have measured, and compute nothing: JSON as the API takes it, or metrics by name (`-`: stdin)."),
    ] = None,
    data: Annotated[str | None, typer.Option(help="Current rows: a path of your data root, or `dataset:<id>`.")] = None,
    labels: Annotated[str | None, typer.Option(help="A CSV file of labels in your data root.")] = None,
    version: Annotated[str | None, typer.Option(help="Its version, or an alias; left out: the one that serves.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="Current rows from this moment on: 2026-01-15T00:00:00Z.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Current rows up to this moment.")] = None,
    detach: DetachOption = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Have a look at a model computed, wait for it, and show it: Ctrl-C leaves its job running.

    modelbourse ml monitor snapshot Momentum --from 2012-07-01T00:00:00Z
    """
    client = open_client()
    if metrics is not None:
        if any(each is not None for each in (data, labels, version, start, end)):
            message = "--metrics reports a snapshot, and computes none: leave out --data, --labels, --version, --from and --to"
            raise typer.BadParameter(message)
        kept = client.ml.monitoring.send(model_id, **_parts(read_json(metrics)))
        return print_json(kept) if json_ else say(f"kept {kept.id}, reported")
    asked = client.ml.monitoring.take(model_id, data=data, labels=labels, version=version, start=start, end=end)
    if detach:
        return print_json(asked) if json_ else say(f"started {asked.id}; show it: modelbourse ml monitor show {model_id} {asked.id}")
    tell(f"started {asked.id}")
    again = f"modelbourse ml monitor show {model_id} {asked.id}"
    done = waited(client.ml.monitoring.wait, model_id, asked.id, what=asked.id, again=again, timeout=timeout)
    if done.status == "failed":
        message = f"{done.id} has failed: {done.reasons.get('status', 'no reason was given')}"
        raise CommandError(message)
    return print_json(done) if json_ else print_snapshot(done)


@cli.command("list")
def list_(
    model_id: WatchedId,
    *,
    source: Annotated[str | None, typer.Option(help="computed or reported.")] = None,
    status: Annotated[str | None, typer.Option(help="done, computing or failed; left out: done.")] = None,
    since: Annotated[str | None, typer.Option(help="From this moment on: 2026-01-15T00:00:00Z.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List the snapshots of a model, the newest first."""
    found = open_client().ml.monitoring.list(
        model_id,
        source=cast("SnapshotSource | None", source),
        status=cast("SnapshotStatus | None", status),
        since=since,
        **part_of(page, page_size),
    )
    rows = [
        (row.id, row.captured_at, row.source, row.status, row.version, psi_of(row), len(row.alerts_json.get("open") or ()) or None)
        for row in found.snapshots
    ]
    columns = ("id", "taken", "source", "status", "version", "PSI", "alerts")
    return print_list(found, columns, rows, noun="snapshot", page=page, page_size=page_size, json_=json_, drop=("version", "status"))


@cli.command()
def show(model_id: WatchedId, snapshot_id: SnapshotId = None, *, json_: JsonOption = False) -> None:
    """Show a snapshot: performance measured and estimated, what drifts, and what is wrong."""
    client = open_client()
    found = client.ml.monitoring.get(model_id, _newest(client, model_id, snapshot_id))
    return print_json(found) if json_ else print_snapshot(found)


@cli.command()
def report(
    model_id: WatchedId,
    snapshot_id: SnapshotId = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")] = Path("snapshot.html"),
    open_: Annotated[bool, typer.Option("--open", help="Also open it in a browser.")] = False,
    json_: JsonOption = False,
) -> None:
    """Save a snapshot's report: one HTML page, each feature's reference beside now, which stands alone."""
    client = open_client()
    save(client.ml.monitoring.report(model_id, _newest(client, model_id, snapshot_id, source="computed")), output, json_=json_)
    if open_:
        typer.launch(output.resolve().as_uri())


@cli.command()
def alerts(
    model_id: AnyWatchedId = None,
    *,
    state: Annotated[str | None, typer.Option(help="open or resolved.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List the alerts of a model: those that are open, the most harm first, then those that are over. Without one: what is open of all."""
    if model_id is None:
        return _open_alerts(state, page, page_size, json_=json_)
    found = open_client().ml.monitoring.alerts(model_id, state=cast("AlertState | None", state), **part_of(page, page_size))
    rows = [
        (row.id, row.state, row.cause, row.subject or None, row.value, row.threshold, row.harm, row.raised_at, row.message)
        for row in found.alerts
    ]
    drop = ("id", "threshold", "value", "since")
    return print_list(found, ALERTS, rows, noun="alert", page=page, page_size=page_size, json_=json_, drop=drop)


def _open_alerts(state: str | None, page: int, page_size: int, *, json_: bool) -> None:
    if state not in {None, "open"}:
        message = f"name a model for its {state} alerts"
        raise typer.BadParameter(message)
    found = open_client().ml.monitoring.open_alerts(**part_of(page, page_size))
    rows = [
        (row.model_name, row.model_id, row.cause, row.subject or None, row.value, row.threshold, row.harm, row.raised_at, row.message)
        for row in found.alerts
    ]
    drop = ("id", "threshold", "value", "since")
    return print_list(found, OPEN_ALERTS, rows, noun="alert", page=page, page_size=page_size, json_=json_, drop=drop)


@cli.command()
def rules(
    model_id: WatchedId,
    *,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="`schedule=7d`, `thresholds.psi=0.2`; `null` gives the default back; repeatable.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Show the rules by which a model is watched, or change some of them."""
    monitoring, change = open_client().ml.monitoring, dict[str, Any]()
    for name, value in pairs(set_).items():
        part, _, threshold = name.partition(".")
        change[part] = {**change.get(part, {}), threshold: value} if threshold else value
    found = monitoring.change_rules(model_id, change) if change else monitoring.rules(model_id)
    if json_:
        return print_json(found)
    told = found.rules.as_json()
    return print_facts(
        [
            ("model", found.model_id),
            ("in production", found.in_production),
            ("looked at next", found.next_at or found.reasons.get("next_at")),
            ("last turn", found.last and f"{found.last.outcome}: {found.last.reason}"),
            ("open alerts", found.open_alerts),
            *((name, value) for name, value in told.items() if name != "thresholds"),
            *((f"thresholds.{name}", value) for name, value in told["thresholds"].items()),
        ]
    )


@cli.command()
def labels(
    model_id: WatchedId,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="CSV (`-`: stdin) with `value`, and `prediction_id`, or `timestamp` and `symbol`.")
    ],
    *,
    json_: JsonOption = False,
) -> None:
    """Send what came true; what is sent again takes the place of what was there."""
    rows, monitoring = rows_of(file), open_client().ml.monitoring
    sent = [monitoring.labels(model_id, rows[at : at + SENT_AT_ONCE]) for at in range(0, len(rows), SENT_AT_ONCE)]
    added, replaced, total = sum(each.added for each in sent), sum(each.replaced for each in sent), sent[-1].total
    if json_:
        return print_json({"added": added, "replaced": replaced, "total": total})
    return say(f"{added} added, {replaced} replaced; the model has {total} labels")


def _newest(client: Modelbourse, model_id: str, snapshot_id: str | None, *, source: SnapshotSource | None = None) -> str:
    """Return the snapshot that was named, else the newest one. Raise CommandError where there is none."""
    if snapshot_id is not None:
        return snapshot_id
    newest: list[MlSnapshot] = client.ml.monitoring.list(model_id, source=source, limit=1).snapshots
    if not newest:
        message = f"{model_id} has no snapshot yet\n→ have one computed: modelbourse ml monitor snapshot {model_id}"
        raise CommandError(message)
    return newest[0].id


def _parts(given: dict[str, Any]) -> dict[str, Any]:
    """Return what is reported by its parts: as the API names them, else all of it is performance."""
    known = {PARTS[name]: value for name, value in given.items() if name in PARTS}
    return known or {"performance": given}
