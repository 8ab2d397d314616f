"""Signals: analyse candles of yours, compare strategies, judge a market, and say and see what became of signals."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from modelbourse.answers.trading_ai.feedback import AnalysisHistory, FeedbackReceived, Performance
from modelbourse.answers.trading_ai.signals import JudgedCondition, PredictedTrend, Recommendation, SignalAnalysis
from modelbourse.asking import ask_for, given
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

# A candle has timestamp (its open, in milliseconds since 1970), open, high, low, close, volume.
Candles = Mapping[str, Sequence[Mapping[str, float]]]
Outcome = Literal["PROFIT", "LOSS", "NEUTRAL"]
# An LLM may be asked, and the next one 20 seconds after the one before.
TIMEOUT_S: Final = 120.0


def analyze(
    gateway: Gateway,
    symbol: str,
    candles: Candles,
    *,
    current_price: float | None = None,
    volume_24h: float | None = None,
    context: Mapping[str, Any] | None = None,
    masked: bool = False,
    replay: bool = False,
) -> Steps[SignalAnalysis]:
    """Return a signal and all that it rests on, of candles by timeframe (`{"1h": [{"timestamp": …, "open": …}]}`, the oldest first).

    `current_price` is the last close of the shortest timeframe unless it is told. Raise InvalidRequestError that names the candle.
    """
    body = _market(symbol, candles, current_price, volume_24h) | given(strategy_context=context)
    body |= {"masked": masked, "replay": replay}
    return ask_for(gateway, SignalAnalysis, "POST", "/ai/analyze", body=body, timeout=TIMEOUT_S)


def recommend(
    gateway: Gateway,
    symbol: str,
    candles: Candles,
    *,
    strategies: Sequence[str] | None = None,
    current_price: float | None = None,
    volume_24h: float | None = None,
) -> Steps[list[Recommendation]]:
    """Return each strategy with how well it suits the market, the best first."""
    body = _market(symbol, candles, current_price, volume_24h)
    body |= given(available_strategies=None if strategies is None else list(strategies))
    return ask_for(gateway, list[Recommendation], "POST", "/ai/strategy-recommendations", body=body)


def judge_market(
    gateway: Gateway, symbol: str, candles: Candles, *, current_price: float | None = None, volume_24h: float | None = None
) -> Steps[JudgedCondition]:
    """Return what kind of market it is, by the longest timeframe that is given."""
    return ask_for(gateway, JudgedCondition, "POST", "/ai/market-condition", body=_market(symbol, candles, current_price, volume_24h))


def predict_trend(gateway: Gateway, symbol: str, *, timeframe: str = "1h", candles: int = 100) -> Steps[PredictedTrend]:
    """Return where a symbol is heading by the candles that the platform has: its deployed model says so, else the rules."""
    body = {"symbol": symbol, "timeframe": timeframe, "candles": candles}
    return ask_for(gateway, PredictedTrend, "POST", "/predict-trend", body=body)


def give_feedback(
    gateway: Gateway,
    signal_id: str,
    symbol: str,
    *,
    predicted: Literal["Long", "Short", "Neutral"],
    outcome: Outcome,
    profit_loss: float | None = None,
    confidence_was_accurate: bool | None = None,
    notes: str | None = None,
) -> Steps[FeedbackReceived]:
    """Say what became of a signal; the second word on one stands in the first one's place."""
    body = given(profit_loss=profit_loss, confidence_was_accurate=confidence_was_accurate, feedback_notes=notes)
    body |= {"signal_id": signal_id, "symbol": symbol, "predicted_signal": predicted, "actual_outcome": outcome}
    return ask_for(gateway, FeedbackReceived, "POST", "/ai/feedback", body=body, key=new_key())


def get_performance(gateway: Gateway, *, days: int | None = None) -> Steps[Performance]:
    """Return how good your signals were, by feedback and by what the market did; of the last days, or of all."""
    return ask_for(gateway, Performance, "GET", "/ai/performance", params={"days": days})


def get_history(gateway: Gateway, *, days: int = 30, limit: int = 20, symbol: str | None = None) -> Steps[AnalysisHistory]:
    """Return the newest analyses, public ones and your own, the newest first; of one symbol, or of all."""
    return ask_for(gateway, AnalysisHistory, "GET", "/ai/gpt4-analysis-history", params={"days": days, "limit": limit, "symbol": symbol})


def _market(symbol: str, candles: Candles, current_price: float | None, volume_24h: float | None) -> dict[str, Any]:
    sent = {name: [dict(each) for each in rows] for name, rows in candles.items()}
    price = current_price if current_price is not None else last_close(sent)
    return {"symbol": symbol, "timeframe_data": sent, **given(current_price=price, volume_24h=volume_24h)}


def last_close(candles: Candles) -> float | None:
    """Return the close of the newest candle of all timeframes; None where there is none."""
    newest = [rows[-1] for rows in candles.values() if rows]
    return max(newest, key=lambda row: row.get("timestamp", 0)).get("close") if newest else None
