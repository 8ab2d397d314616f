"""What inference answers: predictions with reasons."""

from datetime import date
from typing import ClassVar, Final, Literal

import orjson
from pydantic import Field, PositiveInt

from libs.contracts.envelope import Ask, Message, Moment, Reply
from libs.contracts.own_candles import OwnCandles

CONFIDENCE = (
    "Probability of the class answered; of a forecast the level of its interval; null for regression, and where the model abstains."
)
IN_SAMPLE = (
    "Whether the version was trained on this candle: then its answer is no evidence of how good it is. Null where its training did not say."
)
AGE_BARS = "How many bars of its timeframe have closed since `as_of`, by its calendar; null without `as_of`."
STALE = "Whether these are more than the platform's `STALE_AFTER_BARS`; null without `as_of`."
SYNTHETIC_PARTS = "What of it was generated: the candles that its model was trained on, or those of this prediction."
STATIC_DATA = "Whether the model's symbols have no live source: their newest candle stays the newest."
ABSTAIN: Final = "ABSTAIN"
"""The `prediction` of a model that abstains."""
QUALITY = "0 to 1: the share of the version's training rows that are at least as unusual as this row; 0 if none is. Null where not known."
ABSTAINED = "Why the answer is withheld; null where it is not."
INTERACTIONS = (
    "Only where asked for: the upper triangle of the symmetric matrix of SHAP interaction values, its diagonal included, line by line in "
    "the order of the reply's features. Null where the model has none; the reply's `reasons` say why."
)
HORIZON = "Of a forecast: so many candles ahead; null for other models."


CALIBRATION = (
    "How probabilities were calibrated on held-out rows; base value, contributions and outputs are on the scale from before. Left out "
    "where they were not."
)


CalibrationMethod = Literal["isotonic", "platt"]
SyntheticPart = Literal["training", "candle"]
IntervalMethod = Literal["quantiles", "conformalized_quantiles", "split_conformal"]
INTERVAL_METHOD = "What the interval is made of: the network's own quantiles, these widened by their misses, or errors out of sample."
PREDICTION_SET = "Of a classifier: the classes of which one is the truth as often as the level says; it may be empty. Null for values."
ROWS_MOST: Final = 2_000
"""Rows of a window that is sent."""


class Interval(Message):
    """Where a forecast's true close lies, as often as `level` says."""

    low: float
    high: float
    level: float = Field(description="0 to 1.")


class Abstained(Message):
    """Why a model abstains. Probabilities and contributions beside it are those of what it would have answered."""

    rule: Literal["quality_below", "age_bars_above"] = Field(description="The key of `abstain_when` that applies.")
    reason: str
    would_have_been: str | float = Field(description="The answer that is withheld, which contributions explain.")


def _is_none(value: object) -> bool:
    return value is None


class Prediction(Message):
    """One symbol's prediction and why. `base_value` plus the contributions is the served model's output on `scale`."""

    symbol: str
    prediction: str | float = Field(description=f"The class, or the value; {ABSTAIN} where the model abstains.")
    confidence: float | None = Field(description=CONFIDENCE)
    feature_contributions: dict[str, float]
    probabilities: dict[str, float] | None = Field(description="By class; null for regression.")
    value: float | None = Field(description="The predicted value; null for classification, and where the model abstains.")
    base_value: float
    scale: str = Field(description="probability, log-odds or value: what base value and contributions are measured in.")
    additivity_error: float = Field(description="|base value + sum of contributions - served output|.")
    as_of: Moment | None = Field(description="Close of the candle the features rest on; null when the request gave them.")
    synthetic: bool = Field(description="Whether the candles behind it were generated.")
    interval: Interval | None = Field(None, description="Of a forecast: where the close is to lie; null for other models.")
    horizon: int | None = Field(None, description=HORIZON)
    age_bars: int | None = Field(None, description=AGE_BARS)
    stale: bool | None = Field(None, description=STALE)
    synthetic_parts: tuple[SyntheticPart, ...] = Field((), description=SYNTHETIC_PARTS)
    quality: float | None = Field(None, description=QUALITY)
    model_age_days: float | None = Field(None, description="Days since the version was made.")
    abstained: Abstained | None = Field(None, description=ABSTAINED)
    reasons: dict[str, str] = Field(default_factory=dict, description="Why a value is null, by its name.")
    calibration: CalibrationMethod | None = Field(None, description=CALIBRATION, exclude_if=_is_none)
    # Left out where no level was asked for: what AI Studio answers has neither.
    interval_method: IntervalMethod | None = Field(None, description=INTERVAL_METHOD, exclude_if=_is_none)
    prediction_set: tuple[str, ...] | None = Field(None, description=PREDICTION_SET, exclude_if=_is_none)


class Predictions(Reply):
    """Predictions in the order of the symbols asked."""

    predictions: tuple[Prediction, ...]
    model_version: str
    prediction_timestamp: Moment
    static_data: bool = Field(default=False, description=STATIC_DATA)


class SentRows(Message):
    """A window of rows that is sent: one after the other, each known at its time; columns are of one length."""

    times: tuple[Moment, ...] = Field(min_length=1, max_length=ROWS_MOST, description="When each was known, oldest first.")
    columns: dict[str, tuple[float, ...]] = Field(description="Raw columns (`price_open` to `volume`), further ones, or features.")


