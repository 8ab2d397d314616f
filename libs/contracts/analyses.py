"""What inference is asked about a market, and what it answers: an analysis whose every number rests on the candles that were sent."""

from typing import Annotated, ClassVar, Final, Literal, TypeAlias, get_args

from pydantic import Field

from libs.contracts.envelope import Ask, Event, JsonObject, Message, Moment, Reply
from libs.contracts.own_candles import OwnCandles, Timeframe
from libs.contracts.sent_candles import CANDLES_MOST, AnalysisTimeframe, DayVolume, MarketData

Signal = Literal["Long", "Short", "Neutral"]
StrategyWord = Literal["RSI Strategy", "MACD Strategy", "Bollinger Bands Strategy", "Volume Strategy", "Stochastic Strategy"]
# From the shortest to the longest.
TIMEFRAMES: Final[tuple[AnalysisTimeframe, ...]] = get_args(AnalysisTimeframe)
STRATEGIES: Final[tuple[StrategyWord, ...]] = (
    "RSI Strategy", "MACD Strategy", "Volume Strategy", "Bollinger Bands Strategy", "Stochastic Strategy",
)  # fmt: skip
Risk = Literal["Low", "Medium", "High"]
ConditionType = Literal["Trending Up", "Trending Down", "Sideways"]
MarketPhase = Literal["Active Trading", "Consolidation", "Breakout"]
Origin = Literal["platform", "caller"]
Share = Annotated[float, Field(ge=0, le=1)]
Warnings = dict[str, tuple[str, ...]]


class StrategyContext(Message):
    """What the caller says besides: text of it is data, and never an instruction."""

    selected_strategies: tuple[str, ...] = ()
    market_condition: str | None = None
    risk_level: str | None = None
    user_preferences: JsonObject = Field(default_factory=dict)
    technical_indicators: JsonObject = Field(default_factory=dict)


class MarketAnalysis(Message):
    """Trend, levels, volatility and volume. What cannot be computed is null."""

    trend_direction: Literal["Bullish", "Bearish", "Neutral"] | None
    trend_strength: Share | None
    support_levels: tuple[float, ...]
    resistance_levels: tuple[float, ...]
    volatility_level: Risk | None
    volume_analysis: str | None


class RiskAssessment(Message):
    """How risky a position is, how large it may be, and where it ends. What cannot be computed is null."""

    overall_risk: Risk | None
    technical_risk: Share | None
    market_risk: Share | None
    recommended_position_size: Share | None = Field(description="As a fraction of the equity.")
    stop_loss_suggestion: float | None
    take_profit_suggestion: float | None


class MarketCondition(Message):
    """What kind of market it is."""

    condition_type: ConditionType | None
    confidence: Share
    characteristics: tuple[str, ...]
    recommended_strategies: tuple[StrategyWord, ...]
    market_phase: MarketPhase | None


class ModelView(Message):
    """What the deployed model of the symbol says, where there is one."""

    model_id: str
    version: str
    prediction: str
    confidence: float | None


class Verdict(Message):
    """What an analyst says: the technical one by rules, or an LLM that was given the technical one's numbers."""

    signal: Signal
    confidence: Share
    reasoning: str
    strategy_scores: dict[str, Share | None]
    market_analysis: MarketAnalysis
    risk_assessment: RiskAssessment


class MaskedDifference(Message):
    """How an LLM's answer without names and dates differs from that with them: what it remembers of a market shows here."""

    signal_changed: bool
    confidence: float = Field(ge=-1, le=1, description="The masked answer's less the other's.")
    strategy_scores: dict[str, float | None] = Field(description="The same of each score; null where one of both has none.")


class Analysis(Verdict, Reply):
    """An analysis. `indicators` by timeframe are what it rests on; `reasons` say why a value is null, by its path."""

    signal_id: str | None = Field(description="Of the signal that was made of it; null for a repeated answer, of which none is.")
    symbol: str
    price: float = Field(description="What the symbol cost when it was analysed.")
    timeframe: str = Field(description="The longest timeframe that was analysed.")
    analyst: Literal["technical", "llm"]
    llm_model: str | None = Field(None, description="The LLM that has answered; null where none has.")
    llm_absent: str | None = Field(None, description="Why no LLM has answered, or why its answer was put aside; null where it stands.")
    masked: Verdict | None = Field(None, description="What the LLM says without names and dates, where that was asked for.")
    masked_difference: MaskedDifference | None = Field(None, description="How that differs; null unless both answers stand.")
    condition: MarketCondition
    indicators: dict[str, dict[str, float | None]]
    model_view: ModelView | None = None
    reasons: dict[str, str] = Field(default_factory=dict)
    warnings: Warnings = Field(default_factory=dict, description="What was noticed of the candles that were sent, by path.")
    volume_24h: DayVolume | None = Field(None, description="What was said to be traded in 24 hours, beside the candles.")
    synthetic: bool = False
    recent: bool = Field(default=False, description="Whether it is one of the last five minutes, and was not made for this request.")
    replayed: bool = Field(default=False, description="Whether the LLM's answer is a kept one to exactly this, as was asked for.")
    made_at: Moment
    timestamp: int = Field(description="Of the request it was made for, in milliseconds since 1970 (UTC).")


