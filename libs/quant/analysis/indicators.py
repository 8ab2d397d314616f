"""The indicators that an analysis rests on, at each bar of one series, and how many bars each needs."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.indicators.bars import Bars, ratio
from libs.quant.indicators.oscillators import rsi, stoch_d, stoch_k
from libs.quant.indicators.windows import window_mean, window_std
from libs.quant.ta_lib import talib

SMA: Final = (20, 50)
EMA: Final = (9, 12, 21, 26, 50)
STOCHASTIC: Final = {"window": 14, "smooth": 3, "signal": 3}
MACD: Final = {"fastperiod": 12, "slowperiod": 26, "signalperiod": 9}
BANDS: Final = 20
WIDTH: Final = 2.0  # standard deviations of the population, as Bollinger has it
VOLUME: Final = 20
PERIOD: Final = 14  # of Wilder's RSI, ATR and ADX
# How many bars there must be before there is a value, by name, in the order in which they are shown.
NEEDED: Final[Mapping[str, int]] = {
    **{f"sma_{period}": period for period in SMA},
    **{f"ema_{period}": period for period in EMA},
    "rsi_14": 15, "stoch_k": 16, "stoch_d": 18, "macd": 34, "macd_signal": 34, "macd_histogram": 34,
    "bb_upper": BANDS, "bb_middle": BANDS, "bb_lower": BANDS, "atr_14": 15,
    "volume_sma_20": VOLUME, "volume_ratio": VOLUME, "adx_14": 28,
}  # fmt: skip
NAMES: Final = tuple(NEEDED)
# These rest on a window of bars alone; the others remember, ever less, every bar before.
LONGEST_WINDOW: Final = 50
NO_VOLUME: Final = "the candles have no volume"


def lines_of(bars: Bars) -> dict[str, Floats]:
    """Return every indicator at every bar by name, arrays (bars,) in the units of price or volume; NaN where there are too few before."""
    return windowed_lines(bars) | recursive_lines(bars)


def windowed_lines(bars: Bars) -> dict[str, Floats]:
    """Return those that rest on a window alone: a bar's value is the same to the last digit, wherever the series begins."""
    if not len(bars.close):
        return {name: np.zeros(0) for name in NAMES if name.startswith(("sma", "stoch", "bb", "volume"))}
    middle, spread = window_mean(bars.close, BANDS), window_std(bars.close, BANDS, 0)
    mean_volume = window_mean(bars.volume, VOLUME)
    return {
        **{f"sma_{period}": window_mean(bars.close, period) for period in SMA},
        "stoch_k": stoch_k(bars, STOCHASTIC) if len(bars.close) >= NEEDED["stoch_k"] else _nothing(bars),
        "stoch_d": stoch_d(bars, STOCHASTIC) if len(bars.close) >= NEEDED["stoch_d"] else _nothing(bars),
        "bb_upper": middle + WIDTH * spread,
        "bb_middle": middle,
        "bb_lower": middle - WIDTH * spread,
        "volume_sma_20": mean_volume,
        "volume_ratio": ratio(bars.volume, mean_volume, otherwise=1.0),
    }


def recursive_lines(bars: Bars) -> dict[str, Floats]:
    """Return those that remember every bar before, as TA-Lib has them; the RSI of a price that never moved is 50."""
    if not len(bars.close):
        return {name: np.zeros(0) for name in NAMES if name.startswith(("ema", "rsi", "macd", "atr", "adx"))}
    line, signal, histogram = talib.MACD(bars.close, **MACD)
    return {
        **{f"ema_{period}": talib.EMA(bars.close, timeperiod=period) for period in EMA},
        "rsi_14": rsi(bars, {"window": PERIOD}),
        "macd": line,
        "macd_signal": signal,
        "macd_histogram": histogram,
        "atr_14": talib.ATR(bars.high, bars.low, bars.close, timeperiod=PERIOD),
        "adx_14": talib.ADX(bars.high, bars.low, bars.close, timeperiod=PERIOD),
    }


def last_values(bars: Bars) -> dict[str, float | None]:
    """Return every indicator at the last bar by name; None where there are too few bars, or no volume."""
    # Those of a window are the same to the last digit, however much there is before it.
    lines = windowed_lines(newest(bars, LONGEST_WINDOW)) | recursive_lines(bars)
    return _shown({name: float(lines[name][-1]) if len(lines[name]) else np.nan for name in NAMES}, has_volume=has_volume(bars))


def missing(bars: Bars) -> dict[str, str]:
    """Return why an indicator has no value at the last bar, by name."""
    count = len(bars.close)
    few = {
        name: f"it needs {needed} candles, there {'is' if count == 1 else 'are'} {count}"
        for name, needed in NEEDED.items()
        if count < needed
    }
    none = {} if has_volume(bars) else dict.fromkeys(("volume_sma_20", "volume_ratio"), NO_VOLUME)
    return {name: (few | none)[name] for name in NAMES if name in few or name in none}


def newest(bars: Bars, count: int) -> Bars:
    """Return so many of the newest bars."""
    return Bars(bars.time[-count:], *(each[-count:] for each in (bars.open, bars.high, bars.low, bars.close, bars.volume)))


def has_volume(bars: Bars) -> bool:
    """Tell whether anything is known to have been traded in the window of the volume indicators."""
    return bool((bars.volume[-VOLUME:] > 0).any())


def _shown(values: Mapping[str, float], *, has_volume: bool) -> dict[str, float | None]:
    hidden = () if has_volume else ("volume_sma_20", "volume_ratio")
    return {name: None if name in hidden or not np.isfinite(value) else value for name, value in values.items()}


def _nothing(bars: Bars) -> Floats:
    return np.full(len(bars.close), np.nan)
