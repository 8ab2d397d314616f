"""The signal, how sure it is, and what a position of it would risk, by what every timeframe says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from libs.contracts.analyses import STRATEGIES
from libs.quant.analysis.indicators import NO_VOLUME, VOLUME
from libs.quant.analysis.reading import Level, Reading, level_of
from libs.quant.analysis.stances import TOLERANCE
from libs.quant.analysis.stances import VOLUME as VOLUME_STRATEGY
from libs.quant.analysis.support_resistance import levels_of

Signal = Literal["Long", "Short", "Neutral"]
Trend = Literal["Bullish", "Bearish", "Neutral"]
TREND: Final = "Trend"  # what it is called among what is weighed
DECIDED: Final = 0.2  # what all say together must be this far from nothing
POINTS: Final = 0.5  # what a trend must be to have a direction
STOP_ATR: Final = 2.0
TARGET_ATR: Final = 3.0
# What a position may lose of the equity where its stop is met; never more than Elder's two per cent.
RISKED: Final = {"Low": 0.005, "Medium": 0.01, "High": 0.02}
MODEL_SHARE: Final = 1 / 3
NEUTRAL: Final = "a neutral signal has no position"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the rules say. Numbers between 0 and 1, prices in those of the candles; None where `reasons` says why, by name."""

    signal: Signal
    confidence: float
    direction: float | None
    scores: dict[str, float | None]
    trend: Trend | None
    trend_strength: float | None
    support: tuple[float, ...]
    resistance: tuple[float, ...]
    volatility: Level | None
    risk: Level | None
    technical_risk: float | None
    market_risk: float | None
    size: float | None
    stop: float | None
    target: float | None
    reasons: dict[str, str]


def opinion_of(
    readings: Sequence[Reading],
    *,
    price: float,
    strategies: Sequence[str] = STRATEGIES,
    model: float | None = None,
    risked: float = RISKED["Medium"],
) -> Opinion:
    """Return the opinion of all timeframes, the shortest first, at a price; of these strategies, and of a model's stance (-1 to 1).

    Signal: the weighted mean of the timeframes' directions (a third is the model's, where there is one), Long from 0.2 and Short from -0.2
    on. Confidence: half where it is at that threshold and whole at the far end, times the share of indicators that have a value, and
    up to halved by contradiction (`technical_risk`).
    """
    reasons: dict[str, str] = {}
    directions = [(each.weight, found) for each in readings if (found := each.direction(strategies)) is not None]
    direction = _mean(directions)
    if model is not None:
        direction = model if direction is None else (1.0 - MODEL_SHARE) * direction + MODEL_SHARE * model
    signal: Signal = "Neutral" if direction is None or abs(direction) < DECIDED else "Long" if direction > 0 else "Short"
    coverage = _mean((each.weight, each.coverage) for each in readings) or 0.0
    scores = _scores(readings, strategies, reasons)
    trend, strength = _trend(readings, reasons)
    atr = next((found for each in readings if (found := each.values["atr_14"]) is not None), None)
    support, resistance = levels_of([each.bars for each in readings], price=price, atr=atr)
    market_risk = next((rank for each in reversed(readings) if (rank := each.volatility_rank()) is not None), None)
    technical_risk = _contradiction(readings, strategies, model)
    known = [each for each in (technical_risk, market_risk) if each is not None]
    size, stop, target = _position(readings, signal, price=price, risked=risked, reasons=reasons)
    _explain(reasons, market_risk=market_risk, technical_risk=technical_risk, support=support, resistance=resistance)
    return Opinion(
        signal=signal,
        confidence=_certainty(direction) * coverage * (1.0 - (technical_risk or 0.0) / 2.0),
        direction=direction,
        scores=scores,
        trend=trend,
        trend_strength=strength,
        support=support,
        resistance=resistance,
        volatility=None if market_risk is None else level_of(market_risk),
        risk=level_of(sum(known) / len(known)) if known else None,
        technical_risk=technical_risk,
        market_risk=market_risk,
        size=size,
        stop=stop,
        target=target,
        reasons=reasons,
    )


def _certainty(direction: float | None) -> float:
    if direction is None:
        return 0.0
    strength = abs(direction)
    return 0.5 + 0.5 * ((strength - DECIDED) / (1.0 - DECIDED) if strength >= DECIDED else 1.0 - strength / DECIDED)


