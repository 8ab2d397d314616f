"""Oscillators: where the close stands within its recent movement; a market that does not move gets the neutral value."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.indicators.bars import Bars, Indicator, after, ratio
from libs.quant.indicators.windows import window_highest, window_lowest, window_mean
from libs.quant.ta_lib import talib

Parameters = Mapping[str, int]


def channel_position(bars: Bars, *, window: int) -> Floats:
    """Return where the close lies between the window's low (0) and high (1); 0.5 when they are one."""
    low = window_lowest(bars.low, window)
    return ratio(bars.close - low, window_highest(bars.high, window) - low, otherwise=0.5)


def rsi(bars: Bars, parameters: Parameters) -> Floats:
    """Wilder's Relative Strength Index (Wilder 1978); 50 as long as the close has never moved (TA-Lib says 0)."""
    values: Floats = talib.RSI(bars.close, timeperiod=parameters["window"])
    moved = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(bars.close)))]) > 0
    values[~moved & ~np.isnan(values)] = 50.0
    return values


def stoch_k(bars: Bars, parameters: Parameters) -> Floats:
    """Lane's slow stochastic %K: the channel position in percent, averaged over `smooth` bars; 50 where the channel has no height."""
    lead = parameters["window"] - 1
    fast = 100.0 * channel_position(bars, window=parameters["window"])
    return after(lead, window_mean(fast[lead:], parameters["smooth"]))


def stoch_d(bars: Bars, parameters: Parameters) -> Floats:
    """Lane's slow stochastic %D: %K averaged over `signal` bars."""
    lead = parameters["window"] + parameters["smooth"] - 2
    return after(lead, window_mean(stoch_k(bars, parameters)[lead:], parameters["signal"]))


def williams_r(bars: Bars, parameters: Parameters) -> Floats:
    """Williams' %R: -100 at the window's low, 0 at its high, -50 where they are one."""
    return 100.0 * channel_position(bars, window=parameters["window"]) - 100.0


def cci(bars: Bars, parameters: Parameters) -> Floats:
    """Lambert's Commodity Channel Index of the typical price."""
    values: Floats = talib.CCI(bars.high, bars.low, bars.close, timeperiod=parameters["window"])
    return values


def cmo(bars: Bars, parameters: Parameters) -> Floats:
    """Chande's Momentum Oscillator, with Wilder's smoothing as TA-Lib has it."""
    values: Floats = talib.CMO(bars.close, timeperiod=parameters["window"])
    return values


def roc(bars: Bars, parameters: Parameters) -> Floats:
    """Change over the window in percent of the earlier close."""
    window = parameters["window"]
    return after(window, 100.0 * (bars.close[window:] / bars.close[:-window] - 1.0))


def momentum(bars: Bars, parameters: Parameters) -> Floats:
    """Change over the window in units of the average true range of the same window; 0 where that is 0."""
    window = parameters["window"]
    change = after(window, bars.close[window:] - bars.close[:-window])
    return ratio(change, talib.ATR(bars.high, bars.low, bars.close, timeperiod=window), otherwise=0.0)


def trix(bars: Bars, parameters: Parameters) -> Floats:
    """One-bar change in percent of the triple exponential average (Hutson)."""
    values: Floats = talib.TRIX(bars.close, timeperiod=parameters["window"])
    return values


def balance_of_power(bars: Bars, _: Parameters) -> Floats:
    """Livshin's Balance of Power; 0 for a bar without a range."""
    return ratio(bars.close - bars.open, bars.high - bars.low, otherwise=0.0)


OSCILLATORS: Final[Mapping[str, Indicator]] = {
    "rsi": rsi,
    "stoch_k": stoch_k,
    "stoch_d": stoch_d,
    "williams_r": williams_r,
    "cci": cci,
    "cmo": cmo,
    "roc": roc,
    "momentum": momentum,
    "trix": trix,
    "balance_of_power": balance_of_power,
}
