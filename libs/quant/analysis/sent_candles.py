"""Candles that somebody has sent: which of them count, what is missing among them, and how old the newest is (docs/signals.md)."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from libs.quant.analysis.indicators import LONGEST_WINDOW
from libs.quant.candles import NANOSECONDS_A_DAY, Integers

# So many missing in a row are passed over; at a longer hole the series begins anew, as the platform's own does.
HOLE_MOST: Final = 3
# Of a symbol whose hours are not known: exchanges are closed no longer than over a long weekend.
CLOSED_MOST: Final = 4 * NANOSECONDS_A_DAY
# A day of clocks that are put forward or back has 23 hours or 25.
SLACK: Final = 20


class Hours(Protocol):
    """When candles of one length close; moments are in nanoseconds since 1970, UTC."""

    def between(self, closes: Integers) -> Integers:
        """Return how many candles should have closed after each of these and up to the next; arrays (candles,) and (candles - 1,)."""
        ...

    def since(self, close: int, *, at: int) -> int:
        """Return how many should have closed after one and up to a moment."""
        ...


@dataclass(frozen=True, slots=True)
class AroundTheClock:
    """A market that never closes; `length` of a candle in nanoseconds."""

    length: int

    def between(self, closes: Integers) -> Integers:
        """Return the time between, in candles."""
        return np.asarray((np.diff(closes) + self.length // SLACK) // self.length)

    def since(self, close: int, *, at: int) -> int:
        """Return the time since, in candles."""
        return max(at - close, 0) // self.length


@dataclass(frozen=True, slots=True)
class UnknownHours:
    """A market whose hours are not known.

    A gap is a hole where it lies within one day (UTC) and no other gap begins at the same time of day: else it may be the night, a weekend
    or a pause at noon.
    """

    length: int

    def between(self, closes: Integers) -> Integers:
        """Return the time between in candles where that is a hole, else 1."""
        due, opened = AroundTheClock(self.length).between(closes), closes - self.length
        gaps = due > 1
        times, counts = np.unique(opened[:-1][gaps] % NANOSECONDS_A_DAY, return_counts=True)
        repeated = np.isin(opened[:-1] % NANOSECONDS_A_DAY, times[counts > 1])
        same_day = opened[:-1] // NANOSECONDS_A_DAY == opened[1:] // NANOSECONDS_A_DAY
        return np.asarray(np.where(gaps & same_day & ~repeated, due, 1))

    def since(self, close: int, *, at: int) -> int:
        """Return the time since in candles, less what may have been a long weekend."""
        return max(at - close - CLOSED_MOST, 0) // self.length


@dataclass(frozen=True, slots=True)
class Counted:
    """Which candles count: those from `first` up to, not with, `stop`.

    `unfinished` are left out behind them, not closed yet; `hole` is how many are missing where those before `first` are left out;
    `missing` how many are among the newest `seen` that count; `age` how many have closed since the last one.
    """

    first: int
    stop: int
    unfinished: int
    hole: int
    missing: int
    seen: int
    age: int

    def quality(self, *, stale_after: int) -> float:
        """Return from 0 to 1 by how much what is said of them is lowered: the share that is there, times how new they are.

        Up to `stale_after` bars they are new; beyond, it falls as their age grows.
        """
        fresh = 1.0 if self.age <= stale_after else (stale_after + 1) / (self.age + 1)
        return fresh * self.seen / (self.seen + self.missing)


def counted(closes: Integers, *, at: int, hours: Hours) -> Counted | None:
    """Return which of the candles that close at these moments count at a moment, looked at by a market's hours; None where none does."""
    stop = int(np.searchsorted(closes, at, side="right"))
    if not stop:
        return None
    missing = np.maximum(hours.between(closes[:stop]) - 1, 0)
    cuts = np.flatnonzero(missing > HOLE_MOST)
    first = int(cuts[-1]) + 1 if len(cuts) else 0
    seen = min(stop - first, LONGEST_WINDOW)
    return Counted(
        first=first,
        stop=stop,
        unfinished=len(closes) - stop,
        hole=int(missing[cuts[-1]]) if len(cuts) else 0,
        missing=int(missing[stop - seen : stop - 1].sum()),
        seen=seen,
        age=hours.since(int(closes[stop - 1]), at=at),
    )
