"""`modelbourse engine models …`: list, show, create, train, watch, cancel, delete."""

import json
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.engine.models import EngineModel, EngineTraining
from modelbourse.cli import completing
from modelbourse.cli.errors import CommandError
from modelbourse.cli.finding import DATASET, JOB
from modelbourse.cli.given import EngineModelId, read_json
from modelbourse.cli.interrupting import heeding_ctrl_c
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table, say, tell
from modelbourse.cli.spending import Amounts
from modelbourse.command import INTERRUPTED
from modelbourse.modelbourse import Modelbourse

cli = typer.Typer(help="Models by type, features and target.", no_args_is_help=True)
JobArgument = Annotated[
    str | None, typer.Argument(metavar="JOB", help="A training's id, or its beginning; the one that runs, where none is named."), JOB
]
Param = Annotated[list[str] | None, typer.Option(help="A parameter, `hidden_size=64`, repeatable.")]
TimeoutOption = Annotated[float | None, typer.Option(help="Wait for so many seconds at most.")]
FileOption = Annotated[str | None, typer.Option("--file", help="The whole request as JSON (`-`: stdin), as the API takes it.")]
MARKS: Final = {"ready": "green", "failed": "red", "training": "cyan", "completed": "green", "cancelled": "yellow", "running": "cyan"}


