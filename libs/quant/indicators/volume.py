"""Volume: how much was traded, against its own recent past. A window without any volume gets the neutral value."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.indicators.bars import Bars, Indicator, after, ratio
from libs.quant.indicators.windows import window_mean, window_slope, window_std

Parameters = Mapping[str, int]


def volume_ma_ratio(bars: Bars, parameters: Parameters) -> Floats:
    """Volume divided by its simple moving average; 1 where there was none."""
    return ratio(bars.volume, window_mean(bars.volume, parameters["window"]), otherwise=1.0)


def volume_zscore(bars: Bars, parameters: Parameters) -> Floats:
    """Volume less its mean, in standard deviations (of the population); 0 where it does not vary."""
    window = parameters["window"]
    return ratio(bars.volume - window_mean(bars.volume, window), window_std(bars.volume, window, 0), otherwise=0.0)


def mfi(bars: Bars, parameters: Parameters) -> Floats:
    """Money Flow Index (Quong and Soudack 1989): share of rising money flow in percent; 50 where no money flowed either way."""
    typical = (bars.high + bars.low + bars.close) / 3.0
    flow = (typical * bars.volume)[1:]
    rising = window_mean(np.where(np.diff(typical) > 0, flow, 0.0), parameters["window"])
    falling = window_mean(np.where(np.diff(typical) < 0, flow, 0.0), parameters["window"])
    return after(1, ratio(100.0 * rising, rising + falling, otherwise=50.0))


def obv_slope(bars: Bars, parameters: Parameters) -> Floats:
    """Least-squares slope of Granville's On-Balance Volume per bar, divided by the window's mean volume; 0 without volume."""
    window = parameters["window"]
    balance = np.cumsum(np.sign(np.diff(bars.close)) * bars.volume[1:])
    return after(1, ratio(window_slope(balance, window), window_mean(bars.volume[1:], window), otherwise=0.0))


def chaikin_money_flow(bars: Bars, parameters: Parameters) -> Floats:
    """Chaikin Money Flow: volume weighted by where the bar closed (-1 at its low, 1 at its high), over volume; 0 without volume."""
    place = ratio(2.0 * bars.close - bars.high - bars.low, bars.high - bars.low, otherwise=0.0)
    window = parameters["window"]
    return ratio(window_mean(place * bars.volume, window), window_mean(bars.volume, window), otherwise=0.0)


def vwap_ratio(bars: Bars, parameters: Parameters) -> Floats:
    """Close divided by the window's mean typical price weighted by volume; by the unweighted one without volume."""
    typical, window = (bars.high + bars.low + bars.close) / 3.0, parameters["window"]
    volume = window_mean(bars.volume, window)
    weighted = ratio(window_mean(typical * bars.volume, window), volume, otherwise=0.0)
    return bars.close / np.where(volume == 0, window_mean(typical, window), weighted)


VOLUME: Final[Mapping[str, Indicator]] = {
    "volume_ma_ratio": volume_ma_ratio,
    "volume_zscore": volume_zscore,
    "mfi": mfi,
    "obv_slope": obv_slope,
    "chaikin_money_flow": chaikin_money_flow,
    "vwap_ratio": vwap_ratio,
}
