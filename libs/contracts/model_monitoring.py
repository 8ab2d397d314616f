"""Watching models: what the job kind `monitor_model` is asked and answers, and the events of a model that drifts and recovers.

The reference is what the version was measured on when it was made; the current rows are those of a window of time, or of a file. Shares and
areas are from 0 to 1; a value that cannot be computed is null, and `reasons` of the result says why under its dotted name, such as
`performance.estimated.accuracy`.
"""

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import ConfigDict, Discriminator, Field

from libs.contracts.envelope import Event, JsonObject, Message, Moment
from libs.contracts.own_candles import OwnCandles
from libs.contracts.texts import NamedFile, TextData
from libs.contracts.training import Artifact, TrainingSpec

REPORT: Final = "report.html"
FEATURES_MOST: Final = 200
"""Features that a snapshot tells of, those that do most harm first; `rows.features` has how many there were."""
BINS_MOST: Final = 20
PREDICTION: Final = "prediction"
"""How the drift of the answers is named, where features are named by their own names."""
LABELS_FORMAT: Final = "prediction_id,timestamp,symbol,value"
"""The columns of a file of labels, as CSV in UTF-8; a row has a `prediction_id`, or a `timestamp` (ISO 8601) with or without a `symbol`."""
FIRST_YEAR, LAST_YEAR = 1678, 2261  # Moments of rows are compared in nanoseconds since 1970, which have no room for others.
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Cause = Literal["performance", "drift", "predictions", "domain", "stream", "missing", "calibration", "freshness"]
"""What an alert of a model may be of; of features `drift` and `missing` name each its own."""


class MonitorThresholds(Message):
    """From where a difference counts. Unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    psi: Annotated[float, Field(gt=0, le=10)] = Field(
        0.25,
        description="Population stability index from which a feature, or the answers, drift; the reference's own noise if that is more.",
    )
    noise: Annotated[float, Field(ge=0.9, le=0.9999)] = Field(
        0.99,
        description="Share of the reference's own samples, as large as the current rows, whose index is less: what is more is no noise.",
    )
    domain_auc: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        0.6, description="Area under the curve of the classifier that tells reference from current rows; its interval must be above."
    )
    missing: Annotated[float, Field(gt=0, le=1)] = Field(0.1, description="By how much more of a feature's values may be missing.")
    performance: Annotated[float, Field(gt=0, le=1)] = Field(
        0.1, description="By which share of the reference's a metric may be worse; its interval must be beyond."
    )
    calibration: Annotated[float, Field(gt=0, le=1)] = Field(0.05, description="By how much the expected calibration error may grow.")
    adwin_delta: Annotated[float, Field(gt=0, lt=1)] = Field(0.002, description="ADWIN's confidence, for the stream of errors or answers.")
    freshness_seconds: Annotated[int, Field(ge=60, le=315_360_000)] | None = Field(
        None, description="How old the newest row may be; null: as old as three of the gaps between the reference's rows at most."
    )


class Window(Message):
    """A stretch of time; a row is in it from `start` on, and before `end`."""

    start: Moment | None = Field(None, description="Null: from the first row after the reference.")
    end: Moment | None = Field(None, description="Null: to the newest row.")


class MarketSubject(Message):
    """A version that learned from candles: features, answers and targets of both windows come from candles of `training`'s symbols."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["market"] = "market"
    training: TrainingSpec = Field(description="What the version was trained with; its `own` is what stood behind its symbols then.")
    test_start: Moment | None = Field(None, description="Begin of the version's test rows; null where its run card does not say.")
    test_end: Moment | None = Field(None, description="End of the version's test rows; null where its run card does not say.")
    learned_until: Moment | None = Field(
        None, description="No later candle has told the version anything; null where nobody wrote it down."
    )


class TextSubject(Message):
    """A version that learned from texts; the reference is the test part of `reference`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["text"] = "text"
    reference: TextData
    config: JsonObject = Field(default_factory=dict, description="A text_config.TextConfig as JSON: how the rows were split.")
    current: TextData | None = Field(None, description="Texts since; null where there are none, and `reasons` says so.")


class RecipeSubject(Message):
    """A version that a recipe made; the reference is the hold-out of its own data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["recipe"] = "recipe"
    family: str
    manifest: JsonObject = Field(description="The resolved manifest, which names data, split, learner and objective.")
    reference: NamedFile | None = Field(None, description="The file of its data; null where the manifest names data that ships.")
    current: NamedFile | None = Field(None, description="Rows since, with the same columns; null where there are none.")


