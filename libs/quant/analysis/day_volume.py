"""What was traded in a day, as somebody says, beside what candles say: in which unit it is, and how it compares with the days before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers
from libs.quant.indicators.bars import Bars

# A number that is further from both of the candles' sums is not what they say.
NEAR: Final = 3.0
DAYS_LEAST: Final = 3
DAYS_MOST: Final = 20
BUSY: Final = 1.5
HOUR: Final = NANOSECONDS_A_DAY / 24


@dataclass(frozen=True, slots=True)
class DayTraded:
    """What `value` is: `unit` base (of the candles' volume) or quote (that times the price); `ratio` to the mean of the days before.

    What cannot be told is None, and `reasons` say why, by name.
    """

    value: float
    unit: Literal["base", "quote"] | None
    ratio: float | None
    reasons: dict[str, str]

    @property
    def characteristic(self) -> str | None:
        """What it says of the market in a word, None where that is nothing."""
        if self.ratio is None or 1.0 / BUSY < self.ratio < BUSY:
            return None
        return "High 24-hour volume" if self.ratio >= BUSY else "Low 24-hour volume"


def day_traded(value: float, series: Sequence[tuple[int, Bars]], *, at: int) -> DayTraded:
    """Return what a volume of the 24 hours up to `at` is beside candles: pairs of their length and the bars, in order of length.

    Moments and lengths are in nanoseconds. The candles' own 24 hours are those of the timeframe that has the newest close, and end with
    it. The unit is that whose sum over them the value is nearer to, and no more than three times as much or as little. The ratio is to the
    mean of up to 20 whole days before them, of three at least, by the timeframe that has most.
    """
    by_day = [_days(bars, length) for length, bars in series if length <= NANOSECONDS_A_DAY]
    newest = max((days for days in by_day if days.newest_is_whole), key=lambda days: days.ends[0], default=None)
    if newest is None or at - newest.ends[0] >= NANOSECONDS_A_DAY:
        why = "no timeframe has all candles of 24 hours" if newest is None else "the newest 24 hours of candles ended a day ago or more"
        return DayTraded(value, None, None, {"unit": why, "ratio": why})
    base, quote = newest.sums[:, 0].tolist()
    distances = [abs(math.log(value / each)) if value > 0 and each > 0 else math.inf for each in (base, quote)]
    nearer = int(np.argmin(distances))
    if distances[nearer] > math.log(NEAR):
        ago = f"ended {(at - newest.ends[0]) / HOUR:.3g} hours ago"
        neither = f"{value:g} is neither near the volume of the candles' newest 24 hours, which {ago} ({base:g}), nor its worth ({quote:g})"
        why = f"{neither}: it may be of another market, of more than one, or of the hours since"
        return DayTraded(value, None, None, {"unit": why, "ratio": why})
    unit: Literal["base", "quote"] = ("base", "quote")[nearer]
    until = newest.ends[0] - NANOSECONDS_A_DAY
    before = max((days.sums[nearer, days.ends <= until][:DAYS_MOST] for days in by_day), key=len)
    mean = float(before.mean()) if len(before) >= DAYS_LEAST else 0.0
    if mean <= 0:
        few = f"it needs {DAYS_LEAST} whole days with a volume before the newest 24 hours, there are {len(before)}"
        return DayTraded(value, unit, None, {"ratio": few})
    return DayTraded(value, unit, value / mean, {})


@dataclass(frozen=True, slots=True)
class _Days:
    """Whole days of candles, the newest first: `ends` (days,), and volume and worth as `sums` (2, days)."""

    ends: Integers
    sums: Floats
    newest_is_whole: bool


def _days(bars: Bars, length: int) -> _Days:
    """Return the whole days back from the newest candle; days with holes, and those on which nothing is traded, are passed over."""
    last = int(bars.time[-1])
    # A daily candle is a day, of however many hours: clocks are put forward and back.
    ago: Integers = np.arange(len(bars.time))[::-1] if length == NANOSECONDS_A_DAY else (last - bars.time) // NANOSECONDS_A_DAY
    whole = np.flatnonzero(np.bincount(ago) == NANOSECONDS_A_DAY // length)
    ends = bars.time[::-1] if length == NANOSECONDS_A_DAY else last - whole * NANOSECONDS_A_DAY
    worth = bars.volume * (bars.high + bars.low + bars.close) / 3.0
    sums = np.array([np.bincount(ago, weights=each)[whole] for each in (bars.volume, worth)])
    return _Days(np.asarray(ends), sums, bool(len(whole)) and int(whole[0]) == 0)
