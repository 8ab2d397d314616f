"""Generates candles for a symbol without data: a walk of its own, the same for the same symbol for ever.

Returns are a GARCH(1,1) with Student t innovations (Bollerslev 1987), fitted to a real donor by its moments: how wild it is, how its
calm and its storms follow each other, how fat its tails are. The innovations are drawn anew for each symbol and bar, so that nothing of
the donor, of another symbol or of another time comes back, and the price is a martingale: from the past nobody can tell where it goes, only
how far it may go. Whatever is computed from these candles carries `synthetic`.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from math import sqrt
from typing import Final

import numpy as np

from libs.contracts.own_candles import SECONDS
from libs.market.catalogue import GENERATED_END, check_symbol, first_day
from libs.quant.candles import Candles, Floats, Integers

DONORS: Final = {"1d": ("AAPL", "MSFT", "IBM", "GOOG", "NVDA", "AMZN"), "1h": ("EURUSD",), "15m": ("BTC-USD",)}
_DAY: Final = 86_400
_VOLUME_WINDOW: Final = 50  # bars over which a donor's volume is set against its own mean: volumes of 1999 and 2025 do not mix otherwise
_LAGS: Final = range(1, 41)  # over which a donor's storms are seen to die down
_PERSISTENCE: Final = (0.80, 0.985)
_DEGREES: Final = (5.0, 30.0)  # of freedom: four moments exist, and the tails are fatter than the normal's
_LONGEST_MOVE: Final = 0.5  # of one bar; a share's price stays above nothing
_FIRST_PRICE: Final = 100.0
_TYPICAL_VOLUME: Final = 1e6
_WEEKEND: Final = 5  # Saturday


def donor_of(symbol: str, *, timeframe: str) -> str:
    """Return the real symbol that a generated one is as wild as, chosen by the symbol's hash."""
    donors = DONORS[timeframe]
    return donors[_seed(symbol, timeframe=timeframe) % len(donors)]


def generate(symbol: str, *, timeframe: str, donor: Candles) -> Candles:
    """Return the symbol's generated candles, as wild as the donor's."""
    times = _clock(timeframe)
    instrument = check_symbol(symbol, synthetic_allowed=True)
    random = np.random.default_rng(_seed(symbol, timeframe=timeframe))
    open_, high, low, close, volume = _walk(_character(donor), bars=len(times), random=random)
    return Candles(
        symbol=symbol,
        timeframe=timeframe,
        time=times,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        segment=np.zeros(len(times), dtype=np.int32),
        source=f"synthetic (GARCH walk, as wild as {donor.symbol} {donor.timeframe})",
        source_hash=hashlib.sha256(np.column_stack([open_, high, low, close, volume]).tobytes()).hexdigest(),
        adjustment="none",
        synthetic=True,
        bars_per_year=instrument.timeframes[timeframe],
    )


@dataclass(frozen=True)
class _Character:
    """What of a donor its generated likeness has. `variance` of a bar's return, of which `overnight` is the part between bars."""

    variance: float
    alpha: float
    beta: float
    degrees: float
    overnight: float
    wick: float
    volume_memory: float
    volume_spread: float


@lru_cache(maxsize=8)  # Many are as wild as one donor, whose candles never change.
def _character(donor: Candles) -> _Character:
    """Fit a donor's longest segment by its moments (He and Teräsvirta 1999 give a GARCH's autocorrelations)."""
    part = donor.part(*max(((piece.start, piece.stop) for piece in donor.segments()), key=lambda edges: edges[1] - edges[0]))
    gap, body = part.open[1:] / part.close[:-1] - 1, (part.close / part.open - 1)[1:]
    returns = part.close[1:] / part.close[:-1] - 1
    squares = (returns - returns.mean()) ** 2
    # One day of a crash must not be the whole of the likeness.
    calm = np.minimum(squares, np.quantile(squares, 0.995))
    rho = np.maximum([_correlation(calm, lag) for lag in _LAGS], 1e-3)
    persistence = float(np.clip(np.exp(np.polyfit(np.array(_LAGS), np.log(rho), 1)[0]), *_PERSISTENCE))
    alpha = _alpha(float(np.clip(rho[:5].mean(), 0.02, 0.4)), persistence=persistence)
    sigma = np.sqrt(_variances(squares, alpha=alpha, beta=persistence - alpha, mean=float(squares.mean())))
    kurtosis = float(np.mean(calm**2 / sigma**4) / np.mean(calm / sigma**2) ** 2)
    degrees = float(np.clip(4 + 6 / max(kurtosis - 3, 1e-3), *_DEGREES))
    log_volume = np.log(np.maximum(_relative_volume(part), 1e-3))
    wicks = np.log(part.high / np.maximum(part.open, part.close)) + np.log(np.minimum(part.open, part.close) / part.low)
    return _Character(
        variance=float(squares.mean()),
        alpha=alpha,
        beta=persistence - alpha,
        degrees=degrees,
        overnight=float(gap.var() / (gap.var() + body.var())),
        wick=float(np.mean(wicks[1:] / sigma) / 2),
        volume_memory=float(np.clip(_correlation(log_volume, 1), 0.0, 0.95)),
        volume_spread=float(min(log_volume.std(), 1.0)),
    )


