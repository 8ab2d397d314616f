"""Finds where the mean of a stream changed: a window that grows while nothing changes, and forgets what was before a change."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.quant.candles import Floats

CONFIDENCE: Final = 0.002
"""How likely a change is found where there is none, at each look."""
CLOCK: Final = 32
"""Values between two looks."""
SHORTEST: Final = 5
MOST_VALUES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the mean, at a place of the stream, from what it was in the window before to what it is after; `seen` once so far."""

    at: int
    seen: int
    before: float
    after: float


def changes_of(stream: Floats, *, confidence: float = CONFIDENCE, worth: float = 1.0) -> tuple[Change, ...]:
    """Return the changes of the mean of values (rows,) in order of time, the oldest first.

    ADWIN (Bifet and Gavaldà 2007, "Learning from time-changing data with adaptive windowing"): the window is cut where the means of its
    older and its newer part differ by more than chance, by Bernstein's bound with the variance of the window (their section 3). All cuts
    are looked at, each 32 values; what lies before the clearest is forgotten, until no cut is left. Values are taken as parts of their
    range, which bounds need. Where `worth` values say as much as one that is independent, or there are more than 20,000, the means of
    stretches are looked at.
    """
    known = stream[np.isfinite(stream)]
    stretch = max(1, math.ceil(worth), -(-len(known) // MOST_VALUES))
    if len(known) < 2 * SHORTEST or not np.ptp(known) > 0:
        return ()
    firsts = np.arange(0, len(known), stretch)
    values = np.add.reduceat(known, firsts) / np.diff(firsts, append=len(known))
    lowest, span = float(values.min()), float(np.ptp(values))
    if span == 0:
        return ()
    places = np.flatnonzero(np.isfinite(stream))
    scaled = (values - lowest) / span
    upto, squares = (np.concatenate([[0.0], np.cumsum(each)]) for each in (scaled, scaled**2))
    found, begin = list[Change](), 0
    for end in (*range(CLOCK, len(scaled), CLOCK), len(scaled)):
        while (cut := _cut(upto[begin : end + 1], squares[begin : end + 1], confidence=confidence)) is not None:
            before, after = (float(values[part].mean()) for part in (slice(begin, begin + cut), slice(begin + cut, end)))
            begin += cut
            found.append(Change(int(places[begin * stretch]), int(places[min(end * stretch, len(places)) - 1]), before, after))
    return tuple(found)


def _cut(upto: Floats, squares: Floats, *, confidence: float) -> int | None:
    """Return how many values lie before the clearest change of a window, whose sums are given; None without one."""
    rows = len(upto) - 1
    if rows < 2 * SHORTEST:
        return None
    total = upto[-1] - upto[0]
    variance = max(0.0, float((squares[-1] - squares[0]) / rows - (total / rows) ** 2))
    older = np.arange(SHORTEST, rows - SHORTEST + 1)
    newer = rows - older
    sums = upto[older] - upto[0]
    apart = np.abs(sums / older - (total - sums) / newer)
    harmonic = 1 / (1 / older + 1 / newer)
    odds = np.log(2 * np.log(rows) / confidence)
    beyond = apart - (np.sqrt(2 / harmonic * variance * odds) + 2 / (3 * harmonic) * odds)
    best = int(beyond.argmax())
    return int(older[best]) if beyond[best] > 0 else None
