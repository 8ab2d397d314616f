"""What each strategy says of a market: a number from -1 (wholly short) over 0 (nothing) to 1 (wholly long)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

Values = Mapping[str, float | None]

RSI: Final = "RSI Strategy"
MACD: Final = "MACD Strategy"
BOLLINGER: Final = "Bollinger Bands Strategy"
VOLUME: Final = "Volume Strategy"
STOCHASTIC: Final = "Stochastic Strategy"
FOLLOWERS: Final = (MACD, VOLUME)
REVERTERS: Final = (RSI, BOLLINGER, STOCHASTIC)
# What a strategy's word rests on.
RESTS_ON: Final[Mapping[str, tuple[str, ...]]] = {
    RSI: ("rsi_14",),
    MACD: ("macd_histogram", "atr_14"),
    VOLUME: ("volume_ratio",),
    BOLLINGER: ("bb_upper", "bb_lower"),
    STOCHASTIC: ("stoch_k",),
}
# A difference that is less, as a share of what it is of, is the rounding of averages: the last bits of a price say nothing.
TOLERANCE: Final = 1e-9
TRENDING: Final = 25.0  # Wilder (1978) calls a market of that ADX trending


@dataclass(frozen=True, slots=True)
class LastBar:
    """The last candle's prices."""

    open: float
    high: float
    low: float
    close: float


def stances_of(values: Values, last: LastBar) -> dict[str, float | None]:
    """Return each strategy's stance; None where an indicator that it rests on has no value."""
    found = {name: rule(values, last) for name, rule in _RULES.items() if all(values[each] is not None for each in RESTS_ON[name])}
    return {name: None if (stance := found.get(name)) is None else stance if abs(stance) > TOLERANCE else 0.0 for name in _RULES}


def side_of(first: float, second: float, *, price: float) -> float:
    """Return 1 where the first is above the second, -1 where it is below, and 0 where no more than rounding is between them."""
    return 0.0 if abs(first - second) <= TOLERANCE * price else float(np.sign(first - second))


def trend_of(values: Values, close: float) -> float | None:
    """Return where the trend points, from -1 to 1: the mean of four comparisons, of those that can be made; None where none can.

    Close against SMA 20, SMA 20 against SMA 50, EMA 9 against EMA 21, and MACD against 0 (averages crossing: Murphy 1999, chapter 9).
    """
    pairs = ((close, values["sma_20"]), (values["sma_20"], values["sma_50"]), (values["ema_9"], values["ema_21"]), (values["macd"], 0.0))
    signs = [side_of(first, second, price=close) for first, second in pairs if first is not None and second is not None]
    return sum(signs) / len(signs) if signs else None


def trendiness(values: Values) -> float:
    """Return how much the market trends, from 0 to 1: ADX / 50, so that Wilder's 25 is the middle; 0.5 where it is not known."""
    adx = values["adx_14"]
    return 0.5 if adx is None else _within(adx / (2 * TRENDING), low=0.0)


def _rsi(values: Values, _: LastBar) -> float:
    """Wilder (1978): oversold at 30, overbought at 70."""
    return _within((50.0 - _of(values, "rsi_14")) / 20.0)


def _stochastic(values: Values, _: LastBar) -> float:
    """Lane (1984): oversold at 20, overbought at 80."""
    return _within((50.0 - _of(values, "stoch_k")) / 30.0)


def _bollinger(values: Values, last: LastBar) -> float:
    """Bollinger (2001): %b, wholly long at the lower band and wholly short at the upper; nothing where the bands are one."""
    lower, width = _of(values, "bb_lower"), _of(values, "bb_upper") - _of(values, "bb_lower")
    return _within(1.0 - 2.0 * (last.close - lower) / width) if width > TOLERANCE * last.close else 0.0


def _macd(values: Values, _: LastBar) -> float:
    """Appel (1979): MACD above its signal; wholly where they are half an average true range apart."""
    atr = _of(values, "atr_14")
    return _within(2.0 * _of(values, "macd_histogram") / atr) if atr > 0 else 0.0


def _volume(values: Values, last: LastBar) -> float:
    """Count the body's share of the candle the more the volume is above its mean: not at all up to 1, wholly from 1.5 times on."""
    height = last.high - last.low
    above = _within((_of(values, "volume_ratio") - 1.0) / 0.5, low=0.0)
    return above * (last.close - last.open) / height if height > 0 else 0.0


_RULES: Final = {RSI: _rsi, MACD: _macd, VOLUME: _volume, BOLLINGER: _bollinger, STOCHASTIC: _stochastic}


def _of(values: Values, name: str) -> float:
    value = values[name]
    assert value is not None  # Whoever calls has looked.
    return value


def _within(value: float, *, low: float = -1.0) -> float:
    return min(max(value, low), 1.0)
