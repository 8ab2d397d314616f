"""The candle's own columns as features, as they are: for models of one symbol, and for windows that a network scales itself."""

from collections.abc import Mapping
from typing import Final

from libs.quant.indicators.bars import Indicator

RAW: Final[Mapping[str, Indicator]] = {
    "price_open": lambda bars, _: bars.open,
    "price_high": lambda bars, _: bars.high,
    "price_low": lambda bars, _: bars.low,
    "price_close": lambda bars, _: bars.close,
    "volume": lambda bars, _: bars.volume,
}
