"""What became of signals: feedback, performance, what is stored, and what is suggested by it."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import AT, REASONS, Answer, Moment
from modelbourse.answers.trading_ai.live import SIGNAL_ID


class FeedbackReceived(Answer):
    """Feedback is kept."""

    message: str = Field(description="In words.", examples=["Feedback received successfully"])
    signal_id: str = Field(description="The signal's id, as it was sent.", examples=[SIGNAL_ID])
    known: bool = Field(description="Whether the platform made this signal: what it did not make counts in no figure.", examples=[True])
    repeated: bool = Field(description="Whether it stands in the place of what you said of this signal before.", examples=[False])
    timestamp: Moment = Field(description="When it came.", examples=[AT])


class Reliability(Answer):
    """Signals of about the same confidence, and how often they were right."""

    low: float = Field(description="Confidences from this.", examples=[0.6])
    high: float = Field(description="To below this; to it, for the last.", examples=[0.7])
    signals: int = Field(description="How many.", examples=[120])
    mean_confidence: float = Field(description="Their mean confidence.", examples=[0.64])
    hit_rate: float = Field(description="How many of them were right, as a fraction.", examples=[0.61])


class OriginPerformance(Answer):
    """How good the signals of one origin were."""

    origin: Literal["platform", "caller", "unknown"] = Field(
        description="Whose candles were judged: the platform's own, or such as a caller sent; `unknown`: signals of before that was kept.",
        examples=["platform"],
    )
    predictions_made: int = Field(description="Signals that were made.", examples=[1250])
    successful_predictions: int = Field(description="Hits.", examples=[410])
    failed_predictions: int = Field(description="Misses.", examples=[296])
    neutral_predictions: int = Field(description="What was neither.", examples=[300])
    waiting: int = Field(description="Signals whose horizon is not over.", examples=[200])
    unscored: int = Field(description="Signals that can never be scored.", examples=[44])
    overall_accuracy: float | None = Field(description="Hits / (hits + misses).", examples=[0.58])
    accuracy_interval: list[float] | None = Field(description="Its 95 % interval (Wilson 1927).", examples=[[0.54, 0.62]])
    average_confidence: float | None = Field(description="Of all that were made.", examples=[0.61])
    brier_score: float | None = Field(description="Mean of (confidence - hit)² (Brier 1950).", examples=[0.24])
    calibration_error: float | None = Field(description="Mean distance of confidence and hit rate over the groups.", examples=[0.05])
    reasons: dict[str, str] = REASONS


class Performance(Answer):
    """How good signals were: by what the market did and by feedback (docs/signal-scores.md)."""

    overall_accuracy: float | None = Field(description="Hits / (hits + misses).", examples=[0.58])
    precision: float | None = Field(description="Mean over Long and Short of how many of what was said was right.", examples=[0.57])
    recall: float | None = Field(description="Mean over Long and Short of how much of what was right was said.", examples=[0.49])
    f1_score: float | None = Field(description="Mean over Long and Short of the harmonic mean of both.", examples=[0.52])
    predictions_made: int = Field(description="Signals that were made.", examples=[1250])
    successful_predictions: int = Field(description="Hits.", examples=[410])
    average_confidence: float | None = Field(description="Of all that were made.", examples=[0.61])
    model_uptime: str | None = Field(
        description="Share of minutes since `uptime_since` in which an analyst was at work.", examples=["99.5%"]
    )
    last_updated: Moment = Field(description="When it was computed.", examples=[AT])
    scope: Literal["account", "platform"] = Field(description="Whose signals: the caller's, or all public ones.", examples=["account"])
    days: int | None = Field(description="Of the last so many days; null: of all that are kept.", examples=[None])
    failed_predictions: int = Field(description="Misses.", examples=[296])
    neutral_predictions: int = Field(description="What was neither: they count among predictions alone.", examples=[300])
    waiting: int = Field(description="Signals whose horizon is not over, or whose candles have not come.", examples=[200])
    unscored: int = Field(description="Signals that can never be scored.", examples=[44])
    unscored_reasons: dict[str, int] = Field(description="Why, and how many.", examples=[{}])
    feedback_count: int = Field(description="How many of them there is feedback on.", examples=[12])
    accuracy_interval: list[float] | None = Field(description="95 % interval of the accuracy (Wilson 1927).", examples=[[0.54, 0.62]])
    brier_score: float | None = Field(description="Mean of (confidence - hit)² (Brier 1950); less is better.", examples=[0.24])
    calibration_error: float | None = Field(description="Mean distance of confidence and hit rate over the groups.", examples=[0.05])
    calibration: list[Reliability] = Field(description="By confidence, ten groups at most.")
    by_origin: list[OriginPerformance] = Field(
        default_factory=list, description="The same apart for signals of the platform's own candles and of those that callers sent."
    )
    uptime_since: Moment | None = Field(description="Since when it is recorded.", examples=[AT])
    reasons: dict[str, str] = REASONS


class SymbolAnalyses(Answer):
    """A symbol's analyses."""

    symbol: str = Field(description="The symbol.", examples=["BTCUSDT"])
    analysis_count: int = Field(description="How many are stored.", examples=[450])
    latest_analysis: Moment = Field(description="When the newest was made.", examples=[AT])


