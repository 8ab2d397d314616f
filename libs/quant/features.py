"""Computes features by their names: the same code for what a model is trained on and what it is asked with."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from libs.quant.candles import Candles, Floats
from libs.quant.columns import ColumnFeature, read_feature
from libs.quant.grammar import SYMBOL
from libs.quant.indicators.bars import Indicator, bars_of
from libs.quant.indicators.calendar import CALENDAR
from libs.quant.indicators.oscillators import OSCILLATORS
from libs.quant.indicators.raw import RAW
from libs.quant.indicators.returns import RETURNS
from libs.quant.indicators.trend import TREND
from libs.quant.indicators.volatility import VOLATILITY
from libs.quant.indicators.volume import VOLUME
from libs.quant.known import lagged

INDICATORS: Final[Mapping[str, Indicator]] = {**OSCILLATORS, **TREND, **RETURNS, **VOLATILITY, **VOLUME, **CALENDAR, **RAW}


def symbol_code(symbol: str) -> float:
    """Return a number that stands for a symbol, the same everywhere."""
    return float(zlib.crc32(symbol.encode()))


def compute_features(candles: Candles, names: Sequence[str]) -> Floats:
    """Return the features' values, shape (bars, names), NaN where a segment has too few bars before.

    Row i rests on bars up to and with i of its segment only, so it is known at `candles.time[i]`. Values do not depend on bars before the
    segment; those of recursive indicators (rsi, macd, atr, adx, …) depend, ever less, on all bars of the segment before them.
    A name that the grammar does not have is a column of the candles, or a lag of one, within the segment. Raises `UnknownFeatureError`.
    """
    features = [read_feature(name, candles.columns) if name != SYMBOL else None for name in names]
    values = np.full((len(candles), len(features)), np.nan)
    for rows in candles.segments():
        bars = bars_of(candles, rows=rows)
        for column, feature in enumerate(features):
            if feature is None:
                values[rows, column] = symbol_code(candles.symbol)
            elif isinstance(feature, ColumnFeature):
                values[rows, column] = lagged(candles.columns[feature.column][rows], bars=feature.lag)
            elif len(bars.close) > feature.warmup:
                values[rows, column] = INDICATORS[feature.family](bars, feature.parameters)
    return values
