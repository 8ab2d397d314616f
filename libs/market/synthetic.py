"""Generates candles for a symbol without data: a block bootstrap of real bars, the same for the same symbol for ever.

Blocks of consecutive real bars keep how returns, ranges and volumes follow each other over some days (Künsch 1989); joined at random they
belong to no real instrument. The donor's mean return is taken out: nobody may earn a drift that was drawn by chance. Whatever is
computed from these candles carries `synthetic`.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from libs.market.catalogue import GENERATED_END, check_symbol, first_day
from libs.quant.candles import Candles, Floats, Integers

DONORS: Final = {"1d": ("AAPL", "MSFT", "IBM", "GOOG", "NVDA", "AMZN"), "1h": ("EURUSD",), "15m": ("BTC-USD",)}
_SECONDS: Final = {"1h": 3600, "15m": 900}
_DAY: Final = 86_400
_BLOCK: Final = 20  # bars
_VOLUME_WINDOW: Final = 50  # bars over which a donor's volume is set against its own mean: volumes of 1999 and 2025 do not mix otherwise
_FIRST_PRICE: Final = 100.0
_TYPICAL_VOLUME: Final = 1e6
_WEEKEND: Final = 5  # Saturday


def donor_of(symbol: str, *, timeframe: str) -> str:
    """Return the real symbol whose bars a generated one is made of, chosen by the symbol's hash."""
    donors = DONORS[timeframe]
    return donors[_seed(symbol, timeframe=timeframe) % len(donors)]


def generate(symbol: str, *, timeframe: str, donor: Candles) -> Candles:
    """Return the symbol's generated candles, made of the donor's bars."""
    times = _clock(timeframe)
    instrument = check_symbol(symbol, synthetic_allowed=True)
    random = np.random.default_rng(_seed(symbol, timeframe=timeframe))
    bars = _bars(donor)
    starts = random.integers(0, len(bars), size=-(-len(times) // _BLOCK))
    drawn = bars[(starts[:, None] + np.arange(_BLOCK)).ravel()[: len(times)] % len(bars)]
    gap, body, above, below, volume = drawn.T
    logs = np.log(_FIRST_PRICE) + np.cumsum(gap + body)
    close = np.exp(logs)
    open_ = np.exp(logs - body)
    high, low = np.maximum(open_, close) * np.exp(above), np.minimum(open_, close) * np.exp(-below)
    return Candles(
        symbol=symbol,
        timeframe=timeframe,
        time=times,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume * _TYPICAL_VOLUME,
        segment=np.zeros(len(times), dtype=np.int32),
        source=f"synthetic (block bootstrap of {donor.symbol} {donor.timeframe})",
        source_hash=hashlib.sha256(np.column_stack([open_, high, low, close, volume]).tobytes()).hexdigest(),
        adjustment="none",
        synthetic=True,
        bars_per_year=instrument.timeframes[timeframe],
    )


def _seed(symbol: str, *, timeframe: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{symbol} {timeframe}".encode()).digest()[:8])


def _bars(donor: Candles) -> Floats:
    """Return the donor's longest segment as rows of gap, body, above, below (logarithms) and volume (its recent mean is 1)."""
    part = donor.part(*max(((piece.start, piece.stop) for piece in donor.segments()), key=lambda edges: edges[1] - edges[0]))
    gap = np.log(part.open[1:] / part.close[:-1])
    body = np.log(part.close / part.open)[1:]
    above = np.log(part.high / np.maximum(part.open, part.close))[1:]
    below = np.log(np.minimum(part.open, part.close) / part.low)[1:]
    mean_volume = np.convolve(part.volume, np.full(_VOLUME_WINDOW, 1 / _VOLUME_WINDOW))[: len(part)]
    volume = np.divide(part.volume, mean_volume, out=np.ones(len(part)), where=mean_volume > 0)[1:]
    rows = np.column_stack([gap, body - (gap + body).mean(), above, below, volume])
    return rows[_VOLUME_WINDOW:]


def _clock(timeframe: str) -> Integers:
    """Return the close times of generated bars: every weekday; daily ones close at 21:00 UTC, others follow round the clock."""
    day, last = first_day(check_symbol("GENERATED", synthetic_allowed=True), timeframe=timeframe), GENERATED_END
    closes: list[int] = []
    while day <= last:
        if day.weekday() < _WEEKEND:
            closes.extend(_closes(day, timeframe=timeframe))
        day += timedelta(days=1)
    return np.array(closes, dtype=np.int64) * 10**9


def _closes(day: date, *, timeframe: str) -> list[int]:
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    if timeframe == "1d":
        return [midnight + 21 * 3600]
    step = _SECONDS[timeframe]
    return list(range(midnight + step, midnight + _DAY + 1, step))
