"""The technical analyst: what the written rules say of candles that were sent, in the words of the contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from libs.contracts.analyses import (
    STRATEGIES,
    TIMEFRAMES,
    MarketAnalysis,
    MarketCondition,
    RiskAssessment,
    StrategyContext,
    Suitability,
    Verdict,
)
from libs.quant.analysis import stances
from libs.quant.analysis.condition import best_strategies, condition_of, mean_suitability
from libs.quant.analysis.indicators import NEEDED, missing
from libs.quant.analysis.reading import Reading, reading_of
from libs.quant.analysis.verdict import RISKED, Opinion, opinion_of
from libs.quant.indicators.bars import Bars
from services.inference.analysts.sent_market import LookedAt
from services.inference.analysts.wording import reasoning_of, volume_words, why_suitable
from services.inference.domain.analyses import Modelled

MODEL: Final = "Model Strategy"
# What people call how much they want to risk.
RISKS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("low", "conservative"), RISKED["Low"]),
    **dict.fromkeys(("medium", "moderate"), RISKED["Medium"]),
    **dict.fromkeys(("high", "aggressive"), RISKED["High"]),
}
# What a strategy is configured with: the defaults of the same strategy in a backtest (libs/contracts/strategies.py).
CONFIGURATIONS: Final[Mapping[str, tuple[str, Mapping[str, float]]]] = {
    stances.RSI: ("rsi", {"period": 14, "overbought": 70, "oversold": 30}),
    stances.MACD: ("macd", {"fast_period": 12, "slow_period": 26, "signal_period": 9}),
    stances.BOLLINGER: ("bollinger", {"period": 20, "std_dev": 2}),
    stances.VOLUME: ("volume", {"period": 20, "threshold": 1.5}),
    stances.STOCHASTIC: ("stochastic", {"k_period": 14, "d_period": 3, "overbought": 80, "oversold": 20}),
}
SUITS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Technical:
    """What the rules say of a market."""

    verdict: Verdict
    condition: MarketCondition
    indicators: dict[str, dict[str, float | None]]
    reasons: dict[str, str]


def readings_of(bars: Mapping[str, Bars]) -> list[Reading]:
    """Return what each timeframe with candles says, the shortest first."""
    return [reading_of(name, bars[name]) for name in TIMEFRAMES if name in bars]


def analyse(
    readings: Sequence[Reading], *, symbol: str, price: float, context: StrategyContext | None, modelled: Modelled | None
) -> Technical:
    """Return what the rules say of these timeframes, the shortest first; there is at least one."""
    chosen = tuple(name for name in STRATEGIES if context is None or name in context.selected_strategies) or STRATEGIES
    risked = RISKS.get((context.risk_level or "").strip().lower() if context else "", RISKED["Medium"])
    opinion = opinion_of(readings, price=price, strategies=chosen, model=modelled.stance if modelled else None, risked=risked)
    scores = opinion.scores | ({MODEL: (1.0 + modelled.stance) / 2.0} if modelled else {})
    reasons = dict(opinion.reasons)
    for each in readings:
        reasons |= {f"indicators.{each.timeframe}.{name}": why for name, why in missing(each.bars).items()}
    condition, unknown = condition_sent(readings, price=price)
    reasons |= {f"condition.{name}": why for name, why in unknown.items()}
    volume = volume_words(readings)
    if volume is None:
        reasons["market_analysis.volume_analysis"] = "no timeframe has 20 candles with a volume"
    return Technical(
        verdict=Verdict(
            signal=opinion.signal,
            confidence=opinion.confidence,
            reasoning=reasoning_of(opinion, readings, symbol=symbol, modelled=modelled.view if modelled else None),
            strategy_scores=scores,
            market_analysis=_analysis_of(opinion, volume),
            risk_assessment=_risk_of(opinion),
        ),
        condition=condition,
        indicators={each.timeframe: dict(each.values) for each in readings},
        reasons=reasons,
    )


def lowered(technical: Technical, looked: LookedAt) -> Technical:
    """Return what the rules say, as sure of it as the candles that were sent allow, and with what they say of a day's volume."""
    verdict, condition = technical.verdict, technical.condition
    longest = looked.qualities[next(reversed(technical.indicators))]
    said = verdict.market_analysis.volume_analysis
    if looked.traded and looked.traded.ratio is not None and said:
        more = f"{said}; 24 hours have {looked.traded.ratio:.2f} times the mean of the days before"
        verdict = verdict.model_copy(update={"market_analysis": verdict.market_analysis.model_copy(update={"volume_analysis": more})})
    return replace(
        technical,
        verdict=verdict.model_copy(update={"confidence": verdict.confidence * looked.quality}),
        condition=judged(condition, looked, quality=longest),
        reasons=technical.reasons | looked.reasons,
    )


