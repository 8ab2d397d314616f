"""Logs that do not grow for ever: one that has become too large is copied aside and emptied, and its oldest copy goes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

LARGEST: Final = 50_000_000
KEPT: Final = 3
CHUNK: Final = 1 << 20


def rotate(folder: Path, *, largest: int = LARGEST, kept: int = KEPT) -> list[Path]:
    """Move what is in each log of more than `largest` bytes to `NAME.log.1`, the older copies one further, and return these logs.

    Processes keep their logs open, and append: what they write next stands at the beginning of the emptied file, where `tail -F` goes on.
    What is written in the moment between copying and emptying is lost. Raises OSError where there is no room for a copy; the log is
    emptied all the same.
    """
    grown = [log for log in sorted(folder.glob("*.log")) if log.stat().st_size > largest]
    for log in grown:
        for newer, older in _pairs(log, kept=kept):
            if newer.exists():
                newer.replace(older)
        _empty_into(log, _copy(log, 1))
    return grown


def _empty_into(log: Path, copy: Path) -> None:
    with log.open("r+b") as source:
        try:
            with copy.open("wb") as target:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
        finally:
            source.truncate(0)


def _pairs(log: Path, *, kept: int) -> Iterator[tuple[Path, Path]]:
    """Yield what becomes what, the oldest first: the last copy is written over."""
    for number in range(kept - 1, 0, -1):
        yield _copy(log, number), _copy(log, number + 1)


def _copy(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
