"""Which `sentiment-*` programs there are, and where each is defined; a program imports what it needs alone."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Final

import typer

from modelbourse.cli.main import run_typer

# Module of this folder and function, by program.
PROGRAMS: Final = {
    "sentiment-train": ("training", "train"),
    "sentiment-export": ("exporting", "export"),
    "sentiment-validate": ("exporting", "validate"),
    "sentiment-register": ("registering", "register"),
    "sentiment-list-models": ("registering", "list_models"),
    "sentiment-transition-stage": ("registering", "transition_stage"),
    "sentiment-delete-model": ("registering", "delete_model"),
    "sentiment-model-info": ("registering", "model_info"),
    "sentiment-config": ("configuring", "config"),
    "sentiment-validate-data": ("checking", "validate_data"),
    "sentiment-data-report": ("checking", "data_report"),
    "sentiment-predict": ("scoring", "predict"),
    "sentiment-score": ("scoring", "score"),
    "sentiment-health": ("health", "health"),
}


def app_of(name: str) -> Callable[[], None]:
    """Return a program, ready to run."""
    module, function = PROGRAMS[name]
    program = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
    program.command()(getattr(import_module(f"modelbourse.cli.sentiment.{module}"), function))
    return partial(run_typer, program, name)
