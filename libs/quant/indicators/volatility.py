"""Volatility: how far the price moves, per bar and free of its scale."""

from collections.abc import Mapping
from typing import Final, cast

import numpy as np

from libs.quant.candles import Floats
from libs.quant.indicators.bars import Bars, Indicator, after, log_returns, ratio
from libs.quant.indicators.windows import window_mean, window_moment, window_std
from libs.quant.ta_lib import talib

Parameters = Mapping[str, int]


def volatility_of(close: Floats, *, window: int) -> Floats:
    """Return the sample standard deviation of the last `window` one-bar log returns, per bar (not annualised)."""
    return after(1, window_std(log_returns(close), window, 1))


def volatility(bars: Bars, parameters: Parameters) -> Floats:
    """Sample standard deviation of one-bar log returns, per bar."""
    return volatility_of(bars.close, window=parameters["window"])


def volatility_ratio(bars: Bars, parameters: Parameters) -> Floats:
    """Short volatility divided by the long one; 1 where the long one is 0."""
    return ratio(volatility_of(bars.close, window=parameters["fast"]), volatility_of(bars.close, window=parameters["slow"]), otherwise=1.0)


def downside_volatility(bars: Bars, parameters: Parameters) -> Floats:
    """Root of the mean square of one-bar log returns, rising ones counted as 0."""
    falls = np.minimum(log_returns(bars.close), 0.0)
    return after(1, cast("Floats", np.sqrt(window_mean(falls**2, parameters["window"]))))


def parkinson_volatility(bars: Bars, parameters: Parameters) -> Floats:
    """Parkinson (1980): root of mean(ln(high / low)**2) / (4 ln 2), per bar."""
    squares = np.log(bars.high / bars.low) ** 2
    return cast("Floats", np.sqrt(window_mean(squares, parameters["window"]) / (4.0 * np.log(2.0))))


def atr(bars: Bars, parameters: Parameters) -> Floats:
    """Wilder's Average True Range, divided by the close."""
    values: Floats = talib.ATR(bars.high, bars.low, bars.close, timeperiod=parameters["window"])
    return values / bars.close


def bollinger_position(bars: Bars, parameters: Parameters) -> Floats:
    """Bollinger's %b: 0 at the lower band, 1 at the upper; 0.5 where the close does not move. Population deviation, as Bollinger has it."""
    mean, spread = window_mean(bars.close, parameters["window"]), window_std(bars.close, parameters["window"], 0)
    return ratio(bars.close - mean, 2.0 * parameters["width"] * spread, otherwise=0.0) + 0.5


def bollinger_width(bars: Bars, parameters: Parameters) -> Floats:
    """Bollinger's band width: upper less lower band, divided by the middle."""
    mean, spread = window_mean(bars.close, parameters["window"]), window_std(bars.close, parameters["window"], 0)
    return 2.0 * parameters["width"] * spread / mean


def high_low_range(bars: Bars, parameters: Parameters) -> Floats:
    """High less low divided by the close, averaged over the window."""
    return window_mean((bars.high - bars.low) / bars.close, parameters["window"])


def skewness(bars: Bars, parameters: Parameters) -> Floats:
    """Third central moment over the second to the power 3/2, of one-bar log returns; 0 where they do not vary."""
    returns, window = log_returns(bars.close), parameters["window"]
    return after(1, ratio(window_moment(returns, window, 3), window_moment(returns, window, 2) ** 1.5, otherwise=0.0))


def kurtosis(bars: Bars, parameters: Parameters) -> Floats:
    """Fourth central moment over the second squared, less 3, of one-bar log returns; 0 where they do not vary."""
    returns, window = log_returns(bars.close), parameters["window"]
    return after(1, ratio(window_moment(returns, window, 4), window_moment(returns, window, 2) ** 2, otherwise=3.0) - 3.0)


VOLATILITY: Final[Mapping[str, Indicator]] = {
    "volatility": volatility,
    "volatility_ratio": volatility_ratio,
    "downside_volatility": downside_volatility,
    "parkinson_volatility": parkinson_volatility,
    "atr": atr,
    "bollinger_position": bollinger_position,
    "bollinger_width": bollinger_width,
    "high_low_range": high_low_range,
    "skewness": skewness,
    "kurtosis": kurtosis,
}
