"""The bars of one segment, and the small array operations that the indicators share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Candles, Floats, Integers


@dataclass(frozen=True, slots=True)
class Bars:
    """One segment's bars, without a hole. The arrays are the caller's own copies."""

    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


Indicator = Callable[[Bars, Mapping[str, int]], Floats]


def bars_of(candles: Candles, *, rows: slice) -> Bars:
    """Return a segment's bars as copies: compiled loops take writable arrays, candles are read-only.

    A volume that the source does not know counts as the last known one before it, in its segment.
    """
    prices = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    open_, high, low, close, volume = (array[rows].copy() for array in prices)
    return Bars(candles.time[rows].copy(), open_, high, low, close, _last_known(volume, unknown=candles.volume_unknown[rows]))


def level_of(candles: Candles, *, column: str) -> Floats:
    """Return a column (open, high, low, close, volume); a volume that is not known as `bars_of` does; (bars,)."""
    if column != "volume":
        return cast("Floats", getattr(candles, column))
    return np.concatenate([_last_known(candles.volume[rows].copy(), unknown=candles.volume_unknown[rows]) for rows in candles.segments()])


def with_known_volume(bars: Bars) -> Bars:
    """Return bars with each volume that is not known (none at all, though the price moved) replaced as `bars_of` does."""
    unknown = (bars.volume == 0) & (bars.high > bars.low)
    return replace(bars, volume=_last_known(bars.volume, unknown=unknown))


def _last_known(volume: Floats, *, unknown: NDArray[np.bool_]) -> Floats:
    """Return the volumes, each unknown one replaced by the known one before it; those before the first known one stay zero."""
    if not unknown.any():
        return volume
    places = np.maximum.accumulate(np.where(unknown, 0, np.arange(len(volume))))
    return volume[places]


def after(lead: int, values: Floats) -> Floats:
    """Put `lead` NaNs before the values."""
    return np.concatenate([np.full(lead, np.nan), values])


def ratio(numerator: Floats, denominator: Floats, *, otherwise: float) -> Floats:
    """Divide; where the denominator is zero, nothing can be said and `otherwise` (the indicator's neutral value) stands. NaN stays NaN."""
    out = np.full(len(numerator), otherwise)
    np.divide(numerator, denominator, out=out, where=denominator != 0)
    return cast("Floats", np.where(np.isnan(numerator) | np.isnan(denominator), np.nan, out))


def log_returns(close: Floats) -> Floats:
    """Return ln(close / previous close): one value fewer than closes."""
    return cast("Floats", np.log(close[1:] / close[:-1]))