def _alpha(first: float, *, persistence: float) -> float:
    """Return the alpha of a GARCH(1,1) whose squares have this first autocorrelation.

    It is alpha (1 - persistence beta) / (1 - 2 alpha beta - beta²), with beta = persistence - alpha.
    """
    grid = np.linspace(0.01, persistence - 0.01, 400)
    beta = persistence - grid
    rho = grid * (1 - persistence * beta) / (1 - 2 * grid * beta - beta**2)
    return float(grid[np.argmin(np.abs(rho - first))])


def _variances(squares: Floats, *, alpha: float, beta: float, mean: float) -> Floats:
    """Return each bar's expected squared return, given those before it."""
    found: list[float] = []
    expected, ground = mean, mean * (1 - alpha - beta)
    for square in squares.tolist():  # Python's own numbers: one step after another they are the fastest.
        found.append(expected)
        expected = ground + alpha * square + beta * expected
    return np.array(found)


def _walk(like: _Character, *, bars: int, random: np.random.Generator) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return open, high, low, close and volume. Returns have a mean of zero whatever came before them."""
    scale = np.sqrt((like.degrees - 2) / like.degrees)  # a t's variance is 1 then
    between, within = random.standard_t(like.degrees, size=(2, bars)) * scale
    shock = np.sqrt(like.overnight) * between + np.sqrt(1 - like.overnight) * within
    sigma = _deviations(like, shock)
    # Cut off on both sides alike, so that the mean stays zero.
    gap = np.clip(np.sqrt(like.overnight) * sigma * between, -_LONGEST_MOVE, _LONGEST_MOVE)
    body = np.clip(np.sqrt(1 - like.overnight) * sigma * within, -_LONGEST_MOVE, _LONGEST_MOVE)
    close = _FIRST_PRICE * np.cumprod((1 + gap) * (1 + body))
    open_ = close / (1 + body)
    above, below = random.exponential(like.wick, size=(2, bars)) * sigma
    high, low = np.maximum(open_, close) * np.exp(above), np.minimum(open_, close) * np.exp(-below)
    return open_, high, low, close, _volumes(like, np.abs(shock), random=random)


def _deviations(like: _Character, shock: Floats) -> Floats:
    """Return each bar's standard deviation, given the shocks before it."""
    found: list[float] = []
    variance, alpha, beta = like.variance, like.alpha, like.beta
    ground = variance * (1 - alpha - beta)
    for moved in shock.tolist():
        sigma = sqrt(variance)
        found.append(sigma)
        square = min((sigma * moved) ** 2, 25 * variance)
        variance = ground + alpha * square + beta * variance
    return np.array(found)


def _volumes(like: _Character, moved: Floats, *, random: np.random.Generator) -> Floats:
    """Return volumes: each remembers the one before, and is higher where the price moved more."""
    noise = random.normal(size=len(moved)) * like.volume_spread * np.sqrt(1 - like.volume_memory**2)
    memory = like.volume_memory
    logs = list(accumulate(noise.tolist(), lambda before, fresh: memory * before + fresh))
    volumes: Floats = _TYPICAL_VOLUME * np.exp(np.array(logs) + 0.3 * (moved - moved.mean()))
    return volumes


def _correlation(values: Floats, lag: int) -> float:
    centred = values - values.mean()
    return float((centred[lag:] @ centred[:-lag]) / (centred @ centred))


def _relative_volume(candles: Candles) -> Floats:
    mean = np.convolve(candles.volume, np.full(_VOLUME_WINDOW, 1 / _VOLUME_WINDOW))[: len(candles)]
    relative: Floats = np.divide(candles.volume, mean, out=np.ones(len(candles)), where=mean > 0)[_VOLUME_WINDOW:]
    return relative


def _seed(symbol: str, *, timeframe: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{symbol} {timeframe}".encode()).digest()[:8])


@lru_cache(maxsize=16)
def _clock(timeframe: str) -> Integers:
    """Return the close times of generated bars: every weekday; daily ones close at 21:00 UTC, others follow round the clock."""
    day, last = first_day(check_symbol("GENERATED", synthetic_allowed=True), timeframe=timeframe), GENERATED_END
    closes: list[int] = []
    while day <= last:
        if day.weekday() < _WEEKEND:
            closes.extend(_closes(day, timeframe=timeframe))
        day += timedelta(days=1)
    times = np.array(closes, dtype=np.int64) * 10**9
    times.flags.writeable = False
    return times


def _closes(day: date, *, timeframe: str) -> list[int]:
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    if timeframe == "1d":
        return [midnight + 21 * 3600]
    step = SECONDS[timeframe]
    return list(range(midnight + step, midnight + _DAY + 1, step))
