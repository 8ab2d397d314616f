"""`modelbourse train` and `modelbourse jobs …`: start a training, watch it, end it."""

from typing import Annotated, cast

import typer

from modelbourse.answers.limits import Priority
from modelbourse.answers.live import JobState, JobUpdate
from modelbourse.answers.trainings import JobDetails, JobStatus
from modelbourse.cli import completing
from modelbourse.cli.finding import JOB, MODEL
from modelbourse.cli.given import ModelId
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.measured import print_results
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_line, print_table, say, tell
from modelbourse.cli.spending import Amounts
from modelbourse.command import INTERRUPTED
from modelbourse.modelbourse import Job, Modelbourse

cli = typer.Typer(help="Trainings of yours.", no_args_is_help=True)
JobId = Annotated[
    str,
    typer.Argument(metavar="JOB", help="A training's id, its beginning, or its name.", autocompletion=completing.job_ids),
    JOB,
]
TimeoutOption = Annotated[float | None, typer.Option(help="Wait for so many seconds at most.")]


def train(
    model_id: ModelId,
    *,
    name: Annotated[str | None, typer.Option(help="How the training is called.")] = None,
    priority: Annotated[str | None, typer.Option(help="LOW, NORMAL or HIGH (by tier).")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start it and do not wait.")] = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Train a model, and wait until it has been: Ctrl-C leaves the training running."""
    client = open_client()
    job = client.models.train(model_id, name=name, priority=cast("Priority | None", priority))
    assert job.started is not None
    if detach and json_:
        return print_json(job.started)
    amounts = Amounts(client)
    started = f"started {job.id} (version {job.started.model_version}, estimated cost {amounts(job.started.estimated_cost)})"
    if detach:
        say(f"{started}; wait for it: modelbourse jobs wait {job.id}")
        return say(f"→ what has come of it, when it has ended: modelbourse models show {model_id}")
    tell(started)
    return _wait(client, job, amounts, timeout=timeout, json_=json_)


@cli.command()
def wait(job_id: JobId, *, timeout: TimeoutOption = None, json_: JsonOption = False) -> None:
    """Wait for a training's end: Ctrl-C leaves it running."""
    client = open_client()
    return _wait(client, client.jobs.of(job_id), Amounts(client), timeout=timeout, json_=json_)


def _wait(client: Modelbourse, job: Job, amounts: Amounts, *, timeout: float | None, json_: bool) -> None:
    try:
        with heeding_ctrl_c() as look:
            ended = job.wait(progress=True, watch=look, timeout=timeout)
    except KeyboardInterrupt:
        tell(f"the training goes on\n→ wait for it: modelbourse jobs wait {job.id}\n→ end it: modelbourse jobs cancel {job.id}")
        raise SystemExit(INTERRUPTED) from None
    if json_:
        return print_json(ended)
    say(f"{ended.job_name} is done: {shown_hours(ended, amounts)}, version {ended.model_version} of {ended.model_id}")
    return print_results(client.models.get(ended.model_id), job_id=ended.id)


def shown_hours(job: JobDetails, amounts: Amounts) -> str:
    """Say what a training has used."""
    return f"{job.compute_hours or 0:.6f} compute hours, cost {amounts(job.cost or '0.00')}"


def estimate(model_id: ModelId, *, json_: JsonOption = False) -> None:
    """Say what a model's next training would take and cost."""
    client = open_client()
    found = client.models.estimate(model_id)
    if json_:
        return print_json(found)
    told = found.estimate
    interval = None if told.low_hours is None or told.high_hours is None else f"{told.low_hours:.6f} to {told.high_hours:.6f}"
    return print_facts(
        [
            ("hours", f"{told.hours:.6f}"),
            ("between", interval),
            ("of such jobs", None if told.level is None or interval is None else f"{told.level:.0%} are in between"),
            ("rests on", f"{told.basis} ({told.jobs})" if told.jobs else told.basis),
            ("waits", None if told.queue_seconds is None else f"{told.queue_seconds:.0f} s"),
            ("done at", found.estimated_completion),
            ("set aside", Amounts(client)(found.estimated_cost)),
        ]
    )


@cli.command("list")
def list_(
    *,
    status: Annotated[str | None, typer.Option(help="Only trainings in this status.")] = None,
    model: Annotated[str | None, typer.Option(help="Only trainings of this model.", autocompletion=completing.model_ids), MODEL] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your trainings, the newest first."""
    found = open_client().jobs.page(status=cast("JobStatus | None", status), model_id=model, page=page, page_size=page_size)
    if json_:
        return print_json(found)
    rows = [
        (row.id, row.job_name, row.status, f"{row.progress} %", row.model_version, row.created_at, row.compute_hours)
        for row in found.results
    ]
    title = counted(found.count, "training", page=page, page_size=page_size)
    return print_table(
        ("id", "name", "status", "progress", "version", "created", "hours"), rows, title=title, drop=("hours", "version", "created")
    )


@cli.command()
def show(job_id: JobId, *, json_: JsonOption = False) -> None:
    """Show a training as it stands."""
    client = open_client()
    job, amounts = client.jobs.get(job_id), Amounts(client)
    if json_:
        return print_json(job)
    return print_facts(
        [
            ("id", job.id),
            ("name", job.job_name),
            ("model", f"{job.model_id}, version {job.model_version}"),
            ("status", f"{job.status}, {job.progress} %"),
            ("stage", job.stage),
            ("epoch", f"{job.current_epoch} of {job.total_epochs}"),
            *((name, value) for name, value in job.current_metrics.items()),
            ("started", job.started_at),
            ("completed", job.completed_at),
            ("expected", job.estimated_completion),
            ("used", None if job.compute_hours is None else f"{job.compute_hours:.6f} compute hours"),
            ("reserved", amounts(job.estimated_cost)),
            ("cost", amounts(job.cost)),
            ("error", f"{job.error.message} ({job.error.type})" if job.error else None),
            ("cancelled for", job.cancel_reason),
        ]
    )


@cli.command()
def cancel(job_id: JobId, *, json_: JsonOption = False) -> None:
    """End a training; what it has used is charged, the rest comes back."""
    client = open_client()
    ended = client.jobs.cancel(job_id)
    if json_:
        return print_json(ended)
    # What has happened is said before the amount's currency is asked for, by which time the gateway may be away.
    say(f"cancelled {ended.job_id}")
    return say(f"{Amounts(client)(ended.refund_amount)} came back")


@cli.command()
def logs(
    job_id: JobId,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it has ended.")] = False,
    json_: JsonOption = False,
) -> None:
    """Print a training's log."""
    lines = open_client().jobs.logs(job_id, follow=follow)
    if json_:
        return print_json([line.as_json() for line in lines])
    try:
        with heeding_ctrl_c() as look:
            for line in lines:
                look(line)
                say(f"{line.timestamp:%H:%M:%S} {line.level:<7} {line.message}")
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    return None


@cli.command()
def watch(
    *,
    kind: Annotated[str | None, typer.Option(help="Only jobs of this kind: train, backtest, validate.")] = None,
    model: Annotated[str | None, typer.Option(help="Only jobs of this model.", autocompletion=completing.model_ids), MODEL] = None,
    state: Annotated[str | None, typer.Option(help="Only in these states: queued, running, succeeded, failed, cancelled.")] = None,
    json_: JsonOption = False,
) -> None:
    """Print a line whenever a job of any kind begins, goes on or ends, until Ctrl-C; with --json a line of JSON."""
    updates = open_client().jobs.watch(kind=kind, model_id=model, state=cast("JobState | None", state), progress=True)
    try:
        with heeding_ctrl_c() as look:
            for update in updates:
                look(update)
                print_line(update) if json_ else say(shown_update(update))
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def shown_update(update: JobUpdate) -> str:
    """Say how a job stands, in one line."""
    job = update.data
    doing = f"{job.error.message} ({job.error.type})" if job.error else job.stage
    words = (f"{update.timestamp:%H:%M:%S}", update.job_id, f"{job.kind:<8}", f"{job.state:<9}", f"{job.progress:>3} %", job.name)
    return " ".join(words) + (f": {doing}" if doing else "")