class Predict(Ask[Predictions]):
    """Predict some symbols with one model version, from given features or from the latest candles."""

    topic: ClassVar[str] = "inference.asks.prediction"
    name: ClassVar[str] = "prediction.make"
    key_field: ClassVar[str] = "model_id"
    shares_records: ClassVar[bool] = True

    model_id: str
    account_id: str
    version: str
    artifact: str = Field(description="sha256 of the version's manifest.")
    symbols: tuple[str, ...]
    rows: tuple[tuple[float, ...] | None, ...] = Field(
        description="A symbol's features in the model's order, or null to compute them from its latest candles. A model on windows "
        "takes them in place of the latest candle's, and those before from candles."
    )
    timeframe: str
    synthetic_allowed: bool = False
    static_data: bool = Field(default=False, description=STATIC_DATA)
    made_at: Moment | None = Field(None, description="When the version was made; null where whoever asks does not say.")
    own: tuple[OwnCandles, ...] = Field((), description="What stands behind those symbols that are the caller's own.")
    sent: SentRows | None = Field(None, description="Of one symbol: what its features are computed from, in place of `rows` and candles.")
    interval_level: float | None = Field(None, description="0 to 1: an interval, or a set of classes, of this level is wanted beside it.")
    wanted_level: float | None = Field(None, description="What `interval_level` was before outcomes adapted it; null where none have.")

    def to_json(self) -> bytes:
        """Return what an answerer reads, written in a quarter of the usual time: there are thousands of these a second."""
        return orjson.dumps(self.__dict__, default=_to_json, option=orjson.OPT_UTC_Z)


def _to_json(part: object) -> object:
    if isinstance(part, Message):
        return part.model_dump(mode="json")
    raise TypeError(type(part).__name__)


class CandlePrediction(Message):
    """What a model says at the close of one candle. `base_value` plus the contributions is `output`; both are null unless asked for."""

    as_of: Moment = Field(description="Close of the candle: the features rest on it and on those before it alone.")
    day: date = Field(description="The candle's day, UTC; one that closes at midnight belongs to the day before.")
    prediction: str | float = Field(description=f"The class, or the value; {ABSTAIN} where the model abstains.")
    confidence: float | None = Field(description=CONFIDENCE)
    probabilities: dict[str, float] | None = Field(description="By class; null for regression.")
    value: float | None = Field(description="The predicted value; null for classification, and where the model abstains.")
    output: float = Field(description="The served model's output for what is answered, on the reply's scale.")
    contributions: tuple[float, ...] | None = Field(description="In the order of the reply's features.")
    base_value: float | None
    additivity_error: float | None = Field(description="|base value + sum of contributions - output|.")
    interval: Interval | None = Field(None, description="Of a forecast: where the close is to lie; null for other models.")
    horizon: int | None = Field(None, description=HORIZON)
    in_sample: bool | None = Field(None, description=IN_SAMPLE)
    quality: float | None = Field(None, description=QUALITY)
    abstained: Abstained | None = Field(None, description=ABSTAINED)
    interactions: tuple[float, ...] | None = Field(None, description=INTERACTIONS)
    interactions_error: float | None = Field(None, description="|base value + sum of the whole matrix - output|.")


class Skipped(Message):
    """Candles or days without a prediction, and why."""

    reason: str
    count: PositiveInt


class RangePredictions(Reply):
    """One symbol's predictions, oldest first, as far as one message goes."""

    features: tuple[str, ...] = Field(description="The model's features, in the order of the contributions.")
    scale: str = Field(description="probability, log-odds or value: what outputs and contributions are measured in.")
    synthetic: bool = Field(description="Whether candles behind it were generated.")
    predictions: tuple[CandlePrediction, ...]
    skipped: tuple[Skipped, ...] = Field(
        description="What is left out: of the range's days and features on the first page, of each page's answers."
    )
    next_after: Moment | None = Field(description="Ask again with `after` this; null when the range is at its end.")
    data_as_of: Moment | None = Field(None, description="Close of the symbol's newest candle, whatever the range asked for.")
    age_bars: int | None = Field(None, description="How many bars of its timeframe have closed since `data_as_of`, by its calendar.")
    stale: bool | None = Field(None, description="Whether these are more than the platform's `STALE_AFTER_BARS`.")
    synthetic_parts: tuple[SyntheticPart, ...] = Field((), description=SYNTHETIC_PARTS)
    reasons: dict[str, str] = Field(default_factory=dict, description="Why a value is null in all predictions, by its name.")
    calibration: CalibrationMethod | None = Field(None, description=CALIBRATION, exclude_if=_is_none)


class PredictRange(Ask[RangePredictions]):
    """Predict one symbol at every candle of some days, a page at a time."""

    topic: ClassVar[str] = "inference.asks.range"
    name: ClassVar[str] = "prediction.range"
    # Pages of one symbol go to one process, which keeps its features; symbols go to several.
    key_field: ClassVar[str] = "symbol"

    model_id: str
    account_id: str
    version: str
    artifact: str = Field(description="sha256 of the version's manifest.")
    symbol: str
    timeframe: str
    start: date | None = Field(description="First day (inclusive, UTC); null for the `last` candles up to `end`.")
    end: date | None = Field(description="Last day (inclusive, UTC); null for the last there is.")
    last: PositiveInt = Field(description="How many candles, where there is no `start`.")
    explain: bool = Field(description="Whether contributions are wanted.")
    interactions: bool = Field(default=False, description="Whether interaction values are wanted too; only with `explain`.")
    after: Moment | None = Field(None, description="The `next_after` of the page before.")
    synthetic_allowed: bool = False
    own: OwnCandles | None = Field(None, description="What stands behind the symbol where it is the caller's own.")
