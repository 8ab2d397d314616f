"""What a model says of rows, row by row; a value that cannot be computed is null and has its reason."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from libs.contracts.envelope import JsonObject
from libs.contracts.names import did_you_mean, listed

LONGEST: Final = 60
UNKNOWN_MOST: Final = 200
"""Of more words the nearest is not looked for, which takes a while."""


@dataclass(slots=True)
class Answers:
    """Answers in the order of the rows; `notes` are of all of them."""

    rows: list[JsonObject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, values: JsonObject) -> None:
        """Take the next answer."""
        self.rows.append({**values, "reasons": {}, "notes": []})

    def why(self, place: int, reasons: Mapping[str, str]) -> None:
        """Say why values of an answer are null."""
        self.rows[place]["reasons"] |= reasons

    def say(self, place: int, *words: str) -> None:
        """Say what should be known of an answer."""
        self.rows[place]["notes"] += words


def null_or(value: Any) -> float | None:
    """Return a number, None where it is none."""
    return float(value) if np.isfinite(value) else None


def word_or(value: Any) -> str | None:
    """Return a word, None where a cell is empty."""
    return value if isinstance(value, str) else None


def why_unknown(words: Collection[str], known: Sequence[str], *, what: str) -> dict[str, str]:
    """Say of each word that it was not learned from, and which is the nearest of those that were, where these words are not very many."""
    few = len(words) <= UNKNOWN_MOST
    return {
        word: f"{what}{word[:LONGEST]!r} was not learned from; {listed(known, most=5)} were.{did_you_mean(word, known) if few else ''}"
        for word in words
    }


def columns_of(rows: Iterable[JsonObject]) -> tuple[str, ...]:
    """Return the columns of answers as a flat table: a mapping is a column for each of its keys."""
    return tuple(dict.fromkeys(name for row in rows for name in flat(row)))


def flat(row: JsonObject) -> dict[str, Any]:
    """Return an answer in one level: `uplift.call` for a mapping, lists and what is said of it as text."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name == "reasons":
            found[name] = "; ".join(f"{field}: {why}" for field, why in value.items())
        elif isinstance(value, Mapping):
            found |= {f"{name}.{key}": each for key, each in value.items()}
        elif isinstance(value, list):
            found[name] = "; ".join(_text(each) for each in value)
        else:
            found[name] = value
    return found


def _text(value: Any) -> str:
    return ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, Mapping) else str(value)
