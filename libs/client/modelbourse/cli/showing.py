"""How commands show what they got: tables for people, JSON for pipes."""

import datetime as dt
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.text import Text

from modelbourse.answers.answer import Answer
from modelbourse.cli.empty_lists import first_step
from modelbourse.cli.tables import lay_out, pairs

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
PageOption = Annotated[int, typer.Option("--page", min=1, help="Which page.")]
SizeOption = Annotated[int, typer.Option("--page-size", min=1, max=100, help="How many on a page.")]
MICRO: Final = 1e-6


def print_json(answer: Any) -> None:
    """Print an answer, or anything that is JSON, as JSON."""
    _write(json.dumps(answer.as_json() if isinstance(answer, Answer) else answer, indent=1, ensure_ascii=False))


def print_line(answer: Answer) -> None:
    """Print an answer as one line of JSON, at once."""
    _write(json.dumps(answer.as_json(), ensure_ascii=False, separators=(",", ":")))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str | None = None,
    caption: str | None = None,
    drop: Sequence[str] = (),
    marks: Mapping[str, str] | None = None,
    console: Console | None = None,
) -> None:
    """Print rows as a table that nothing is cut off; null is a dash. In a pipe it is as wide as it is.

    `drop` names the columns that a narrow terminal may do without, the least useful first. `marks` are words that have a colour of their
    own wherever they stand in the rows. An empty list says, beside it, how the first of its things is made.
    """
    console = console or out()
    cells = [[" ".join(clean(shown(value)).splitlines()) for value in row] for row in rows]
    lines = lay_out(columns, cells, width=width_of(console), drop=drop)
    for line in (*_given(title), *lines, *_given(caption)):
        write_line(line, console, marks=marks)
    if not cells and (step := first_step()):
        tell(f"→ {step}")


def print_facts(facts: Iterable[tuple[str, Any]], *, title: str | None = None, console: Console | None = None) -> None:
    """Print names and values, one a line; what is null is left out."""
    console = console or out()
    known = [(name, clean(shown(value))) for name, value in facts if value is not None]
    for line in (*_given(title), *pairs(known, width=width_of(console))):
        write_line(line, console)


def write_line(text: str, console: Console, *, marks: Mapping[str, str] | None = None) -> None:
    """Print a line as it is: what is wider than the terminal is wrapped by the terminal, and stays whole when it is copied."""
    line = Text(text)
    for word, colour in (marks or {}).items():
        line.highlight_words([word], colour)
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Print a sentence on stdout."""
    write_line(clean(text), out())


def tell(text: str) -> None:
    """Print a sentence beside what is asked for: on stderr."""
    write_line(clean(text), Console(stderr=True))


def out() -> Console:
    """Return the console of stdout."""
    return _Console(highlight=False)


class _Console(Console):
    """A console that leaves a reader who has gone to the command's end."""

    def on_broken_pipe(self) -> None:
        """Raise it on."""
        raise  # noqa: PLE0704  # what rich has caught, and would end the process for


def width_of(console: Console) -> int | None:
    """Return how many signs fit in a line; None where there is no terminal, which has no width."""
    return console.width if console.is_terminal else None


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
            told = f"{value.astimezone(dt.timezone.utc):%Y-%m-%d %H:%M:%S}"
        case list() | tuple():
            told = ", ".join(shown(each) for each in value)
        case dict():
            told = json.dumps(value, ensure_ascii=False)
        case _:
            told = str(value)
    return told


def save(data: bytes, file: Path, *, json_: bool) -> None:
    """Write what was fetched to a file, and say so."""
    file.write_bytes(data)
    if json_:
        print_json({"file": str(file), "bytes": len(data)})
    else:
        say(f"wrote {file} ({len(data)} bytes)")


def counted(count: int, noun: str, *, page: int, page_size: int, plural: str | None = None) -> str:
    """Say how many there are, and which page of how many is shown."""
    pages = max(1, -(-count // page_size))
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}" + (f", page {page} of {pages}" if pages > 1 else "")


def _given(text: str | None) -> tuple[str, ...]:
    return () if text is None else (text,)


def clean(text: str) -> str:
    """Return a text without the signs that steer a terminal: names are other people's words."""
    return "".join(sign for sign in text.replace("\t", " ") if sign.isprintable() or sign == "\n")


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