Subject: TypeAlias = Annotated[MarketSubject | TextSubject | RecipeSubject, Discriminator("kind")]


class MonitorSpec(Message):
    """Which version is looked at, against which reference, and from where a difference counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    snapshot_id: str
    model_id: str
    version: str
    artifact: str = Field(description="The sha256 of the version's manifest.")
    subject: Subject
    window: Window = Field(default_factory=Window, description="The current rows; of files without a time all rows are.")
    labels: Artifact | None = Field(None, description=f"A CSV file with the columns {LABELS_FORMAT}; null where nobody gave any.")
    importance: dict[str, float] = Field(default_factory=dict, description="Of each feature, summing to 1; empty where not measured.")
    metrics: dict[str, float | None] = Field(default_factory=dict, description="What the version's training measured, out of sample.")
    thresholds: MonitorThresholds = Field(default_factory=MonitorThresholds)
    min_rows: Annotated[int, Field(ge=30, le=100_000)] = Field(100, description="Fewer current rows than these decide nothing.")
    seed: int = 7
    by_rules: bool = Field(default=True, description="Whether rows and labels are those of the model's rules: else it moves no alert.")
    unasked: bool = Field(default=False, description="Whether the platform looks of its own accord: nobody has asked, and nobody pays.")
    told: tuple[str, ...] = Field((), max_length=FEATURES_MOST, description="Features that it tells of in any case: of open alerts.")
    own: tuple[OwnCandles, ...] = Field((), description="What stands behind those symbols now that are the account's own.")


class DriftBin(Message):
    """A bin of a feature's values, or a category, and which share of the rows is in it."""

    label: str = Field(description="`(0.1, 0.35]`, a category, `other` or `missing`.")
    reference: Share
    current: Share


class FeatureDrift(Message):
    """How far a feature, or the answers, are from the reference."""

    name: str = Field(description=f"The feature's name; `{PREDICTION}` for the answers.")
    type: Literal["numeric", "categorical"]
    psi: float | None = Field(None, description="Population stability index over the reference's quantiles, or its categories.")
    ks: float | None = Field(None, description="Kolmogorov-Smirnov distance of two samples; of numbers alone.")
    ks_p_value: float | None = None
    wasserstein: float | None = Field(None, description="Wasserstein-1 distance in the reference's standard deviations; of numbers alone.")
    chi2: float | None = Field(None, description="Pearson's chi-squared of the table of categories; of categories alone.")
    chi2_p_value: float | None = None
    cramers_v: float | None = Field(None, description="Cramér's V of the same table.")
    noise: float | None = Field(None, description="The index that the reference's own samples stay below, by `thresholds.noise`.")
    threshold: float = Field(description="The index from which it drifts: `thresholds.psi`, or `noise` where that is more.")
    drifted: bool
    importance: float | None = Field(None, description="What it is worth to the version; null where that was not measured.")
    harm: float | None = Field(
        None, ge=0, description="Its index by its importance (by 1 over the number of features where that is not known): what ranks alerts."
    )
    missing_reference: Share | None = None
    missing_current: Share | None = None
    is_missing_more: bool = Field(default=False, description="Whether more of its values are missing than `thresholds.missing` allows.")
    bins: Annotated[tuple[DriftBin, ...], Field(max_length=BINS_MOST + 2)] = ()


class Interval(Message):
    """A metric with its interval; null where it cannot be computed."""

    value: float | None
    lower: float | None = None
    upper: float | None = None


class Performance(Message):
    """How well the version answers: measured where labels are there, estimated where they are not, beside the reference."""

    measured: dict[str, Interval] = Field(default_factory=dict, description="By metric, on the current rows that have a label.")
    estimated: dict[str, Interval] = Field(
        default_factory=dict, description="By metric, on all current rows, without their labels: CBPE of classes, DLE of numbers."
    )
    reference: dict[str, float | None] = Field(default_factory=dict, description="The same metrics on the reference.")
    method: Literal["CBPE", "DLE"] | None = Field(None, description="How it was estimated; null where it was not.")
    errors: tuple[str, ...] = Field((), description="The metrics of which less is better.")
    degraded: tuple[str, ...] = Field((), description="The metrics that are worse than `thresholds.performance` allows, the worst first.")


