"""Takes splits and dividends out of prices, by a source's adjusted close."""

from dataclasses import replace
from fractions import Fraction
from typing import Final

import numpy as np

from libs.market.sources.package import Raw
from libs.quant.candles import Floats

# A split changes adjusted/raw by its ratio in one step (3:2 and more), a dividend by a few percent: Microsoft's special one of 2004, the
# largest here, by 11 %. Ratios are simple fractions: within 3 % of one, to leave room for a dividend on the same day.
_SMALLEST_SPLIT: Final = 1.2
_LARGEST_DENOMINATOR: Final = 4
_TOLERANCE: Final = 0.03


def split_ratios(raw: Raw) -> Floats:
    """Return per bar how many new shares one share became before its open: 1.0 on most, 2.0 on the day of a 2:1 split.

    Read off the steps of adjusted close / close; raises `ValueError` without an adjusted close.
    """
    if raw.adjusted_close is None:
        message = "the source has no adjusted close"
        raise ValueError(message)
    factor = raw.adjusted_close / raw.close
    ratios, steps = np.ones(len(factor)), factor[1:] / factor[:-1]
    for bar in np.flatnonzero((steps >= _SMALLEST_SPLIT) | (steps <= 1 / _SMALLEST_SPLIT)):
        step = steps[bar]
        ratios[bar + 1] = _simple(step) if step >= _SMALLEST_SPLIT else 1 / _simple(1 / step)
    return ratios


def _simple(step: float) -> float:
    ratio = float(Fraction(step).limit_denominator(_LARGEST_DENOMINATOR))
    return ratio if abs(ratio / step - 1) <= _TOLERANCE else 1.0


def adjust(raw: Raw) -> Raw:
    """Return candles as if there had been no splits and dividends.

    Prices of a bar are multiplied by its adjusted close / close, so that the close becomes the adjusted close (CRSP's method); volumes are
    counted in the shares there are after the last split of the series.
    """
    if raw.adjusted_close is None:
        return raw
    factor = raw.adjusted_close / raw.close
    ratios = split_ratios(raw)
    later = np.append(np.cumprod(ratios[::-1])[::-1][1:], [1.0])  # the product of the ratios after each bar
    open_, high, low = raw.open * factor, raw.high * factor, raw.low * factor
    close = raw.adjusted_close
    # Multiplying rounds, and a close that was the high must not end above it by the last digit.
    high, low = np.maximum.reduce([high, open_, close]), np.minimum.reduce([low, open_, close])
    return replace(raw, open=open_, high=high, low=low, close=close, volume=raw.volume * later)
