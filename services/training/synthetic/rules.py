"""What has to hold between the columns of generated rows: differences and sums that are built in, and what is looked at afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.names import did_you_mean
from libs.contracts.row_schema import AtMost, RowSchema, SumOf, UniqueTogether
from services.training.learners.errors import TrainingRefusedError
from services.training.synthetic.columns import Floats

ALIKE: Final = 1e-6
WORDS: Final = frozenset({"category", "boolean"})


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules by the places of the columns that they are of."""

    gaps: tuple[tuple[int, int], ...] = ()
    """(column, other): the first is at most the second, which is fitted as how far it lies above."""
    at_most: tuple[tuple[int, int], ...] = ()
    """As above, where one of the two may be missing: rows that break it are drawn anew."""
    sums: tuple[tuple[int, tuple[int, ...]], ...] = ()
    unique: tuple[tuple[int, ...], ...] = ()

    @property
    def derived(self) -> frozenset[int]:
        """Columns that others make up."""
        return frozenset(total for total, _ in self.sums)

    def inside(self, values: Floats) -> Floats:
        """Return rows (rows, columns) as they are fitted."""
        made = values.copy()
        for column, other in self.gaps:
            made[:, other] = values[:, other] - values[:, column]
        return made

    def outside(self, made: Floats) -> Floats:
        """Return rows as they are, from what was drawn."""
        values = made.copy()
        for column, other in self.gaps:
            values[:, other] = made[:, other] + values[:, column]
        for total, parts in self.sums:
            values[:, total] = values[:, list(parts)].sum(axis=1)
        return values

    def hold(self, values: Floats) -> NDArray[np.bool_]:
        """Return which rows (mask) keep to all rules but those on what no two rows share; a cell that is missing breaks none."""
        holding = np.ones(len(values), dtype=bool)
        for column, other in (*self.gaps, *self.at_most):
            holding &= ~(values[:, column] > values[:, other])
        for total, parts in self.sums:
            apart = np.abs(values[:, total] - values[:, list(parts)].sum(axis=1))
            holding &= ~(apart > ALIKE * np.maximum(np.abs(values[:, total]), 1.0))
        return holding

    def first_of_each(self, values: Floats) -> NDArray[np.bool_]:
        """Return which rows (mask) are the first with what no two rows may share."""
        kept = np.ones(len(values), dtype=bool)
        for places in self.unique:
            own = values[:, list(places)]
            rows = np.flatnonzero(kept & ~np.isnan(own).any(axis=1))
            _, first = np.unique(own[rows], axis=0, return_index=True)
            again = np.ones(len(rows), dtype=bool)
            again[first] = False
            kept[rows[again]] = False
        return kept


def rules_of(schema: RowSchema, values: Floats) -> Rules:
    """Return a schema's rules for rows (rows, columns) in the order of its columns. Raise TrainingRefusedError for what cannot be ruled."""
    names = [each.name for each in schema.columns]
    gaps: list[tuple[int, int]] = []
    at_most: list[tuple[int, int]] = []
    sums: list[tuple[int, tuple[int, ...]]] = []
    unique: list[tuple[int, ...]] = []
    for number, rule in enumerate(schema.constraints):
        if isinstance(rule, UniqueTogether):
            unique.append(_places(rule.columns, names, number))
            continue
        others = (rule.other,) if isinstance(rule, AtMost) else rule.parts
        places = _places((rule.column, *others), names, number)
        _check_numbers(schema, places, number)
        if isinstance(rule, SumOf):
            sums.append((places[0], places[1:]))
        else:
            pair, taken = (places[0], places[1]), {place for each in gaps for place in each}
            is_whole = not np.isnan(values[:, list(pair)]).any()
            (gaps if is_whole and not taken & set(pair) else at_most).append(pair)
    derived = {total for total, _ in sums}
    at_most += [pair for pair in gaps if derived & set(pair)]
    gaps = [pair for pair in gaps if not derived & set(pair)]
    return Rules(tuple(gaps), tuple(at_most), tuple(sums), tuple(unique))


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """A column of words that another one decides, as a state decides its country: `above` has its word by the place of the other's."""

    column: int
    below: int
    above: Floats


def levels_of(values: Floats, words: Sequence[int]) -> tuple[Level, ...]:
    """Return which columns of words others decide in all rows (rows, columns); `words` has how many words each column has, 0 for no words.

    Of several that decide a column it is the one with the most words, which none decides in turn.
    """
    found = []
    whole = [place for place, count in enumerate(words) if count > 1 and not np.isnan(values[:, place]).any()]
    for column in whole:
        for below in sorted(whole, key=lambda each: -words[each]):
            if words[below] <= words[column]:
                break
            pairs = np.unique(values[:, [below, column]], axis=0)
            if len(pairs) == len(np.unique(pairs[:, 0])):
                above = np.zeros(words[below])
                above[pairs[:, 0].astype(np.int64)] = pairs[:, 1]
                found.append(Level(column, below, above))
                break
    return tuple(found)


def _places(wanted: Sequence[str], names: Sequence[str], number: int) -> tuple[int, ...]:
    for name in wanted:
        if name not in names:
            message = f"The data have no column {name!r}.{did_you_mean(name, names)}"
            raise _refused(message, number)
    return tuple(names.index(name) for name in wanted)


def _check_numbers(schema: RowSchema, places: Sequence[int], number: int) -> None:
    kinds = {schema.columns[place].type for place in places}
    if kinds & WORDS or len({"number" if kind == "integer" else kind for kind in kinds}) > 1:
        said = ", ".join(f"{schema.columns[place].name} is of {schema.columns[place].type}" for place in places)
        message = f"Columns that are compared or added are all numbers, or all dates: {said}."
        raise _refused(message, number)


def _refused(why: str, number: int) -> TrainingRefusedError:
    return TrainingRefusedError(why, details={f"row_schema.constraints.{number}": [why]})
