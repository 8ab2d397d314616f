"""Distributions of one column that were seen: few values with their shares, or quantiles with tails that go on beyond what was seen."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from libs.quant.candles import Floats

KNOTS_MOST: Final = 200
ROWS_A_KNOT: Final = 5
TAIL: Final = 0.01
SHARED_BY: Final = 5
"""Rows that have to have a value for it to be one that repeats."""
REPEATING: Final = 0.9
HALVINGS: Final = 60
FURTHEST: Final = 1e-12


class Marginal(Protocol):
    """A distribution of one number."""

    def at(self, levels: Floats) -> Floats:
        """Return the quantiles at levels between 0 and 1 (rows,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Few values (k,), ascending, and the share of rows up to each (k,), the last of which is 1."""

    values: Floats
    up_to: Floats

    def at(self, levels: Floats) -> Floats:
        """Return the value in whose step each level falls."""
        places = np.searchsorted(self.up_to, levels, side="left")
        return np.asarray(self.values[np.minimum(places, len(self.values) - 1)])


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """Quantiles at levels (k,), straight between them; beyond the outer ones tails.

    The upper tail is exponential, with the mean excess that was seen; the lower one, too, or a power of the level where all values are
    positive (`positive`), so that none turns negative. No value that was seen is repeated but those that make a step of their own.
    """

    levels: Floats
    values: Floats
    lower: float
    upper: float
    positive: bool = False

    def at(self, levels: Floats) -> Floats:
        """Return the quantiles."""
        inside = np.interp(levels, self.levels, self.values)
        low = np.log(self.levels[0] / np.clip(levels, FURTHEST, self.levels[0]))
        high = np.log((1 - self.levels[-1]) / np.clip(1 - levels, FURTHEST, 1 - self.levels[-1]))
        below = self.values[0] * np.exp(-self.lower * low) if self.positive else self.values[0] - self.lower * low
        beyond = self.values[-1] + self.upper * high
        return np.asarray(np.where(levels < self.levels[0], below, np.where(levels > self.levels[-1], beyond, inside)))


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """A distribution, given that it lies between two levels."""

    whole: Marginal
    low: float
    high: float

    def at(self, levels: Floats) -> Floats:
        """Return the quantiles of what is left."""
        return self.whole.at(self.low + levels * (self.high - self.low))


def fit_marginal(values: Floats) -> Marginal:
    """Return the distribution of numbers (rows,) without missing ones, of which there is at least one.

    Steps where nine rows of ten have a value that five rows have or more, and for these values alone; else quantiles.
    """
    seen, counts = np.unique(values, return_counts=True)
    often = counts >= min(SHARED_BY, len(values))
    if counts[often].sum() >= REPEATING * len(values):
        return steps_of(seen[often], counts[often].astype(np.float64))
    ordered, rows = np.sort(values), len(values)
    outer = max(TAIL, min(0.25, ROWS_A_KNOT / rows))
    count = int(np.clip(rows // ROWS_A_KNOT, 2, KNOTS_MOST))
    levels = np.linspace(outer, 1 - outer, count)
    knots = np.quantile(ordered, levels)
    under, over = ordered[ordered < knots[0]], ordered[ordered > knots[-1]]
    positive = bool(ordered[0] > 0)
    gap = np.log(knots[0] / under) if positive else knots[0] - under
    return Quantiles(
        levels=levels,
        values=knots,
        lower=float(gap.mean()) if len(under) else 0.0,
        upper=float((over - knots[-1]).mean()) if len(over) else 0.0,
        positive=positive,
    )


def steps_of(values: Floats, counts: Floats) -> Steps:
    """Return the distribution of values (k,), ascending, by how many rows have each (k,)."""
    up_to = np.cumsum(counts) / counts.sum()
    up_to[-1] = 1.0
    return Steps(np.asarray(values, dtype=np.float64), up_to)


def between(marginal: Marginal, *, low: float | None, high: float | None) -> Marginal | None:
    """Return a distribution given that its values lie within bounds, both included; None where it has none there."""
    bottom = 0.0 if low is None else _level(marginal, low, reaching=True)
    top = 1.0 if high is None else _level(marginal, high, reaching=False)
    return Between(marginal, bottom, top) if top > bottom else None


def _level(marginal: Marginal, value: float, *, reaching: bool) -> float:
    """Return the first level whose quantile reaches a value, or the last one whose quantile does not pass it."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        found = float(marginal.at(np.array([middle]))[0])
        is_left = found < value if reaching else found <= value
        low, high = (middle, high) if is_left else (low, middle)
    return high if reaching else low
