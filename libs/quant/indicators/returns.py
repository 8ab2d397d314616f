"""Returns over some bars, and where the close stands among its recent values."""

from collections.abc import Mapping
from typing import Final, cast

import numpy as np

from libs.quant.candles import Floats
from libs.quant.indicators.bars import Bars, Indicator, after, ratio
from libs.quant.indicators.windows import window_mean, window_std

Parameters = Mapping[str, int]


def simple_return(bars: Bars, parameters: Parameters) -> Floats:
    """Close divided by the close `window` bars ago, less one."""
    window = parameters["window"]
    return after(window, bars.close[window:] / bars.close[:-window] - 1.0)


def log_return(bars: Bars, parameters: Parameters) -> Floats:
    """Natural logarithm of the close divided by the close `window` bars ago."""
    window = parameters["window"]
    return after(window, cast("Floats", np.log(bars.close[window:] / bars.close[:-window])))


def lagged_return(bars: Bars, parameters: Parameters) -> Floats:
    """One-bar return as it was `lag` bars ago."""
    lag = parameters["lag"]
    return after(lag + 1, (bars.close[1:] / bars.close[:-1] - 1.0)[:-lag])


def zscore(bars: Bars, parameters: Parameters) -> Floats:
    """Close less its mean, in standard deviations (of the population); 0 where the close does not move."""
    window = parameters["window"]
    return ratio(bars.close - window_mean(bars.close, window), window_std(bars.close, window, 0), otherwise=0.0)


def up_ratio(bars: Bars, parameters: Parameters) -> Floats:
    """Share of the last `window` bars that closed above the bar before."""
    return after(1, window_mean((np.diff(bars.close) > 0).astype(np.float64), parameters["window"]))


def gap(bars: Bars, _: Parameters) -> Floats:
    """Open divided by the previous close, less one."""
    return after(1, bars.open[1:] / bars.close[:-1] - 1.0)


RETURNS: Final[Mapping[str, Indicator]] = {
    "return": simple_return,
    "log_return": log_return,
    "lagged_return": lagged_return,
    "zscore": zscore,
    "up_ratio": up_ratio,
    "gap": gap,
}