class SkippedSymbol(Answer):
    """A symbol that the periodic analysis has passed over."""

    symbol: str = Field(description="The symbol.", examples=["ADAUSDT"])
    reason: str = Field(description="Why.", examples=["there are no candles for it"])
    at: Moment = Field(description="When last.", examples=[AT])


class StorageStats(Answer):
    """What is stored: public analyses, and the caller's own."""

    total_analyses: int = Field(description="How many.", examples=[1250])
    symbols_analyzed: int = Field(description="Of how many symbols.", examples=[8])
    symbol_breakdown: list[SymbolAnalyses] = Field(description="By symbol, the 100 with the most, these first.")
    analysis_interval_minutes: int = Field(description="How often tracked symbols are analysed.", examples=[5])
    collection_name: str = Field(description="Where they are.", examples=["ai_analysis_results"])
    skipped: list[SkippedSymbol] = Field(description="What the periodic analysis has passed over.")


class StorageCleared(Answer):
    """The analyses are gone; scores and feedback stay, as they are a record."""

    message: str = Field(description="In words.", examples=["Storage cleared successfully"])
    cleared_analyses: int = Field(description="How many were removed.", examples=[1250])
    timestamp: Moment = Field(description="When.", examples=[AT])


class PastAnalysis(Answer):
    """An analysis in short."""

    symbol: str = Field(description="Of what.", examples=["BTCUSDT"])
    signal: Literal["Long", "Short", "Neutral"] = Field(description="Which way.", examples=["Long"])
    confidence: float = Field(description="How sure.", examples=[0.62])
    reasoning: str = Field(description="Why.", examples=["RSI(14) is 28.4, below 30."])
    timestamp: Moment = Field(description="When it was made.", examples=[AT])
    signal_id: str | None = Field(description="The signal's id.", examples=[SIGNAL_ID])
    model_type: str | None = Field(description="`technical`, or the LLM that has answered.", examples=["technical"])
    origin: Literal["platform", "caller"] = Field(
        description="Whether it is of the platform's own candles, or of some that a caller has sent.", examples=["platform"]
    )


class AnalysisHistory(Answer):
    """The newest analyses, the newest first."""

    total: int = Field(description="How many there are of these days.", examples=[450])
    limit: int = Field(description="How many are shown at most.", examples=[20])
    analyses: list[PastAnalysis] = Field(description="The newest.")


class ConfigAnalysed(Answer):
    """An analysis of how you trade."""

    analysis_id: str = Field(description="Its id.", examples=["config_analysis_20260206_140000"])
    status: Literal["COMPLETED"] = Field(description="It is done.", examples=["COMPLETED"])
    suggestions_generated: int = Field(description="How many suggestions came of it.", examples=[2])
    backtests_analyzed: int = Field(description="Of how many backtests.", examples=[14])
    timestamp: Moment = Field(description="When.", examples=[AT])
    reasons: dict[str, str] = Field(description="Why nothing is suggested about something.", examples=[{}])


class ConfigSuggestion(Answer):
    """A suggestion, computed of what was measured. A weight has the keys with `weight`, any other value those with `value`."""

    category: str = Field(
        description="`risk_management` (position size), `stop_loss`, `strategy_weight` or `signal_confidence`.",
        examples=["risk_management"],
    )
    strategy: str | None = Field(None, description="Of which strategy.", examples=["RSI Strategy"])
    current_value: float | None = Field(None, description="What you use; null where you use none.", examples=[0.1])
    suggested_value: float | None = Field(None, description="What is suggested.", examples=[0.04])
    current_weight: float | None = Field(None, description="The weight now: equal.", examples=[0.5])
    suggested_weight: float | None = Field(None, description="The weight that is suggested.", examples=[0.62])
    reasoning: str = Field(description="Why, with the numbers.", examples=["RSI Strategy won 62 of 100 trades."])
    impact: Literal["HIGH", "MEDIUM", "LOW"] = Field(description="By how much it changes.", examples=["HIGH"])
    confidence: float = Field(description="1 less the width of the 95 % interval that it rests on.", examples=[0.81])
    sample: int = Field(description="How many trades or signals it rests on.", examples=[100])


class ConfigSuggestions(Answer):
    """What the newest analysis suggests."""

    suggestions: list[ConfigSuggestion] = Field(description="Those that change most first.")
    total_suggestions: int = Field(description="How many there are.", examples=[2])
    analysis_date: Moment | None = Field(description="When they were computed.", examples=[AT])
    analysis_id: str | None = Field(description="Of which analysis.", examples=["config_analysis_20260206_140000"])
    reasons: dict[str, str] = Field(description="Why nothing is suggested about something.", examples=[{}])
