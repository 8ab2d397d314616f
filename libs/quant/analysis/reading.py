"""What the candles of one timeframe say: indicators, stances, and how the market is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from libs.contracts.analyses import TIMEFRAMES
from libs.quant.analysis.indicators import BANDS, NEEDED, last_values
from libs.quant.analysis.live import LiveIndicators
from libs.quant.analysis.stances import FOLLOWERS, REVERTERS, TOLERANCE, LastBar, Values, stances_of, trend_of, trendiness
from libs.quant.candles import Floats
from libs.quant.indicators.bars import Bars
from libs.quant.indicators.volatility import volatility_of
from libs.quant.indicators.windows import window_mean, window_std

Level = Literal["Low", "Medium", "High"]
HISTORY: Final = 250  # bars that a value is compared with
LEAST_HISTORY: Final = 20
WINDOW: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One timeframe. `bars` are the newest of its candles, in order; there is at least one."""

    timeframe: str
    bars: Bars
    values: Values

    @property
    def weight(self) -> float:
        """How much it weighs among other timeframes: one more than the next shorter (the longer one is the tide: Elder 1993)."""
        return TIMEFRAMES.index(self.timeframe) + 1.0

    @property
    def coverage(self) -> float:
        """The share of its indicators that have a value."""
        return sum(value is not None for value in self.values.values()) / len(NEEDED)

    @property
    def close(self) -> float:
        """The last close."""
        return float(self.bars.close[-1])

    @property
    def stances(self) -> dict[str, float | None]:
        """What each strategy says, from -1 to 1."""
        bars = self.bars
        return stances_of(self.values, LastBar(*(float(each[-1]) for each in (bars.open, bars.high, bars.low, bars.close))))

    @property
    def trend(self) -> float | None:
        """Where the trend points, from -1 to 1."""
        return trend_of(self.values, self.close)

    @property
    def trendiness(self) -> float:
        """How much the market trends, from 0 to 1."""
        return trendiness(self.values)

    def direction(self, strategies: Sequence[str]) -> float | None:
        """Return what these strategies say together, from -1 to 1; None where none says anything.

        The mean of those that follow trends (and of the trend itself) counts as much as the market trends, the mean of those that
        expect it to turn counts for the rest.
        """
        stances = {name: each for name, each in self.stances.items() if name in strategies and each is not None}
        following = [stances[name] for name in FOLLOWERS if name in stances]
        following += [] if self.trend is None else [self.trend]
        reverting = [stances[name] for name in REVERTERS if name in stances]
        if not following or not reverting:
            both = following or reverting
            return sum(both) / len(both) if both else None
        share = self.trendiness
        return share * sum(following) / len(following) + (1.0 - share) * sum(reverting) / len(reverting)

    def volatility_rank(self) -> float | None:
        """Return the share of the last 250 values of 20-bar volatility that are below the last one (ties half); None for fewer than 20.

        Of a price that does not move it is 0: there is no less.
        """
        close = self.bars.close[-HISTORY - WINDOW :]
        return _rank(volatility_of(close, window=WINDOW) if len(close) > WINDOW else np.zeros(0))

    def squeeze_rank(self) -> float | None:
        """Return the same of the width between Bollinger's bands, by the middle one."""
        close = np.ascontiguousarray(self.bars.close[-HISTORY - BANDS :])
        return _rank(window_std(close, BANDS, 0) / window_mean(close, BANDS) if len(close) >= BANDS else np.zeros(0))


def reading_of(timeframe: str, bars: Bars) -> Reading:
    """Return what all of these candles say."""
    return Reading(timeframe, bars, last_values(bars))


def reading_live(timeframe: str, live: LiveIndicators) -> Reading:
    """Return what a series says whose indicators are kept up."""
    return Reading(timeframe, live.bars, live.values())


def level_of(rank: float) -> Level:
    """Return a rank or risk between 0 and 1 in a word, by thirds."""
    return "Low" if rank < 1 / 3 else "Medium" if rank <= 2 / 3 else "High"


def _rank(values: Floats) -> float | None:
    known = values[np.isfinite(values)][-HISTORY:]
    if len(known) < LEAST_HISTORY:
        return None
    if known[-1] <= TOLERANCE:
        return 0.0
    return float(((known < known[-1]).sum() + 0.5 * (known == known[-1]).sum()) / len(known))