def judged(condition: MarketCondition, looked: LookedAt, *, quality: float) -> MarketCondition:
    """Return a market's condition with what its day's volume says, as sure as the candles allow."""
    more = looked.traded.characteristic if looked.traded else None
    seen = condition.characteristics if more is None else (*condition.characteristics, more)
    return condition.model_copy(update={"confidence": condition.confidence * quality, "characteristics": seen})


def condition_sent(readings: Sequence[Reading], *, price: float) -> tuple[MarketCondition, dict[str, str]]:
    """Return the kind of market, by the longest timeframe, and why what is null of it is."""
    found, count = condition_of(readings[-1], price=price), len(readings[-1].bars.close)
    have = f"{readings[-1].timeframe} has {count}"
    reasons = {"condition_type": f"a change needs two candles, {have}"} if found.kind is None else {}
    reasons |= {"market_phase": f"ADX needs {NEEDED['adx_14']} candles, {have}"} if found.phase is None else {}
    condition = MarketCondition(
        condition_type=found.kind,
        confidence=found.confidence,
        characteristics=found.characteristics,
        recommended_strategies=best_strategies(readings),
        market_phase=found.phase,
    )
    return condition, reasons


def recommend(readings: Sequence[Reading], *, symbol: str, strategies: Sequence[str], quality: float = 1.0) -> tuple[Suitability, ...]:
    """Return how well each of these strategies suits, the best first; one of which nothing can be said has 0, and says so.

    A `quality` of the candles below 1 lowers all.
    """
    rows = [_suitability(readings, name, symbol=symbol, quality=quality) for name in dict.fromkeys(strategies)]
    return tuple(sorted(rows, key=lambda row: -row.suitability_score))


def _suitability(readings: Sequence[Reading], name: str, *, symbol: str, quality: float) -> Suitability:
    found = mean_suitability(readings, name)
    score = None if found is None else found * quality
    backtest, parameters = CONFIGURATIONS[name]
    return Suitability(
        strategy_name=name,
        suitability_score=score or 0.0,
        reasoning=why_suitable(readings, name, symbol=symbol, score=score),
        recommended_config={
            "enabled": score is not None and score >= SUITS,
            "weight": score or 0.0,
            "strategy_name": backtest,
            "parameters": dict(parameters),
        },
    )


def _analysis_of(opinion: Opinion, volume: str | None) -> MarketAnalysis:
    return MarketAnalysis(
        trend_direction=opinion.trend,
        trend_strength=opinion.trend_strength,
        support_levels=opinion.support,
        resistance_levels=opinion.resistance,
        volatility_level=opinion.volatility,
        volume_analysis=volume,
    )


def _risk_of(opinion: Opinion) -> RiskAssessment:
    return RiskAssessment(
        overall_risk=opinion.risk,
        technical_risk=opinion.technical_risk,
        market_risk=opinion.market_risk,
        recommended_position_size=opinion.size,
        stop_loss_suggestion=opinion.stop,
        take_profit_suggestion=opinion.target,
    )
