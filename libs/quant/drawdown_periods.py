"""The times that an equity curve spent below its peak: when each began, where it was deepest, and when it was over."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers
from libs.quant.trading import drawdowns


@dataclass(frozen=True, slots=True)
class DrawdownPeriod:
    """One time under water. Times are closes in nanoseconds since 1970; `depth` is a positive fraction of the peak.

    `start` is the close at the peak (the first close of all, where equity fell from the start), `trough` the lowest close, `recovered` the
    first close that is back at the peak: None where that has not come, and `bars` and `days` then count up to the last close.
    """

    start: int
    trough: int
    recovered: int | None
    depth: float
    bars: int
    days: float


def drawdown_periods(
    time: Integers, equity: Floats, *, most: int = 5, by: Literal["depth", "length"] = "depth"
) -> tuple[DrawdownPeriod, ...]:
    """Return the `most` deepest, or longest, times under water of a curve that started at 1.0, the worst first; equal ones as they came."""
    fallen = drawdowns(equity)
    below = np.concatenate([[False], fallen > 0, [False]]).astype(np.int8)
    starts, ends = np.flatnonzero(np.diff(below) == 1), np.flatnonzero(np.diff(below) == -1)
    if not len(starts):
        return ()
    # Between one and the next the curve is at its peak: nothing there is deeper.
    depths, spans = np.maximum.reduceat(fallen, starts), time[np.minimum(ends, len(time) - 1)] - time[np.maximum(starts - 1, 0)]
    worst = np.argsort(-(depths if by == "depth" else spans), kind="stable")[:most]
    return tuple(_period(time, fallen, start=int(starts[each]), end=int(ends[each])) for each in worst)


def _period(time: Integers, fallen: Floats, *, start: int, end: int) -> DrawdownPeriod:
    """Describe the bars from `start` up to, not with, `end`, which are all below the peak before them."""
    peak, last = max(start - 1, 0), min(end, len(time) - 1)
    trough = start + int(fallen[start:end].argmax())
    return DrawdownPeriod(
        start=int(time[peak]),
        trough=int(time[trough]),
        recovered=int(time[end]) if end < len(time) else None,
        depth=float(fallen[trough]),
        bars=last - peak,
        days=int(time[last] - time[peak]) / NANOSECONDS_A_DAY,
    )
