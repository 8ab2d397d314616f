"""What kind of market it is, and which strategies suit it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from libs.contracts.analyses import STRATEGIES, StrategyWord
from libs.quant.analysis.reading import Reading
from libs.quant.analysis.stances import FOLLOWERS, TRENDING

ConditionType = Literal["Trending Up", "Trending Down", "Sideways"]
Phase = Literal["Active Trading", "Consolidation", "Breakout"]
# A market whose price changed by more than this trends: the public document's own rule.
CHANGE: Final = 0.05
CHANGE_BARS: Final = 50
CHANNEL: Final = 20  # Donchian's
SQUEEZED: Final = 0.25
BUSY: Final = 1.5
HIGH: Final = 2 / 3


@dataclass(frozen=True, slots=True)
class Condition:
    """The kind of market; `confidence` from 0 to 1, `change` as a fraction of the price before; None for too few candles."""

    kind: ConditionType | None
    confidence: float
    characteristics: tuple[str, ...]
    phase: Phase | None
    change: float | None


def condition_of(reading: Reading, *, price: float) -> Condition:
    """Return the condition by one timeframe's candles and the price now.

    The change is from the close 50 candles before the last (or the first there is) to the price. Confidence is half where it is at the
    threshold, and whole at twice that, or at none at all; fewer than 20 candles lower it in proportion.
    """
    bars = reading.bars
    before = max(len(bars.close) - 1 - CHANGE_BARS, 0)
    change = price / float(bars.close[before]) - 1.0 if len(bars.close) > 1 else None
    if change is None:
        return Condition(None, 0.0, ("Too few candles to tell",), None, None)
    kind: ConditionType = "Trending Up" if change > CHANGE else "Trending Down" if change < -CHANGE else "Sideways"
    beyond = min(abs(abs(change) - CHANGE) / CHANGE, 1.0)
    confidence = (0.5 + 0.5 * beyond) * min(len(bars.close) / CHANNEL, 1.0)
    return Condition(kind, confidence, tuple(_characteristics(reading, kind)), _phase(reading, kind, price), change)


def suitability(reading: Reading, strategy: str) -> float | None:
    """Return how well a strategy suits the market, from 0 to 1; None where its indicators have no value.

    Two thirds are whether the market trends (ADX / 50 for those that follow, the rest for those that expect a turn), one third is how
    clear its own word is.
    """
    stance = reading.stances[strategy]
    if stance is None:
        return None
    fits = reading.trendiness if strategy in FOLLOWERS else 1.0 - reading.trendiness
    return (2.0 * fits + abs(stance)) / 3.0


def best_strategies(readings: Sequence[Reading], *, most: int = 2) -> tuple[StrategyWord, ...]:
    """Return the strategies that suit best over all timeframes, the best first; those alone of which anything can be said."""
    scored = {name: mean_suitability(readings, name) for name in STRATEGIES}
    known = [name for name in STRATEGIES if scored[name] is not None]
    return tuple(sorted(known, key=lambda name: -(scored[name] or 0.0))[:most])


def mean_suitability(readings: Sequence[Reading], strategy: str) -> float | None:
    """Return how well a strategy suits over all timeframes, weighted; None where nothing can be said."""
    pairs = [(each.weight, found) for each in readings if (found := suitability(each, strategy)) is not None]
    return sum(weight * found for weight, found in pairs) / sum(weight for weight, _ in pairs) if pairs else None


def _phase(reading: Reading, kind: ConditionType, price: float) -> Phase | None:
    """Return the phase.

    Beyond the channel of the 20 candles before the last it is a breakout (Donchian); inside, narrow bands (Bollinger's squeeze: the lowest
    quarter of widths), or no trend by ADX and by price, are a consolidation. None where there are too few candles for an ADX.
    """
    bars, adx, squeeze = reading.bars, reading.values["adx_14"], reading.squeeze_rank()
    high, low = bars.high[-CHANNEL - 1 : -1], bars.low[-CHANNEL - 1 : -1]
    if len(high) == CHANNEL and (price > high.max() or price < low.min()):
        return "Breakout"
    if adx is None:
        return None
    quiet = adx < TRENDING and kind == "Sideways"
    return "Consolidation" if quiet or (squeeze is not None and squeeze <= SQUEEZED) else "Active Trading"


def _characteristics(reading: Reading, kind: ConditionType) -> list[str]:
    values, rank = reading.values, reading.volatility_rank()
    adx, rsi, ratio = values["adx_14"], values["rsi_14"], values["volume_ratio"]
    strong = "Strong" if adx is not None and adx >= TRENDING else "Weak"
    said = [{"Trending Up": f"{strong} uptrend", "Trending Down": f"{strong} downtrend", "Sideways": "No clear trend"}[kind]]
    if rsi is not None and abs(rsi - 50.0) >= 10.0:  # noqa: PLR2004 - 60 and 40, where Cardwell sees momentum begin
        said.append("High momentum upward" if rsi > 50.0 else "High momentum downward")  # noqa: PLR2004 - the middle
    if rank is not None and (rank > HIGH or rank < 1.0 - HIGH):
        said.append("High volatility" if rank > HIGH else "Low volatility")
    if ratio is not None and (ratio >= BUSY or ratio <= 1.0 / BUSY):
        said.append("High volume" if ratio >= BUSY else "Low volume")
    return said
