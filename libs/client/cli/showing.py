"""How commands show what they got: tables for people, JSON for pipes."""

import datetime as dt
import json
import sys
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from libs.client.answers import Answer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
PageOption = Annotated[int, typer.Option("--page", min=1, help="Which page.")]
SizeOption = Annotated[int, typer.Option("--page-size", min=1, max=100, help="How many on a page.")]
# In a pipe nothing is cut off at the width of a terminal that is not there.
PIPE_WIDTH: Final = 400
MICRO: Final = 1e-6


def print_json(answer: Any) -> None:
    """Print an answer, or anything that is JSON, as JSON."""
    _write(json.dumps(answer.as_json() if isinstance(answer, Answer) else answer, indent=1, ensure_ascii=False))


def print_line(answer: Answer) -> None:
    """Print an answer as one line of JSON, at once."""
    _write(json.dumps(answer.as_json(), ensure_ascii=False, separators=(",", ":")))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str | None = None, caption: str | None = None) -> None:
    """Print rows as a table; null is a dash."""
    table = Table(*columns, title=title, caption=caption, title_justify="left", caption_justify="left")
    for row in rows:
        table.add_row(*(escape(shown(value)) for value in row))
    out().print(table)


def print_facts(facts: Iterable[tuple[str, Any]]) -> None:
    """Print names and values, one a line; what is null is left out."""
    table = Table(box=None, show_header=False)
    for name, value in facts:
        if value is not None:
            table.add_row(f"[bold]{escape(name)}[/]", escape(shown(value)))
    out().print(table)


def say(text: str) -> None:
    """Print a sentence on stdout."""
    out().print(text, markup=False, highlight=False, soft_wrap=True)


def tell(text: str) -> None:
    """Print a sentence beside what is asked for: on stderr."""
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def out() -> Console:
    """Return the console of stdout."""
    return Console() if sys.stdout.isatty() else Console(width=PIPE_WIDTH)


def shown(value: Any) -> str:
    """Return a value as tables show it."""
    match value:
        case None:
            told = "-"
        case bool():
            told = "yes" if value else "no"
        case float():
            told = f"{value:.6g}"
            if "e-" in told and abs(value) >= MICRO:
                told = f"{Decimal(told):f}"  # People read 0.000006, not 6e-06.
        case dt.datetime():
            told = f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"
        case list() | tuple():
            told = ", ".join(shown(each) for each in value)
        case dict():
            told = json.dumps(value, ensure_ascii=False)
        case _:
            told = str(value)
    return told


def counted(count: int, noun: str, *, page: int, page_size: int, plural: str | None = None) -> str:
    """Say how many there are, and which page of how many is shown."""
    pages = max(1, -(-count // page_size))
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}" + (f", page {page} of {pages}" if pages > 1 else "")


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
