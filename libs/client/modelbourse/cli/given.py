"""What several commands are given: a model, a file of JSON."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from modelbourse.cli import completing
from modelbourse.cli.errors import CommandError
from modelbourse.cli.finding import ENGINE_MODEL, ENVIRONMENT, EXPERIMENT, MODEL

ModelId = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A model's id, its beginning, or its name.", autocompletion=completing.model_ids),
    MODEL,
]
EngineModelId = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A model's id, its beginning, or its name.", autocompletion=completing.model_ids),
    ENGINE_MODEL,
]
EnvironmentId = Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="An environment's id, its beginning, or its name."), ENVIRONMENT]
ExperimentId = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="An experiment's id, its beginning, or its name."), EXPERIMENT]


def read_json(file: str) -> dict[str, Any]:
    """Return the JSON object of a file, of stdin for `-`. Raise CommandError for anything else."""
    found = read_any_json(file)
    if not isinstance(found, dict):
        msg = f"{file} must hold a JSON object"
        raise CommandError(msg)
    return found


def read_any_json(file: str) -> Any:
    """Return what the JSON of a file, of stdin for `-`, holds. Raise CommandError."""
    try:
        return json.loads((sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig"))
    except OSError as error:
        msg = f"{file} cannot be read: {error.strerror}"
        raise CommandError(msg) from error
    except ValueError as error:
        msg = f"{file} holds no JSON: {error}"
        raise CommandError(msg) from error
