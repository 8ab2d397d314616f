"""`modelbourse engine predictions …`: create, show, list, batch."""

import json
from typing import Annotated, Any

import typer

from modelbourse.answers.engine.predictions import KeptPrediction
from modelbourse.cli import completing, engine_batches
from modelbourse.cli.errors import CommandError
from modelbourse.cli.finding import ANSWERING, ENGINE_MODEL
from modelbourse.cli.given import read_any_json
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, counted, print_facts, print_json, print_table

cli = typer.Typer(help="Predictions of rows: made at once, kept, scored by what came.", no_args_is_help=True)
cli.command()(engine_batches.batch)
cli.command()(engine_batches.batch_result)
cli.command()(engine_batches.batch_cancel)


@cli.command()
def create(
    model_id: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A model's id or name; or one in the registry, NAME@ALIAS, NAME@3.", autocompletion=completing.model_ids
        ),
        ANSWERING,
    ],
    *,
    file: Annotated[
        str | None,
        typer.Option(
            "--file", help='Rows as JSON (`-`: stdin): `[{"price_close": 150}, …]`, or `{"features": [...], "timestamps": [...]}`.'
        ),
    ] = None,
    row: Annotated[list[str] | None, typer.Option(help="A row as JSON, repeatable, the oldest first.")] = None,
    level: Annotated[float | None, typer.Option(help="How often the interval is to hold the truth; default 0.9.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Whose rows they are, where the model knows several.")] = None,
    json_: JsonOption = False,
) -> None:
    """Predict one window of rows, and keep the prediction."""
    data: dict[str, Any] = _of_file(file) if file else {"features": [_row(text) for text in row or []]}
    if not data.get("features"):
        message = "give rows: --file rows.json, or --row '{\"price_close\": 150}'"
        raise CommandError(message)
    made = open_client().engine.predictions.create(
        model_id, features=data["features"], timestamps=data.get("timestamps"), interval_level=level, symbol=symbol
    )
    return print_json(made) if json_ else print_facts(_facts(made))


@cli.command()
def show(
    prediction_id: Annotated[str, typer.Argument(metavar="PREDICTION", help="A prediction's id.")], *, json_: JsonOption = False
) -> None:
    """Show a prediction, and what came of it."""
    found = open_client().engine.predictions.get(prediction_id)
    return print_json(found) if json_ else print_facts(_facts(found))


@cli.command("list")
def list_(
    *,
    model: Annotated[
        str | None,
        typer.Option(help="Only those of this model: its id, its beginning, or its name.", autocompletion=completing.model_ids),
        ENGINE_MODEL,
    ] = None,
    start: Annotated[str | None, typer.Option("--from", help="Only those made from this day or moment on.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only those made up to this day or moment.")] = None,
    page: PageOption = 1,
    page_size: SizeOption = 20,
    json_: JsonOption = False,
) -> None:
    """List your predictions, the newest first."""
    found = open_client().engine.predictions.list(
        model_id=model, start_date=start, end_date=end, limit=page_size, offset=(page - 1) * page_size
    )
    if json_:
        return print_json(found)
    rows = [(row.prediction_id, row.model_id, row.created_at) for row in found.predictions]
    return print_table(("id", "model", "created"), rows, title=counted(found.total, "prediction", page=page, page_size=page_size))


def _of_file(file: str) -> dict[str, Any]:
    """Return the rows of a file, with their timestamps where it has them. Raise CommandError."""
    found = read_any_json(file)
    data = {"features": found} if isinstance(found, list) else found
    if not isinstance(data, dict) or not isinstance(data.get("features"), list):
        message = f'{file} must hold a JSON list of rows, or an object: {{"features": [rows], "timestamps": [a moment for each row]}}'
        raise CommandError(message)
    return data


def _row(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        message = f"'{text[:60]}' is no JSON: {error}"
        raise CommandError(message) from error
    if not isinstance(found, dict):
        message = f"'{text[:60]}' is no row: write an object of names and numbers"
        raise CommandError(message)
    return found


def _facts(made: KeptPrediction) -> list[tuple[str, Any]]:
    (step,) = made.predictions
    interval = step.confidence_interval
    return [
        ("id", made.prediction_id),
        ("model", f"{made.model_id} {made.version}"),
        ("of", made.symbol),
        ("target", made.target),
        ("for", step.timestamp),
        ("value", step.value),
        (f"interval of {made.interval_level:.0%}", f"{interval.lower:g} to {interval.upper:g}" if interval else None),
        ("set of classes", step.prediction_set),
        ("quality", step.quality),
        ("abstained", step.abstained and step.abstained.get("reason")),
        ("came", made.outcome.value if made.outcome else made.reasons.get("outcome")),
        ("error", made.outcome.error if made.outcome else None),
        ("inside", made.outcome.inside_interval if made.outcome else None),
        ("latency", f"{made.latency_ms:g} ms"),
        ("created", made.created_at),
    ]
