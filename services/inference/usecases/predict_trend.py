"""Say where a symbol is heading: by the model that is deployed for it, else by the written rules."""

from dataclasses import dataclass
from typing import Final, Literal

from libs.contracts.analyses import PredictTrend, TrendPredicted
from libs.contracts.own_candles import SECONDS
from services.inference.domain.analyses import DeployedModels, Deployments, Modelled, NoView, Seen
from services.inference.domain.signal_scores import horizon_of

POINTS: Final = 0.5
NO_MODEL: Final = "no model is deployed for this symbol and timeframe"
NO_HORIZON: Final = "signals of this timeframe are not judged, so the rules look no certain time ahead"
MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
Trending = Literal["BULLISH", "BEARISH", "NEUTRAL"]
WORDS: Final[dict[str, Trending]] = {"BUY": "BULLISH", "SELL": "BEARISH"}


@dataclass(frozen=True, slots=True)
class Trend:
    """Answers the ask PredictTrend."""

    deployments: Deployments
    models: DeployedModels

    async def __call__(self, ask: PredictTrend) -> TrendPredicted:
        """Return the model's word where one is deployed and says something, else the trend by the rules, and why."""
        found = (await self.deployments.of(ask.symbol)).get(ask.timeframe)
        owned = any(not each.is_live for each in ask.own)
        deployed = found if found and (not owned or found.account_id == ask.account_id) else None
        seen = await self.models.on_own(ask, deployed)
        if isinstance(seen.modelled, Modelled):
            return _by_model(ask, seen, seen.modelled)
        return _by_rules(ask, seen, seen.modelled.reason if isinstance(seen.modelled, NoView) else NO_MODEL)


def _by_model(ask: PredictTrend, seen: Seen, modelled: Modelled) -> TrendPredicted:
    said = modelled.view.prediction
    trend: Trending = WORDS.get(said, "NEUTRAL")
    if modelled.view.confidence is None:  # It says a value and no class.
        trend = "BULLISH" if modelled.stance > 0 else "BEARISH" if modelled.stance < 0 else "NEUTRAL"
    reasons = {} if modelled.horizon else {"prediction_horizon": "its training does not say how far it looks ahead"}
    if seen.candles != ask.candles:
        reasons["candles"] = f"the {ask.candles} that were asked for are those that the rules look at; a model looks at all"
    if modelled.view.confidence is None:
        reasons["confidence"] = "the model answers with a value, not with probabilities"
    return TrendPredicted(
        symbol=ask.symbol,
        trend=trend,
        confidence=modelled.view.confidence,
        prediction_horizon=span_of(modelled.horizon * SECONDS[ask.timeframe]) if modelled.horizon else None,
        source="model",
        model_view=modelled.view,
        candles=seen.candles,
        as_of=seen.as_of,
        age_bars=seen.age_bars,
        stale=seen.stale,
        synthetic=seen.synthetic or modelled.synthetic,
        data_source=seen.source,
        reasons=reasons,
    )


def _by_rules(ask: PredictTrend, seen: Seen, why: str) -> TrendPredicted:
    points, few = seen.trend, f"{seen.candles} candles are too few"
    horizon = horizon_of(ask.timeframe)  # when a signal of such candles is judged
    reasons = {"model_view": why} | ({} if horizon else {"prediction_horizon": NO_HORIZON})
    if points is None:
        reasons["trend"] = reasons["confidence"] = f"{few}: averages of 20 candles and more are compared"
    elif seen.strength is None:
        reasons["confidence"] = f"{few}: ADX, by which a trend's strength is measured, needs 28"
    return TrendPredicted(
        symbol=ask.symbol,
        trend=None if points is None else "BULLISH" if points >= POINTS else "BEARISH" if points <= -POINTS else "NEUTRAL",
        confidence=seen.strength,
        prediction_horizon=span_of(int(horizon.total_seconds())) if horizon else None,
        source="technical",
        candles=seen.candles,
        as_of=seen.as_of,
        age_bars=seen.age_bars,
        stale=seen.stale,
        synthetic=seen.synthetic,
        data_source=seen.source,
        reasons=reasons,
    )


def span_of(seconds: int) -> str:
    """Return a time in the largest unit that it is whole in: `24h`, `45m`, `5d`; two days and less in hours."""
    if seconds % DAY == 0 and seconds > 2 * DAY:
        return f"{seconds // DAY}d"
    return f"{seconds // HOUR}h" if seconds % HOUR == 0 else f"{seconds // MINUTE}m"
