"""`modelbourse tasks …`: trainings of networks and backtests, as work that waits, runs and ends."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.trading_ai.tasks import Task
from modelbourse.cli import completing
from modelbourse.cli.errors import CommandError
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say
from modelbourse.modelbourse import Modelbourse

cli = typer.Typer(help="Work that takes long: trainings of networks, and backtests.", no_args_is_help=True)
TaskId = Annotated[
    str,
    typer.Argument(
        metavar="TASK", help="A task's id, or the readable one of its backtest or training.", autocompletion=completing.task_ids
    ),
]
Report = Annotated[Path | None, typer.Option(metavar="DIR", help="Of a backtest, write report.html and all pictures there.")]
NAMES: Final = {"train": "ml_tasks.train_model_async", "backtest": "backtest_tasks.run_backtest_async"}
MARKS: Final = {"SUCCESS": "green", "FAILURE": "red", "REVOKED": "yellow", "STARTED": "cyan", "RETRY": "yellow"}


@cli.command("list")
def list_(
    *,
    status: Annotated[str | None, typer.Option(help="PENDING, STARTED, SUCCESS, FAILURE, RETRY or REVOKED.")] = None,
    kind: Annotated[str | None, typer.Option(help="train or backtest.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your tasks, the newest first."""
    name = NAMES.get(kind, kind) if kind else None
    found = open_client().tasks.list(status=status, task_name=name, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    rows = [(row.task_id, kind_of(row), row.status, f"{row.progress} %", row.created_at, row.execution_time_seconds) for row in found.tasks]
    title = counted(found.total, "task", page=page, page_size=page_size)
    columns = ("id", "what", "status", "progress", "created", "seconds")
    return print_table(columns, rows, title=title, drop=("seconds", "created"), marks=MARKS)


@cli.command()
def show(task_id: TaskId, *, report: Report = None, json_: JsonOption = False) -> None:
    """Show a task as it stands, and what came of it: of a backtest all that is shown when it was waited for."""
    from modelbourse.cli.backtest_files import points_of, write_report  # noqa: PLC0415  # a command starts the sooner
    from modelbourse.cli.backtest_shown import print_backtest  # noqa: PLC0415  # as above

    client = open_client()
    task = client.tasks.get(_id_of(client, task_id))
    done = client.backtests.get(task.task_id) if task.status == "SUCCESS" and task.task_name == NAMES["backtest"] else None
    if report is not None:
        if done is None:
            message = f"there is no report: it is a {kind_of(task)} that is {task.status}"
            raise CommandError(message)
        write_report(client, done, report)
    if json_:
        return print_json(done or task)
    return print_facts(_facts(task)) if done is None else print_backtest(done, points=points_of(client, done))


@cli.command()
def cancel(task_id: TaskId, *, json_: JsonOption = False) -> None:
    """End a task that waits or runs; the hours that it has not used come back."""
    client = open_client()
    ended = client.tasks.cancel(_id_of(client, task_id))
    return print_json(ended) if json_ else say(f"cancelled {ended.task_id}")


@cli.command()
def retry(task_id: TaskId, *, json_: JsonOption = False) -> None:
    """Do what a failed task was to do, as a new one."""
    client = open_client()
    again = client.tasks.retry(_id_of(client, task_id))
    return print_json(again) if json_ else say(f"started {again.new_task_id}; how it stands: modelbourse tasks show {again.new_task_id}")


@cli.command()
def stats(*, json_: JsonOption = False) -> None:
    """Count your tasks, and say how the platform's queue stands."""
    found = open_client().tasks.stats()
    if json_:
        return print_json(found)
    health = found.system_health
    print_facts(
        [
            ("tasks", found.total_tasks),
            ("waiting", found.pending),
            ("running", found.running),
            ("well", found.successful),
            ("failed", found.failed),
            ("cancelled", found.revoked),
            ("success rate", None if found.success_rate is None else f"{found.success_rate:.1%}"),
            ("median time", None if found.median_execution_time_seconds is None else f"{found.median_execution_time_seconds:.1f} s"),
            ("last 24 hours", found.last_24h.total),
            ("last 7 days", found.last_7d.total),
            ("workers", health.celery_workers_active),
            ("queue", f"{health.queue_depth} wait"),
            ("mean wait", None if health.avg_queue_wait_time_seconds is None else f"{health.avg_queue_wait_time_seconds:.1f} s"),
        ]
    )
    rows = [(_kind(name), count.total, count.successful, count.failed) for name, count in found.by_task_type.items()]
    return print_table(("what", "tasks", "well", "failed"), rows) if rows else None


def _id_of(client: Modelbourse, word: str) -> str:
    """Return a task's id: the word itself, or that of the backtest or the training which is called so."""
    if word.startswith("backtest_"):
        return client.backtests.get(word).task_id or word
    return client.trainings.get(word).task_id if word.startswith("training_") else word


def kind_of(task: Task) -> str:
    """Return what a task is, in a word."""
    return _kind(task.task_name)


def _kind(name: str) -> str:
    return next((word for word, known in NAMES.items() if known == name), name)


def _facts(task: Task) -> list[tuple[str, Any]]:
    result, metrics = task.result, task.metrics
    made = [] if result is None else [(name, value) for name, value in result.as_json().items() if name != "reasons"]
    return [
        ("id", task.task_id),
        ("what", kind_of(task)),
        ("status", f"{task.status}, {task.progress} %"),
        ("place in the queue", task.queue_position),
        ("doing", task.current_operation),
        ("loss", None if metrics is None else metrics.current_loss),
        ("created", task.created_at),
        ("started", task.started_at),
        ("expected", task.estimated_completion),
        ("seconds", task.execution_time_seconds),
        *made,
        ("error", task.error),
        ("message", task.message),
    ]