class Suitability(Message):
    """How well a strategy suits the market as it is."""

    strategy_name: str
    suitability_score: Share
    reasoning: str
    recommended_config: JsonObject


class Recommendations(Reply):
    """Strategies, the most suitable first."""

    strategies: tuple[Suitability, ...]
    warnings: Warnings = Field(default_factory=dict, description="What was noticed of the candles that were sent, by path.")


class ConditionJudged(Reply):
    """The kind of market."""

    condition: MarketCondition
    reasons: dict[str, str] = Field(default_factory=dict)
    warnings: Warnings = Field(default_factory=dict, description="What was noticed of the candles that were sent, by path.")
    volume_24h: DayVolume | None = Field(None, description="What was said to be traded in 24 hours, beside the candles.")


class Analyze(Ask[Analysis]):
    """Analyse a symbol by the candles that are sent."""

    topic: ClassVar[str] = "inference.asks.analysis"
    name: ClassVar[str] = "analysis.make"
    ends_unread: ClassVar[bool] = True
    key_field: ClassVar[str] = "symbol"

    symbol: str
    account_id: str | None = Field(description="Whose request it is; null for one without a credential.")
    tier: str
    own: bool = Field(default=False, description="Whether the symbol is the account's own: nobody else is told of its signals then.")
    market: MarketData
    context: StrategyContext | None = None
    masked: bool = Field(default=False, description="Whether the LLM is to be asked without names and dates, too.")
    replay: bool = Field(default=False, description="Whether a kept answer to exactly this is to be repeated.")


class RecommendStrategies(Ask[Recommendations]):
    """Say which strategies suit a symbol's market."""

    topic: ClassVar[str] = "inference.asks.analysis"
    name: ClassVar[str] = "strategies.recommend"
    key_field: ClassVar[str] = "symbol"

    symbol: str
    market: MarketData
    available_strategies: tuple[str, ...]


class JudgeCondition(Ask[ConditionJudged]):
    """Say what kind of market a symbol has."""

    topic: ClassVar[str] = "inference.asks.analysis"
    name: ClassVar[str] = "condition.judge"
    key_field: ClassVar[str] = "symbol"

    symbol: str
    market: MarketData


class TrendPredicted(Reply):
    """Where the price is heading. What is not known is null, and `reasons` says why."""

    symbol: str
    trend: Literal["BULLISH", "BEARISH", "NEUTRAL"] | None
    confidence: Share | None
    prediction_horizon: str | None = Field(description="How far ahead it looks: `14h` is 14 candles of an hour.")
    source: Literal["model", "technical"] = Field(description="Whether the deployed model says so, or the rules.")
    model_view: ModelView | None = None
    candles: int = Field(description="How many candles it rests on.")
    as_of: Moment = Field(description="Close of the newest of them.")
    age_bars: int | None = Field(description="How many bars have closed since, by the symbol's calendar.")
    stale: bool | None = Field(description="Whether these are more than 3, or what is set.")
    synthetic: bool
    data_source: str
    reasons: dict[str, str] = Field(default_factory=dict)


class PredictTrend(Ask[TrendPredicted]):
    """Say where a symbol is heading, by the candles that the platform has of it."""

    topic: ClassVar[str] = "inference.asks.analysis"
    name: ClassVar[str] = "trend.predict"
    key_field: ClassVar[str] = "symbol"

    symbol: str
    account_id: str | None = Field(description="Whose request it is; null for one without a credential.")
    timeframe: Timeframe
    candles: int = Field(ge=1, le=CANDLES_MOST, description="How many of the newest candles the rules look at; a model looks at all.")
    own: tuple[OwnCandles, ...] = Field((), description="What stands behind the symbol, where it is the account's own.")
    synthetic_allowed: bool = False


class Tracking(Reply):
    """Which symbols are analysed by themselves, and how often; none where that is switched off."""

    symbols: tuple[str, ...]
    every_s: float = Field(gt=0)


class ReadTracking(Ask[Tracking]):
    """Say which symbols are analysed by themselves."""

    topic: ClassVar[str] = "inference.asks.analysis"
    name: ClassVar[str] = "tracking.read"
    key_field: ClassVar[str] = "subject"

    subject: str = "tracking"


AnalysisAsk: TypeAlias = Analyze | RecommendStrategies | JudgeCondition | PredictTrend | ReadTracking


class SignalGenerated(Event):
    """An analysis was made: whoever follows signals is told of it."""

    topic: ClassVar[str] = "signal.generated"
    key_field: ClassVar[str] = "symbol"

    signal_id: str
    symbol: str
    origin: Origin = Field(
        "caller", description="`platform`: of its periodic analysis, by candles of its own. `caller`: by candles that somebody has sent."
    )
    account_id: str | None = Field(description="Whose own symbol it is, who alone is told of it; null where everybody is.")
    requested_by: str | None = Field(description="The account that has asked for it; null for the platform's own and for strangers.")
    signal: Signal
    confidence: Share
    reasoning: str
    strategy_scores: dict[str, Share | None]
    model_type: str = Field(description="`technical`, or the LLM that has answered.")
    timeframe: str = Field(description="The longest timeframe that was analysed.")
    price: float = Field(description="What the symbol cost when it was analysed.")
    synthetic: bool = False
    timestamp: int = Field(description="In milliseconds since 1970 (UTC).")
