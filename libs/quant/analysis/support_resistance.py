"""Support and resistance: prices at which the market has turned."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats
from libs.quant.indicators.bars import Bars

# A turn is a bar beyond the two before and the two after it (Williams 1995, "fractals").
SIDE: Final = 2
LOOK_BACK: Final = 200
MOST: Final = 3
APART: Final = 0.25  # of an average true range: nearer levels are one


def turns(bars: Bars) -> tuple[Floats, Floats]:
    """Return the lows and the highs at which the last 200 bars have turned, oldest first; the last two bars are none yet."""
    low, high = bars.low[-LOOK_BACK:], bars.high[-LOOK_BACK:]
    return low[_lowest(low)], high[_lowest(-high)]


def nearest_levels(prices: Iterable[float], *, price: float, below: bool, apart: float) -> tuple[float, ...]:
    """Return up to three of these prices that lie below (or above) the price, the nearest first, each so far from the one before."""
    beyond = sorted({each for each in prices if (each < price) == below and each != price}, reverse=below)
    kept: list[float] = []
    for each in beyond:
        if len(kept) < MOST and (not kept or abs(each - kept[-1]) >= apart):
            kept.append(each)
    return tuple(kept)


def levels_of(series: Sequence[Bars], *, price: float, atr: float | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return support and resistance by the turns of all series. A low that was broken resists, a high that was broken supports."""
    found = [float(each) for bars in series for side in turns(bars) for each in side]
    apart = APART * (atr or 0.0)
    return nearest_levels(found, price=price, below=True, apart=apart), nearest_levels(found, price=price, below=False, apart=apart)


def _lowest(values: Floats) -> NDArray[np.bool_]:
    """Tell which values are below the two on either side; of equal ones the first is."""
    flags = np.zeros(len(values), dtype=np.bool_)
    if len(values) > 2 * SIDE:
        middle, stop = values[SIDE:-SIDE], len(values) - SIDE
        before = [values[SIDE - each : stop - each] > middle for each in range(1, SIDE + 1)]
        after = [values[SIDE + each : len(values) - SIDE + each] >= middle for each in range(1, SIDE + 1)]
        flags[SIDE:stop] = np.all([*before, *after], axis=0)
    return flags
