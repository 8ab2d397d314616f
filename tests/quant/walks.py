"""Random walks as candles, for tests that need any series rather than a real one."""

import numpy as np

from libs.quant.candles import Candles, Floats, Integers

HOUR = 3_600 * 10**9


def walk(bars: int, *, seed: int = 7, segments: int = 1, symbol: str = "WALK", flat: bool = False) -> Candles:
    """Return candles of a random walk, in segments of like length; a flat one never moves and has no volume."""
    random = np.random.default_rng(seed)
    scale = 0.0 if flat else 0.01
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, scale, bars)))
    opens = close * np.exp(random.normal(0.0, scale / 2, bars))
    high = np.maximum(opens, close) * np.exp(np.abs(random.normal(0.0, scale / 2, bars)))
    low = np.minimum(opens, close) * np.exp(-np.abs(random.normal(0.0, scale / 2, bars)))
    volume = np.zeros(bars) if flat else random.integers(1, 1000, bars).astype(np.float64)
    segment = np.arange(bars) * segments // bars
    return candles_of(opens, high, low, close, volume, segment=segment, symbol=symbol)


def candles_of(
    opens: Floats, high: Floats, low: Floats, close: Floats, volume: Floats, *, segment: Integers | None = None, symbol: str = "WALK"
) -> Candles:
    """Return hourly candles of these arrays."""
    bars = len(close)
    return Candles(
        symbol=symbol, timeframe="1h", time=(np.arange(bars, dtype=np.int64) + 1) * HOUR + np.asarray(0 if segment is None else segment) * HOUR,
        open=opens, high=high, low=low, close=close, volume=volume,
        segment=np.zeros(bars, dtype=np.int32) if segment is None else segment.astype(np.int32),
        source="test", source_hash="0" * 64, adjustment="none", synthetic=True, bars_per_year=6240.0,
    )  # fmt: skip


def of_closes(*closes: float) -> Candles:
    """Return candles that open where they close."""
    close = np.array(closes, dtype=np.float64)
    return candles_of(close, close, close, close, np.ones(len(close)))


def changed_after(candles: Candles, bar: int, *, seed: int) -> Candles:
    """Return the candles with another future: everything after `bar` is replaced, `bar` and what is before stay."""
    other = walk(len(candles), seed=seed)
    keep = np.arange(len(candles)) <= bar

    def mix(name: str) -> Floats:
        return np.where(keep, getattr(candles, name), 3.0 * getattr(other, name))

    return candles_of(mix("open"), mix("high"), mix("low"), mix("close"), mix("volume"), segment=candles.segment.astype(np.int64))