@cli.command("list")
def list_(
    *,
    type_: Annotated[str | None, typer.Option("--type", help="Only models of this type.")] = None,
    status: Annotated[str | None, typer.Option(help="created, training, ready, failed or archived.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your models, the oldest first."""
    found = open_client().engine.models.list(type=type_, status=status, limit=page_size, offset=(page - 1) * page_size)
    if json_:
        return print_json(found)
    rows = [
        (
            row.id,
            row.name,
            row.type,
            row.status,
            *((row.metrics.accuracy, row.metrics.mae) if row.metrics else (None, None)),
            row.created_at,
        )
        for row in found.models
    ]
    title = counted(found.total, "model", page=page, page_size=page_size)
    columns = ("id", "name", "type", "status", "accuracy", "mae", "created")
    return print_table(columns, rows, title=title, drop=("created", "mae", "accuracy"), marks=MARKS)


@cli.command()
def show(model_id: EngineModelId, *, json_: JsonOption = False) -> None:
    """Show a model and what it has measured; `modelbourse models show` has plots and backtest of the same model."""
    model = open_client().engine.models.get(model_id)
    return print_json(model) if json_ else print_facts(_facts(model))


@cli.command()
def create(
    *,
    file: FileOption = None,
    name: Annotated[str | None, typer.Option(help="How it is called.")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="What learns: temporal_fusion_transformer, xgboost …")] = None,
    feature: Annotated[list[str] | None, typer.Option(help="A feature: price_close, volume, rsi_14 …, repeatable.")] = None,
    target: Annotated[str | None, typer.Option(help="What it predicts: price_close_next_day, direction_next_day …")] = None,
    param: Param = None,
    json_: JsonOption = False,
) -> None:
    """Create a model, from a file, from options, or from a file and options that change it."""
    told = {"name": name, "type": type_, "features": feature or None, "target": target, "parameters": pairs(param) or None}
    body = (read_json(file) if file else {}) | {key: value for key, value in told.items() if value is not None}
    if missing := [key for key in ("name", "type", "features", "target") if key not in body]:
        message = f"say {', '.join('--' + key.removesuffix('s') for key in missing)}, or give a --file"
        raise CommandError(message)
    model = open_client().engine.models.create(**body)
    if json_:
        return print_json(model)
    return say(f"created {model.id}; train it: modelbourse engine models train {model.id} --dataset packaged_AAPL_1d")


@cli.command()
def train(
    model_id: EngineModelId,
    *,
    dataset: Annotated[
        str | None,
        typer.Option(help="What it learns from; left out: what it learned from before.", autocompletion=completing.dataset_ids),
        DATASET,
    ] = None,
    param: Param = None,
    split: Annotated[float | None, typer.Option("--validation-split", help="Share of time, at the end, that measures it.")] = None,
    calibration: Annotated[str | None, typer.Option(help="A classifier's probabilities by held-out rows: isotonic or platt.")] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after so many epochs without a lower loss.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start it and do not wait.")] = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Train a model on a dataset, and wait until it has been: Ctrl-C leaves the training running."""
    client = open_client()
    stops = None if patience is None else [{"type": "early_stopping", "parameters": {"patience": patience}}]
    queued = client.engine.models.train(
        model_id,
        dataset_id=dataset,
        hyperparameters=pairs(param) or None,
        validation_split=split,
        callbacks=stops,
        calibration=calibration,
    )
    if detach:
        return print_json(queued) if json_ else say(f"started {queued.job_id}; watch it: modelbourse engine models watch {model_id}")
    tell(f"started {queued.job_id} on {', '.join(queued.symbols)} {queued.timeframe}")
    return _wait(client, model_id, queued.job_id, timeout=timeout, json_=json_)


@cli.command()
def watch(model_id: EngineModelId, job_id: JobArgument = None, *, timeout: TimeoutOption = None, json_: JsonOption = False) -> None:
    """Watch a training epoch by epoch until its end: Ctrl-C leaves it running."""
    client = open_client()
    return _wait(client, model_id, _job_of(client, model_id, job_id), timeout=timeout, json_=json_)


@cli.command()
def cancel(model_id: EngineModelId, job_id: JobArgument = None, *, json_: JsonOption = False) -> None:
    """End a training; what served before goes on serving."""
    client = open_client()
    ended = client.engine.models.cancel(model_id, _job_of(client, model_id, job_id))
    if json_:
        return print_json(ended)
    # What has happened is said before the amount's currency is asked for, by which time the gateway may be away.
    say(f"cancelled {ended.job_id}")
    return say(f"cost {Amounts(client)(f'{ended.cost or 0:.2f}')}")


@cli.command()
def delete(model_id: EngineModelId, *, json_: JsonOption = False) -> None:
    """Delete a model with all of its versions."""
    gone = open_client().engine.models.delete(model_id)
    return print_json(gone) if json_ else say(f"deleted {model_id}")


def pairs(given: list[str] | None) -> dict[str, Any]:
    """Return `name=value` options, values read as JSON where they are any. Raise CommandError."""
    found: dict[str, Any] = {}
    for each in given or []:
        name, equals, text = each.partition("=")
        if not equals or not name:
            message = f"'{each}' is no parameter: write name=value"
            raise CommandError(message)
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def _job_of(client: Modelbourse, model_id: str, job_id: str | None) -> str:
    if job_id is None and (job_id := client.engine.models.get(model_id).active_job_id) is None:
        message = "nothing trains the model now: name a training"
        raise CommandError(message)
    return job_id


def _wait(client: Modelbourse, model_id: str, job_id: str, *, timeout: float | None, json_: bool) -> None:
    try:
        with heeding_ctrl_c() as look:
            ended = client.engine.models.wait(model_id, job_id, progress=True, watch=look, timeout=timeout)
    except KeyboardInterrupt:
        again = f"modelbourse engine models watch {model_id} {job_id}"
        tell(f"the training goes on\n→ wait for it: {again}\n→ end it: {again.replace(' watch ', ' cancel ')}")
        raise SystemExit(INTERRUPTED) from None
    if json_:
        return print_json(ended)
    return print_facts([*_ended(ended, Amounts(client)), *_facts(client.engine.models.get(model_id))])


def _ended(training: EngineTraining, amounts: Amounts) -> list[tuple[str, Any]]:
    cost = None if training.cost is None else f"{training.cost:.2f}"
    return [("training", f"{training.job_id} is {training.status}"), ("cost", amounts(cost))]


def _facts(model: EngineModel) -> list[tuple[str, Any]]:
    measured = {} if model.metrics is None else {name: value for name, value in model.metrics.as_json().items() if value is not None}
    return [
        ("id", model.id),
        ("name", model.name),
        ("type", model.type),
        ("status", model.status),
        ("version", model.version),
        ("target", model.target),
        ("features", model.features),
        ("parameters", model.parameters or None),
        ("candles", f"{', '.join(model.symbols)} {model.timeframe}" if model.symbols else None),
        ("trained now by", model.active_job_id),
        *measured.items(),
        ("created", model.created_at),
    ]