def _scores(readings: Sequence[Reading], strategies: Sequence[str], reasons: dict[str, str]) -> dict[str, float | None]:
    """Return what is weighed, from 0 to 1: these strategies, and the trend, which counts whichever are chosen."""
    said = [(each.weight, each.stances | {TREND: each.trend}) for each in readings]
    scores: dict[str, float | None] = {}
    for name in [*(each for each in STRATEGIES if each in strategies), TREND]:
        stance = _mean((weight, found) for weight, stances in said if (found := stances[name]) is not None)
        scores[name] = None if stance is None else (1.0 + stance) / 2.0
        if stance is None:
            silent = name == VOLUME_STRATEGY and any(len(each.bars.close) >= VOLUME for each in readings)
            reasons[f"strategy_scores.{name}"] = NO_VOLUME if silent else "too few candles on every timeframe"
    return scores


def _trend(readings: Sequence[Reading], reasons: dict[str, str]) -> tuple[Trend | None, float | None]:
    """Return the direction, and as strength how far comparisons agree times ADX / 50, by timeframes that have an ADX."""
    points = _mean((each.weight, found) for each in readings if (found := each.trend) is not None)
    if points is None:
        few = "too few candles: averages of 20 candles and more are compared"
        reasons |= {"market_analysis.trend_direction": few, "market_analysis.trend_strength": few}
        return None, None
    trend: Trend = "Bullish" if points >= POINTS else "Bearish" if points <= -POINTS else "Neutral"
    strong = _mean((each.weight, abs(each.trend or 0.0) * each.trendiness) for each in readings if each.values["adx_14"] is not None)
    if strong is None:
        reasons["market_analysis.trend_strength"] = "ADX needs 28 candles on a timeframe"
    return trend, strong


def _contradiction(readings: Sequence[Reading], strategies: Sequence[str], model: float | None) -> float | None:
    """Return how far what is said contradicts itself: 0 where all agree, 1 where as much speaks for as against; None for silence."""
    said = [(each.weight, found) for each in readings for name, found in each.stances.items() if found is not None and name in strategies]
    said += [(each.weight, found) for each in readings if (found := each.trend) is not None]
    said += [] if model is None else [(sum(each.weight for each in readings) or 1.0, model)]
    spoken = sum(weight * abs(stance) for weight, stance in said)
    return 1.0 - abs(sum(weight * stance for weight, stance in said)) / spoken if spoken > TOLERANCE else None


def _position(
    readings: Sequence[Reading], signal: Signal, *, price: float, risked: float, reasons: dict[str, str]
) -> tuple[float | None, float | None, float | None]:
    """Return size, stop and target of a position by the ATR of the longest timeframe that has one.

    The stop is two true ranges away, the target three; the size is what loses `risked` of the equity at the stop, and at most all of it.
    """
    names = ("recommended_position_size", "stop_loss_suggestion", "take_profit_suggestion")
    atr = next((found for each in reversed(readings) if (found := each.values["atr_14"]) is not None), None)
    if signal == "Neutral" or not atr:
        none = "there is no average true range: too few candles, or a price that does not move"
        reasons |= {f"risk_assessment.{name}": NEUTRAL if signal == "Neutral" else none for name in names}
        return None, None, None
    side = 1.0 if signal == "Long" else -1.0
    prices = [price - side * STOP_ATR * atr, price + side * TARGET_ATR * atr]
    size = min(risked * price / (STOP_ATR * atr), 1.0)
    for name, value in zip(names[1:], prices, strict=True):
        if value <= 0:
            reasons[f"risk_assessment.{name}"] = "so far away that it would be no price: true ranges are as large as the price"
    stop, target = (value if value > 0 else None for value in prices)
    return size, stop, target


def _explain(
    reasons: dict[str, str],
    *,
    market_risk: float | None,
    technical_risk: float | None,
    support: Sequence[float],
    resistance: Sequence[float],
) -> None:
    if market_risk is None:
        few = "no timeframe has 40 candles: volatility is compared with its own past"
        reasons |= {"risk_assessment.market_risk": few, "market_analysis.volatility_level": few}
    if technical_risk is None:
        reasons["risk_assessment.technical_risk"] = "nothing speaks for either side: too few candles, or a price that does not move"
    if market_risk is None and technical_risk is None:
        reasons["risk_assessment.overall_risk"] = "neither of its parts is known"
    for name, levels in (("support_levels", support), ("resistance_levels", resistance)):
        if not levels:
            side = "below" if name == "support_levels" else "above"
            reasons[f"market_analysis.{name}"] = f"the market has not turned {side} the price in the candles that were sent"


def _mean(pairs: Iterable[tuple[float, float]]) -> float | None:
    found = list(pairs)
    return sum(weight * value for weight, value in found) / sum(weight for weight, _ in found) if found else None
