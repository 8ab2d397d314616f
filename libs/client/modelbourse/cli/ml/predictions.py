"""`modelbourse ml predictions …`: ask a recipe's model about rows, list, show and download what it said."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from modelbourse.answers.ml_development.predictions import MlPredictionWhole
from modelbourse.cli.errors import CommandError
from modelbourse.cli.ml.given import DetachOption, MlModelId, TimeoutOption, waited
from modelbourse.cli.ml.rows_sent import read_rows
from modelbourse.cli.ml.shown import MARKS, part_of, print_list
from modelbourse.cli.opening import open_client
from modelbourse.cli.showing import JsonOption, PageOption, SizeOption, print_json, print_table, save, say

cli = typer.Typer(help="What recipes' models say of rows.", no_args_is_help=True)
COLUMNS: Final = ("id", "status", "version", "rows", "unanswered", "data", "asked")
BESIDE: Final = frozenset({"row", "notes", "reasons"})
ROWS_SHOWN: Final = 20
Prediction = Annotated[str, typer.Argument(metavar="PREDICTION", help="As `modelbourse ml predictions list MODEL` has it: `answer_…`.")]


@cli.command()
def ask(
    model_id: MlModelId,
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="Rows: CSV, JSON or JSON lines; `-` for stdin.")] = None,
    *,
    data: Annotated[
        str | None, typer.Option(help="In place of rows: a path of your data root, or `dataset:<id>`; a forecast needs neither.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Which version; left out: the one in production, else the newest.")] = None,
    detach: DetachOption = False,
    timeout: TimeoutOption = None,
    json_: JsonOption = False,
) -> None:
    """Ask a model about rows, wait for it, and show what it says: Ctrl-C leaves it running.

    modelbourse ml predictions ask "Shelf prices" prices.csv
    """
    client = open_client()
    rows = None if file is None else read_rows(file)
    asked = client.ml.models.predict(model_id, rows, data=data, version=version, wait=False)
    again = f"modelbourse ml predictions show {model_id} {asked.id}"
    if detach:
        return print_json(asked) if json_ else say(f"asked {asked.id}; show it: {again}")
    if asked.status != "succeeded":
        asked = waited(client.ml.models.wait_for_prediction, model_id, asked.id, what=asked.id, again=again, timeout=timeout)
    return _told(asked, json_=json_)


@cli.command("list")
def list_(model_id: MlModelId, *, page: PageOption = 1, page_size: SizeOption = 20, json_: JsonOption = False) -> None:
    """List what a model was asked, the newest first."""
    found = open_client().ml.models.predictions(model_id, **part_of(page, page_size))
    rows = [
        (each.id, each.status, each.model_version, each.total, each.unanswered, each.data, each.created_at) for each in found.predictions
    ]
    return print_list(found, COLUMNS, rows, noun="prediction", page=page, page_size=page_size, json_=json_, drop=COLUMNS[:2:-1])


@cli.command()
def show(model_id: MlModelId, prediction: Prediction, *, json_: JsonOption = False) -> None:
    """Show what a model said, or how far it is."""
    return _told(open_client().ml.models.prediction(model_id, prediction), json_=json_)


@cli.command()
def download(
    model_id: MlModelId,
    prediction: Prediction,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write all rows; by its ending as JSON lines, else as CSV.")
    ] = Path("predictions.csv"),
    json_: JsonOption = False,
) -> None:
    """Save all rows that a model answered."""
    name = "predictions.jsonl" if output.suffix in {".jsonl", ".json"} else "predictions.csv"
    return save(open_client().ml.models.prediction_file(model_id, prediction, name), output, json_=json_)


def _told(found: MlPredictionWhole, *, json_: bool) -> None:
    if found.error is not None:
        message = f"{found.id} has failed: {found.error.message} ({found.error.type})"
        raise CommandError(message)
    if json_:
        return print_json(found)
    if found.status != "succeeded":
        return say(f"{found.id}: {found.stage}, {found.progress} %")
    lines = [_flat(row.model_dump()) for row in found.rows[:ROWS_SHOWN]]
    columns = list(dict.fromkeys(name for line in lines for name in line))
    left = f"the first {len(lines)} of {found.total}; all: modelbourse ml predictions download {found.model_id} {found.id}"
    caption = left if (found.total or 0) > len(lines) else None
    print_table(columns, [[line.get(name) for name in columns] for line in lines], caption=caption, drop=columns[:1:-1], marks=MARKS)
    notes = dict.fromkeys([*found.notes, *(note for row in found.rows[:ROWS_SHOWN] for note in row.notes)])
    for note in notes:
        say(f"note: {note}")
    return None


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as cells: of a mapping each of its keys, of reasons the columns that have most to do with it."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if name in BESIDE:
            continue
        if isinstance(value, dict):
            cells |= {f"{name} {key}": each for key, each in value.items()}
        elif isinstance(value, list):
            cells[name] = ", ".join(str(each["column"]) for each in value)
        else:
            cells[name] = value
    return cells
