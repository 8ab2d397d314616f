"""What was traded in a day, as somebody says, beside what candles say: in which unit it is, and how it compares with the days before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers
from libs.quant.indicators.bars import Bars

# A number that is further from both of the candles' sums is of another market.
NEAR: Final = 3.0
DAYS_LEAST: Final = 3
DAYS_MOST: Final = 20
BUSY: Final = 1.5


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


def day_traded(value: float, series: Sequence[tuple[int, Bars]]) -> DayTraded:
    """Return what a volume of 24 hours is beside candles: pairs of their length in nanoseconds and the bars, in order of length.

    The unit is that whose sum over the candles' last 24 hours it is nearer to, and no more than three times as much or as little. The
    ratio is to the mean of up to 20 whole days before, of three at least.
    """
    sums = [found for length, bars in series if length <= NANOSECONDS_A_DAY and (found := _days(bars, length)) is not None]
    if not sums:
        why = "no timeframe has all candles of the last 24 hours"
        return DayTraded(value, None, None, {"unit": why, "ratio": why})
    days = max(sums, key=lambda each: each.shape[1])  # (2, days), the newest first
    distances = [abs(math.log(value / each)) if value > 0 and each > 0 else math.inf for each in days[:, 0].tolist()]
    nearer = int(np.argmin(distances))
    if distances[nearer] > math.log(NEAR):
        base, quote = days[:, 0].tolist()
        neither = f"{value:g} is neither the volume of the candles' last 24 hours ({base:g}) nor its worth ({quote:g})"
        why = f"{neither}: it is of another market, or of more than one"
        return DayTraded(value, None, None, {"unit": why, "ratio": why})
    before = days[nearer, 1 : DAYS_MOST + 1]
    mean = float(before.mean()) if len(before) >= DAYS_LEAST else 0.0
    if mean <= 0:
        few = f"it needs {DAYS_LEAST} whole days with a volume before the last 24 hours"
        return DayTraded(value, ("base", "quote")[nearer], None, {"ratio": few})
    return DayTraded(value, ("base", "quote")[nearer], value / mean, {})


def _days(bars: Bars, length: int) -> Floats | None:
    """Return volume and worth of each whole day of candles back from the newest, (2, days); None where the last one is not whole."""
    ago: Integers = (bars.time[-1] - bars.time) // NANOSECONDS_A_DAY
    whole = int(np.argmin(np.append(np.bincount(ago) == NANOSECONDS_A_DAY // length, False)))  # an end to what is looked through
    if not whole:
        return None
    worth = bars.volume * (bars.high + bars.low + bars.close) / 3.0
    return np.array([np.bincount(ago, weights=each)[:whole] for each in (bars.volume, worth)])
