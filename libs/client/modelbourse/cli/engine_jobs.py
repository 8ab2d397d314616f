"""`modelbourse engine jobs …`: jobs of every kind, listed, shown, ended."""

from typing import Annotated, Any

import typer

from modelbourse.answers.engine.jobs import OwnJobDetails
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say, shown
from modelbourse.cli.spending import Amounts

cli = typer.Typer(help="Jobs of yours, of every kind.", no_args_is_help=True)
AnyJobId = Annotated[str, typer.Argument(metavar="JOB", help="A job's whole id, as `list` shows it.")]
COLUMNS = ("id", "kind", "name", "state", "progress", "created", "cost")
MARKS = {"succeeded": "green", "failed": "red", "cancelled": "yellow", "running": "cyan"}


@cli.command("list")
def list_(
    *,
    kind: Annotated[str | None, typer.Option(help="Only of this kind: train, backtest, tune, run_recipe …")] = None,
    state: Annotated[str | None, typer.Option(help="Only queued, running, succeeded, failed or cancelled ones.")] = None,
    model: Annotated[str | None, typer.Option(help="Only those that work on this model, by its id.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your jobs of every kind, the newest first."""
    client = open_client()
    found = client.engine.jobs.list(kind=kind, state=state, model_id=model, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    amounts = Amounts(client)
    rows = [(job.job_id, job.kind, job.name, job.state, f"{job.progress} %", job.created_at, amounts(job.cost)) for job in found.jobs]
    title = counted(found.total, "job", page=page, page_size=page_size)
    return print_table(COLUMNS, rows, title=title, drop=("cost", "created"), marks=MARKS)


@cli.command()
def show(job_id: AnyJobId, *, json_: JsonOption = False) -> None:
    """Show a job as it stands, what it belongs to, and its log."""
    client = open_client()
    job = client.engine.jobs.get(job_id)
    if json_:
        return print_json(job)
    print_facts(_facts(job, Amounts(client)))
    for line in job.logs:
        say(f"{shown(line.timestamp)} {line.level:<7} {line.message}")
    return None


@cli.command()
def cancel(job_id: AnyJobId, *, json_: JsonOption = False) -> None:
    """End a job that waits or runs; the hours that it has not used come back."""
    client = open_client()
    ended = client.engine.jobs.cancel(job_id)
    if json_:
        return print_json(ended)
    # What has happened is said before the amount's currency is asked for, by which time the gateway may be away.
    say(f"{ended.job_id} is {ended.state}")
    return say(f"{Amounts(client)(ended.refund or '0.00')} came back")


def _facts(job: OwnJobDetails, amounts: Amounts) -> list[tuple[str, Any]]:
    return [
        ("id", job.job_id),
        ("kind", job.kind),
        ("name", job.name),
        ("state", f"{job.state}, {job.progress} %"),
        ("stage", job.stage or None),
        ("model", job.model_id),
        *((name.removesuffix("_id").replace("_", " "), value) for name, value in job.belongs_to),
        *((name, value) for name, value in job.metrics.items()),
        ("created", job.created_at),
        ("started", job.started_at),
        ("ended", job.ended_at),
        ("expected", job.estimated_completion if job.ended_at is None else None),
        ("used", None if job.compute_hours is None else f"{job.compute_hours:.6f} compute hours"),
        ("cost", amounts(job.cost)),
        ("came back", amounts(job.refund)),
        ("error", f"{job.error.message} ({job.error.type})" if job.error else None),
        ("cancelled for", job.cancel_reason),
        ("result", job.result_url),
    ]