class DomainClassifier(Message):
    """Whether a classifier tells current rows from the reference: all features together."""

    auc: float | None = Field(None, description="Area under the curve, cross-fitted; 0.5: it cannot.")
    lower: float | None = None
    upper: float | None = None
    drifted: bool = False
    importance: dict[str, float] = Field(default_factory=dict, description="What it tells them apart by, the most first; sums to 1.")


class StreamChange(Message):
    """What ADWIN found on the stream of errors, or of answers where there are no labels."""

    stream: Literal["errors", "predictions"]
    changes: Count = Field(description="How often its mean has changed.")
    at: Moment | None = Field(None, description="When it changed last; null where it did not, or where rows have no time.")
    row: Count | None = Field(None, description="The current row at which it changed last, from 0.")
    before: float | None = Field(None, description="The mean before that.")
    after: float | None = Field(None, description="The mean since.")


class Freshness(Message):
    """How new the current rows are."""

    first: Moment | None = Field(None, description="The oldest current row; null where rows have no time.")
    last_update: Moment | None = Field(None, description="The newest current row; null where rows have no time.")
    age_seconds: Seconds | None = None
    allowed_seconds: Seconds | None = Field(None, description="How old it may be.")
    is_stale: bool = False


class ReliabilityBin(Message):
    """Answers of like confidence: how sure they were, and how often they were right."""

    confidence: Share
    accuracy: Share
    rows: Count


class SnapshotCalibration(Message):
    """Whether confidence is what it says, on the current rows that have a label."""

    ece: float | None = Field(None, description="Expected calibration error.")
    reference_ece: float | None = None
    is_worse: bool = Field(default=False, description="Whether it has grown by more than `thresholds.calibration`.")
    bins: tuple[ReliabilityBin, ...] = ()


class SnapshotRows(Message):
    """Of how many rows, and when."""

    reference: Count = 0
    current: Count = 0
    labelled: Count = Field(0, description="Current rows that have a label.")
    features: Count = 0
    reference_start: Moment | None = None
    reference_end: Moment | None = None


class SnapshotResult(Message):
    """A snapshot of a version: performance, drift, freshness, calibration, each against the reference."""

    performance: Performance = Field(default_factory=Performance)
    features: Annotated[tuple[FeatureDrift, ...], Field(max_length=FEATURES_MOST)] = Field((), description="Most harm first.")
    predictions: FeatureDrift | None = Field(None, description="Drift of the answers; null where there are none.")
    domain: DomainClassifier = Field(default_factory=DomainClassifier)
    adwin: StreamChange | None = None
    freshness: Freshness = Field(default_factory=Freshness)
    calibration: SnapshotCalibration = Field(default_factory=SnapshotCalibration)
    rows: SnapshotRows = Field(default_factory=SnapshotRows)
    enough: bool = Field(description="Whether there were rows enough (`min_rows`) to decide by; else nothing drifts, and nothing recovers.")
    synthetic: bool = Field(default=False, description="Whether any of the rows were generated.")
    notes: tuple[str, ...] = Field((), description="What was assumed, or looked at in part, in sentences.")
    reasons: dict[str, str] = Field(default_factory=dict)
    files: dict[str, Artifact] = Field(default_factory=dict, description=f"`{REPORT}`: a page that stands alone.")


class DriftAlertTold(Message):
    """An alert of a model as it is now."""

    id: str
    # No enumeration: a reader of an older release must be able to read a cause that it does not know.
    cause: str = Field(description="performance, drift, predictions, domain, stream, missing, calibration or freshness.")
    subject: str = Field(description="The feature or the metric that it is of; empty where it is of the whole.")
    message: str
    value: float | None
    threshold: float | None
    harm: float | None = Field(description="Estimated; alerts come with the most first.")
    raised_at: Moment
    resolved_at: Moment | None = Field(None, description="Null while it is open.")


class ModelDrifted(Event):
    """A snapshot of a model found what it had not before; carries the new alerts, and how many are open in all."""

    topic: ClassVar[str] = "model.drifted"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    version: str
    snapshot_id: str
    alerts: tuple[DriftAlertTold, ...] = Field(description="The new ones, the most harm first.")
    open: int = Field(ge=0, description="How many alerts of the model are open.")


class ModelRecovered(Event):
    """No alert of a model is open any more; carries those that the snapshot has resolved."""

    topic: ClassVar[str] = "model.recovered"
    key_field: ClassVar[str] = "model_id"

    model_id: str
    account_id: str
    version: str
    snapshot_id: str
    alerts: tuple[DriftAlertTold, ...]
