"""What a snapshot compares: the rows of the reference and those of now, with what the version answers and what came true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers

Words = NDArray[Any]
"""Categories (rows,) as words; None where there is none."""
NO_WINDOW: Final = "The rows of now have no time: all of them are looked at, whatever the window says."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Side:
    """Rows, with their moments where they have one (nanoseconds since 1970); those of one symbol in order of time.

    `numbers` is (rows, columns), NaN where a value is missing; `words` are categories by name; what else tells rows apart, and has no name
    of its own, is `beside` (rows, columns). Of a classifier there are `chances` (rows, classes), of others `values` (rows,). `truth`
    (rows,) is the place of the true class, or the true value, NaN where it is not known. `ids` (rows,) name each row, where its owner has.
    """

    numbers: Floats
    words: Mapping[str, Words] = field(default_factory=dict)
    chances: Floats | None = None
    values: Floats | None = None
    truth: Floats
    time: Integers | None = None
    symbols: Words | None = None
    ids: Words | None = None
    beside: Floats | None = None

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def known(self) -> Integers:
        """The rows that have an answer and whose truth is known."""
        answered = np.ones(len(self), dtype=np.bool_) if self.values is None else np.isfinite(self.values)
        return np.flatnonzero(np.isfinite(self.truth) & answered)

    @property
    def in_time(self) -> Integers:
        """The rows in order of time; those of one moment in their own order."""
        return np.arange(len(self)) if self.time is None else np.argsort(self.time, kind="stable")

    def part(self, rows: Integers) -> "Side":
        """Return these rows."""
        return Side(
            numbers=self.numbers[rows],
            words={name: values[rows] for name, values in self.words.items()},
            chances=None if self.chances is None else self.chances[rows],
            values=None if self.values is None else self.values[rows],
            truth=self.truth[rows],
            time=None if self.time is None else self.time[rows],
            symbols=None if self.symbols is None else self.symbols[rows],
            ids=None if self.ids is None else self.ids[rows],
            beside=None if self.beside is None else self.beside[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sides:
    """Both sides, whose columns are the same: `names` are those of the numbers, `classes` what is told apart, none of values.

    `ordered` says that neighbours in time are alike. `called` has what the model's own metrics call some: `f1_score` is `macro_f1` of a
    model of texts. `newest` is the newest row there is of either (nanoseconds), and `beside` names what stands beside the columns. `series`
    names columns that say which series a row is of: rows of one, told apart by `symbols`, are alike.
    """

    reference: Side
    current: Side
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    ordered: bool = False
    synthetic: bool = False
    called: Mapping[str, str] = field(default_factory=dict)
    newest: int | None = None
    beside: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    notes: Sequence[str] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)

    def with_current(self, current: Side, *notes: str) -> "Sides":
        """Return the same with other rows of now."""
        return replace(self, current=current, notes=(*self.notes, *notes))

    def coded(self, side: Side) -> Floats:
        """Return all that the version looks at as numbers (rows, columns): categories by their place among those of the reference."""
        columns = [side.numbers]
        for name, words in side.words.items():
            known = {word: place for place, word in enumerate(sorted({str(each) for each in self.reference.words[name].tolist() if each}))}
            columns.append(np.array([[known.get(str(word), len(known)) if word else np.nan] for word in words.tolist()]).reshape(-1, 1))
        return np.concatenate(columns if side.beside is None else [*columns, side.beside], axis=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """What the version looks at, by name."""
        return (*self.names, *self.reference.words)

    @property
    def coded_columns(self) -> tuple[str, ...]:
        """The names of the columns of `coded`."""
        return (*self.columns, *self.beside)
