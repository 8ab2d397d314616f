"""What inference is asked about signals that were made: feedback on them, how good they were, and the analyses that are kept."""

from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from libs.contracts.analyses import Origin, Share, Signal
from libs.contracts.envelope import Ask, Message, Moment, Reply

TOPIC = "inference.asks.signals"
FeedbackOutcome = Literal["PROFIT", "LOSS", "NEUTRAL"]
DAYS_MOST = 365
# So many fit into one message, however long their reasons are.
LIMIT_MOST = 200
SYMBOLS_MOST = 100


class FeedbackTaken(Reply):
    """What has become of feedback."""

    signal_id: str
    known: bool = Field(description="Whether the platform made this signal: what it did not make counts in no figure.")
    repeated: bool = Field(description="Whether the caller had given feedback on this signal: this one stands in its place.")
    taken_at: Moment


class GiveFeedback(Ask[FeedbackTaken]):
    """Keep what became of a signal, by who traded it. The same caller's second word on a signal stands in the first one's place."""

    topic: ClassVar[str] = TOPIC
    name: ClassVar[str] = "feedback.give"
    key_field: ClassVar[str] = "signal_id"

    signal_id: str
    caller: str = Field(description="Who gives it: an account, or a stranger by the hash of his address.")
    account_id: str | None
    symbol: str
    predicted_signal: Signal
    actual_outcome: FeedbackOutcome
    profit_loss: float | None = None
    confidence_was_accurate: bool | None = None
    feedback_notes: str | None = None
    timestamp: int | None = Field(None, description="When it was traded, in milliseconds since 1970 (UTC).")


class ReliabilityBin(Message):
    """Signals whose confidence lies from `low` to below `high` (to it, for the last), and how often they were right."""

    low: float
    high: float
    signals: int
    mean_confidence: float
    hit_rate: float


class OriginScores(Message):
    """How good the signals of one origin were: of the platform's own candles, or of such as callers sent."""

    origin: Literal["platform", "caller", "unknown"] = Field(description="`unknown`: of signals that were kept before it was.")
    predictions: int
    hits: int
    misses: int
    neutral: int
    waiting: int
    unscored: int
    accuracy: Share | None
    accuracy_interval: tuple[float, float] | None
    average_confidence: Share | None
    brier_score: float | None
    calibration_error: float | None
    reasons: dict[str, str] = Field(default_factory=dict)


class SignalPerformance(Reply):
    """How good signals were. What cannot be computed is null, and `reasons` says why under its name."""

    predictions: int = Field(description="Signals that were made.")
    hits: int
    misses: int
    neutral: int = Field(description="What moved too little to be either, and trades that came out even.")
    waiting: int = Field(description="Signals whose horizon is not over, or whose candles have not come yet.")
    unscored: int = Field(description="Signals that can never be scored: there were no candles.")
    feedback: int = Field(description="Signals of these that somebody has given feedback on; of an account, itself.")
    accuracy: Share | None
    accuracy_interval: tuple[float, float] | None = Field(description="Of 95 %, by Wilson (1927).")
    precision: Share | None
    recall: Share | None
    f1: Share | None
    average_confidence: Share | None
    brier_score: float | None
    calibration_error: float | None = Field(description="Mean distance of confidence and hit rate over the bins, by their signals.")
    calibration: tuple[ReliabilityBin, ...]
    unscored_reasons: dict[str, int] = Field(default_factory=dict, description="Why signals were not scored, and how many.")
    by_origin: tuple[OriginScores, ...] = Field((), description="The same by whose candles were judged: no origin twice.")
    uptime: float | None = Field(None, description="Share of the minutes since `uptime_since` in which an analyst was at work.")
    uptime_since: Moment | None = None
    reasons: dict[str, str] = Field(default_factory=dict)
    computed_at: Moment


class ReadPerformance(Ask[SignalPerformance]):
    """Say how good the signals of the last days were: those that an account asked for, or all that are public."""

    topic: ClassVar[str] = TOPIC
    name: ClassVar[str] = "performance.read"
    key_field: ClassVar[str] = "scope"

    scope: str = Field(description="The account, or `platform`.")
    account_id: str | None = None
    days: int | None = Field(None, ge=1, le=DAYS_MOST, description="Of the last so many days; null: of all that are kept.")


class KeptAnalysis(Message):
    """An analysis in short."""

    signal_id: str | None
    symbol: str
    signal: Signal
    confidence: float
    reasoning: str
    made_at: Moment
    origin: Origin = Field("caller", description="Whether it is of the platform's own candles, or of some that a caller has sent.")
    model: str | None = Field(description="`technical`, or the LLM that has answered.")


class KeptAnalyses(Reply):
    """The newest analyses, the newest first, and how many there are."""

    total: int
    analyses: tuple[KeptAnalysis, ...]


class ReadAnalyses(Ask[KeptAnalyses]):
    """Say what was analysed: what is public, and what is the account's own."""

    topic: ClassVar[str] = TOPIC
    name: ClassVar[str] = "analyses.read"
    key_field: ClassVar[str] = "scope"

    scope: str
    account_id: str | None = None
    days: int = Field(ge=1, le=DAYS_MOST)
    limit: int = Field(ge=1, le=LIMIT_MOST)
    symbols: tuple[str, ...] = Field((), max_length=4, description="Only analyses of these, by any of one symbol's names; empty: of all.")


class SymbolStored(Message):
    """A symbol's analyses."""

    symbol: str
    analyses: int
    latest_at: Moment


class SymbolSkipped(Message):
    """A symbol that the periodic analysis has passed over, why, and when last."""

    symbol: str
    reason: str
    at: Moment


class Storage(Reply):
    """What is stored, the symbol with the most analyses first."""

    total: int
    symbols: tuple[SymbolStored, ...] = Field(description=f"At most {SYMBOLS_MOST}.")
    symbols_counted: int = Field(description="How many symbols there are in all.")
    skipped: tuple[SymbolSkipped, ...] = ()
    interval_s: float = Field(description="How often tracked symbols are analysed, in seconds.")


class ReadStorage(Ask[Storage]):
    """Say what is stored: what is public, and what is the account's own."""

    topic: ClassVar[str] = TOPIC
    name: ClassVar[str] = "storage.read"
    key_field: ClassVar[str] = "scope"

    scope: str
    account_id: str | None = None


class StorageCleared(Reply):
    """How many analyses were removed."""

    cleared: int


class ClearStorage(Ask[StorageCleared]):
    """Remove all analyses. Scores and feedback stay: they are a record, and no cache."""

    topic: ClassVar[str] = TOPIC
    name: ClassVar[str] = "storage.clear"
    key_field: ClassVar[str] = "by"

    by: str = Field(description="Who wants it.")


SignalsAsk: TypeAlias = GiveFeedback | ReadPerformance | ReadAnalyses | ReadStorage | ClearStorage
