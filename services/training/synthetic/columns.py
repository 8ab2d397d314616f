"""One column of a table as numbers that can be drawn, and as cells again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.contracts.row_schema import Bound, Cell, RowColumn, RowType
from libs.quant.marginals import SHARED_BY, Marginal, between, fit_marginal, steps_of
from services.training.learners.errors import TrainingRefusedError

Floats = NDArray[np.float64]
WORDS_MOST: Final = 1_000
"""Words of a column that are told apart."""
IDENTIFYING: Final = 0.95
"""Share of rows with a word of their own from which a column is of names, none of which is repeated."""
NUMBERS: Final = 0.9
"""Share of cells that have to be numbers for a column to be one of numbers."""
DECIMALS_MOST: Final = 6
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
UNITS: Final[dict[RowType, float]] = {"date": 86_400.0, "datetime": 1.0}
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """A column that was fitted.

    `words` are in the order in which they are drawn, `places` has the place of each word that was seen, `invented` counts those that were
    rare and have another word in their place. `step` is the grid that numbers lie on, from `origin`.
    """

    about: RowColumn
    marginal: Marginal | None
    missing: float = 0.0
    words: tuple[str, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    origin: float = 0.0
    step: float = 0.0
    decimals: int | None = None
    invented: int = 0
    names: bool = False

    def on_grid(self, values: Floats) -> Floats:
        """Return numbers as this column has them."""
        if not self.step:
            return values
        snapped = self.origin + np.rint((values - self.origin) / self.step) * self.step
        return np.asarray(np.round(snapped, self.decimals or 0))

    def cells(self, values: Floats) -> list[Cell]:
        """Return numbers (rows,) as cells of JSON; NaN as None."""
        return [None if np.isnan(each) else self._cell(float(each)) for each in values]

    def _cell(self, value: float) -> Cell:
        kind = self.about.type
        if kind == "category":
            return self.words[int(value)]
        if kind == "boolean":
            return bool(value)
        if kind == "integer":
            return int(value)
        if kind in UNITS:
            moment = EPOCH + timedelta(seconds=value * UNITS[kind])
            return moment.date().isoformat() if kind == "date" else moment.isoformat().replace("+00:00", "Z")
        return value if self.decimals is not None else float(f"{value:.10g}")


def about_of(name: str, cells: "pd.Series[Any]", *, kind: str | None) -> RowColumn:
    """Return what a column of data is; `kind` is that of the role that it plays, if any."""
    known = cells.dropna()
    return RowColumn(name=name, type=_type(known, kind), nullable=len(known) < len(cells))


def _type(known: "pd.Series[Any]", kind: str | None) -> RowType:
    if kind == "category":
        return "category"
    if kind == "time" or pd.api.types.is_datetime64_any_dtype(known):
        moments = _moments(known)
        return "date" if len(moments) and bool((moments % UNITS["date"] == 0).all()) else "datetime"
    if pd.api.types.is_bool_dtype(known):
        return "boolean"
    numbers = pd.to_numeric(known, errors="coerce")
    if numbers.notna().mean() < NUMBERS:
        return "category"
    return "integer" if bool((numbers.dropna() % 1 == 0).all()) else "number"


def _moments(cells: "pd.Series[Any]") -> Floats:
    """Return moments as seconds since 1970; NaN for what is none."""
    read = pd.to_datetime(cells, errors="coerce", utc=True, format=None if cells.dtype.kind in "Mif" else "ISO8601")
    seconds = read.dt.tz_localize(None).astype("datetime64[us]").astype("int64").to_numpy() / 1e6
    return np.where(read.isna().to_numpy(), np.nan, seconds)


def numbers_of(cells: "pd.Series[Any]", about: RowColumn) -> Floats:
    """Return a column that is not of words as numbers: days or seconds since 1970, 0 and 1; NaN where there is none."""
    if about.type in UNITS:
        return _moments(cells) / UNITS[about.type]
    found = pd.to_numeric(cells, errors="coerce").astype("float64").to_numpy()
    return np.where(np.isfinite(found), found, np.nan)


def coded(cells: "pd.Series[Any]", column: Column) -> Floats:
    """Return a column of words as the place of each; one that was not seen has that of an invented word, where there are any."""
    spare = sorted({place for word, place in column.places.items() if column.words[place] != word})
    places = [None if cell is None else _place(cell, column, spare) for cell in texts_of(cells)]
    return np.array([np.nan if place is None else float(place) for place in places])


def _place(word: str, column: Column, spare: Sequence[int]) -> int | None:
    if (place := column.places.get(word)) is not None:
        return place
    return spare[crc32(word.encode()) % len(spare)] if spare else None


def texts_of(cells: "pd.Series[Any]") -> list[str | None]:
    """Return cells as words; None where there is none."""
    return [None if missing or str(cell) == "" else str(cell) for cell, missing in zip(cells, cells.isna(), strict=True)]


def fit_words(cells: "pd.Series[Any]", about: RowColumn, *, beside: Floats) -> Column:
    """Fit a column of words. `beside` (rows, columns) are the columns of numbers: the words stand in the order of what they go with most.

    Words of fewer rows than five may tell of one person: each is drawn as an invented one (`route-0007`). Where nearly all rows have a
    word of their own it is a column of names, and each row is given a new one.
    """
    texts = texts_of(cells)
    tally = Counter(each for each in texts if each is not None)
    rows = sum(tally.values())
    missing = 1 - rows / max(len(texts), 1)
    if not rows:
        return Column(about=about, marginal=None, missing=1.0)
    if about.unique or len(tally) >= IDENTIFYING * rows > SHARED_BY:
        return Column(about=about.model_copy(update={"unique": True}), marginal=None, missing=missing, invented=len(tally), names=True)
    shown = _shown(tally, about)
    counts = Counter[str]()
    for word, said in shown.items():
        counts[said] += tally[word]
    ordered = _ordered([None if each is None else shown.get(each) for each in texts], [word for word, _ in counts.most_common()], beside)
    places = {word: place for place, word in enumerate(ordered)}
    return Column(
        about=about,
        marginal=steps_of(np.arange(float(len(ordered))), np.array([float(counts[word]) for word in ordered])),
        missing=missing,
        words=tuple(ordered),
        places={word: places[said] for word, said in shown.items()},
        invented=sum(word != said for word, said in shown.items()),
    )


def _shown(tally: Mapping[str, int], about: RowColumn) -> dict[str, str]:
    """Return what is said in place of each word that was seen: itself where five rows have it. What a schema does not allow is left out."""
    allowed = None if about.enum is None else {str(each) for each in about.enum}
    often = [word for word in sorted(tally, key=lambda each: (-tally[each], each)) if tally[word] >= SHARED_BY]
    # What a schema names is no secret.
    kept = [word for word in often if allowed is None or word in allowed][:WORDS_MOST] if allowed is None else sorted(allowed & set(tally))
    rare = [] if allowed is not None else sorted(set(tally) - set(kept))
    if not kept and not rare:
        message = f"No row's {about.name!r} is among what the schema's `enum` allows."
        raise TrainingRefusedError(message, details={"row_schema": [message]})
    names = min(len(rare), WORDS_MOST)
    return {word: word for word in kept} | {word: f"{about.name}-{place % names + 1:04d}" for place, word in enumerate(rare)}


def _ordered(texts: Sequence[str | None], words: list[str], beside: Floats) -> list[str]:
    """Return words in the order of their means in the column that they explain most of (by the correlation ratio), else by frequency."""
    places = {word: place for place, word in enumerate(words)}
    codes = np.array([-1 if each is None else places[each] for each in texts])
    best, order = 0.0, np.arange(len(words))
    for column in beside.T:
        known = (codes >= 0) & ~np.isnan(column)
        spread = float(column[known].var()) if known.any() else 0.0
        if spread <= 0:
            continue
        counts = np.bincount(codes[known], minlength=len(words))
        centre = float(column[known].mean())
        means = np.bincount(codes[known], weights=column[known], minlength=len(words)) / np.maximum(counts, 1)
        means = np.where(counts > 0, means, centre)
        if (explained := float(counts @ (means - centre) ** 2) / (counts.sum() * spread)) > best:
            best, order = explained, np.argsort(means, kind="stable")
    return [words[place] for place in order]


def fit_numbers(values: Floats, about: RowColumn) -> Column:
    """Fit a column of numbers (rows,), days, seconds, or 0 and 1, within the schema's bounds, or those that its sign and unit tell.

    Raise TrainingRefusedError where nothing that was seen lies within the bounds.
    """
    known = values[~np.isnan(values)]
    missing = 1 - len(known) / max(len(values), 1)
    if not len(known):
        return Column(about=about, marginal=None, missing=1.0)
    origin, step, decimals = _grid(known, about.type)
    low, high = (as_number(each, about) for each in (about.minimum, about.maximum))
    if low is None and known.min() >= 0:
        low = 0.0
    if high is None and about.type == "number" and known.min() >= 0 and known.max() <= 1:
        high = 1.0
    whole = fit_marginal(known)
    within = whole if low is None and high is None else between(whole, low=low, high=high)
    if within is None:
        message = f"No row's {about.name!r} lies within the schema's bounds."
        raise TrainingRefusedError(message, details={"row_schema": [message]})
    return Column(about=about, marginal=within, missing=missing, origin=origin, step=step, decimals=decimals)


def as_number(bound: Bound | None, about: RowColumn) -> float | None:
    """Return a bound in the unit of its column's numbers."""
    if bound is None or not isinstance(bound, str):
        return None if bound is None else float(bound)
    moment = datetime.fromisoformat(bound)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() / UNITS[about.type]


def _grid(known: Floats, kind: RowType) -> tuple[float, float, int | None]:
    """Return the grid that all numbers lie on: its origin, its step, 0 for none, and its decimals."""
    for decimals in range(DECIMALS_MOST + 1) if kind == "number" else (0,):
        scaled = known * 10**decimals
        whole = np.rint(scaled)
        if np.abs(scaled - whole).max() <= 1e-6 * max(1.0, float(np.abs(scaled).max()) * 1e-6) and np.abs(whole).max() < 2**53:
            distinct = np.unique(whole).astype(np.int64)
            step = int(np.gcd.reduce(np.diff(distinct))) if len(distinct) > 1 else 1
            return float(distinct[0]) / 10**decimals, step / 10**decimals, decimals
    return 0.0, 0.0, None
