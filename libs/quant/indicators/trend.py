"""Trend indicators: where the price is heading, as ratios and fractions of the price."""

from collections.abc import Mapping
from typing import Final

from libs.quant.candles import Floats
from libs.quant.indicators.bars import Bars, Indicator, ratio
from libs.quant.indicators.oscillators import channel_position
from libs.quant.indicators.windows import window_highest, window_mean, window_slope
from libs.quant.ta_lib import talib

Parameters = Mapping[str, int]


def _macd(bars: Bars, parameters: Parameters) -> tuple[Floats, Floats, Floats]:
    """Appel's MACD: line, signal line and histogram in units of the price."""
    lines: tuple[Floats, Floats, Floats] = talib.MACD(
        bars.close, fastperiod=parameters["fast"], slowperiod=parameters["slow"], signalperiod=parameters["signal"]
    )
    return lines


def macd(bars: Bars, parameters: Parameters) -> Floats:
    """Fast less slow exponential average, as a fraction of the close."""
    return _macd(bars, parameters)[0] / bars.close


def macd_signal(bars: Bars, parameters: Parameters) -> Floats:
    """Exponential average of the MACD line, as a fraction of the close."""
    return _macd(bars, parameters)[1] / bars.close


def macd_histogram(bars: Bars, parameters: Parameters) -> Floats:
    """MACD line less its signal line, as a fraction of the close."""
    return _macd(bars, parameters)[2] / bars.close


def adx(bars: Bars, parameters: Parameters) -> Floats:
    """Wilder's Average Directional Index (Wilder 1978)."""
    values: Floats = talib.ADX(bars.high, bars.low, bars.close, timeperiod=parameters["window"])
    return values


def plus_di(bars: Bars, parameters: Parameters) -> Floats:
    """Wilder's Plus Directional Indicator."""
    values: Floats = talib.PLUS_DI(bars.high, bars.low, bars.close, timeperiod=parameters["window"])
    return values


def minus_di(bars: Bars, parameters: Parameters) -> Floats:
    """Wilder's Minus Directional Indicator."""
    values: Floats = talib.MINUS_DI(bars.high, bars.low, bars.close, timeperiod=parameters["window"])
    return values


def aroon(bars: Bars, parameters: Parameters) -> Floats:
    """Chande's Aroon Oscillator: Aroon up less Aroon down."""
    values: Floats = talib.AROONOSC(bars.high, bars.low, timeperiod=parameters["window"])
    return values


def price_ma_ratio(bars: Bars, parameters: Parameters) -> Floats:
    """Close divided by its simple moving average."""
    return bars.close / window_mean(bars.close, parameters["window"])


def price_ema_ratio(bars: Bars, parameters: Parameters) -> Floats:
    """Close divided by its exponential moving average (started with the simple one)."""
    average: Floats = talib.EMA(bars.close, timeperiod=parameters["window"])
    return bars.close / average


def ma_ratio(bars: Bars, parameters: Parameters) -> Floats:
    """Short simple moving average divided by the long one."""
    return window_mean(bars.close, parameters["fast"]) / window_mean(bars.close, parameters["slow"])


def trend_slope(bars: Bars, parameters: Parameters) -> Floats:
    """Least-squares slope of the close per bar, divided by the close."""
    return window_slope(bars.close, parameters["window"]) / bars.close


def donchian_position(bars: Bars, parameters: Parameters) -> Floats:
    """Where the close lies between the window's low and high (Donchian's channel)."""
    return channel_position(bars, window=parameters["window"])


def drawdown(bars: Bars, parameters: Parameters) -> Floats:
    """Close relative to the window's highest close, less one."""
    return ratio(bars.close, window_highest(bars.close, parameters["window"]), otherwise=1.0) - 1.0


TREND: Final[Mapping[str, Indicator]] = {
    "macd": macd,
    "macd_signal": macd_signal,
    "macd_histogram": macd_histogram,
    "adx": adx,
    "plus_di": plus_di,
    "minus_di": minus_di,
    "aroon": aroon,
    "price_ma_ratio": price_ma_ratio,
    "price_ema_ratio": price_ema_ratio,
    "ma_ratio": ma_ratio,
    "trend_slope": trend_slope,
    "donchian_position": donchian_position,
    "drawdown": drawdown,
}
