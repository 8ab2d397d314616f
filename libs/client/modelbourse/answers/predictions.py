"""What the gateway answers about predictions and their reasons."""

import datetime as dt
from typing import Any

from modelbourse.answers.answer import Answer, Moment
from modelbourse.answers.frames import to_frame


class Interval(Answer):
    """Where a forecast's true close lies, as often as `level` (0 to 1) says."""

    low: float
    high: float
    level: float


class Prediction(Answer):
    """A symbol's prediction and why: `base_value` plus the contributions is the model's output, on `scale`."""

    symbol: str
    prediction: str | float
    confidence: float | None
    feature_contributions: dict[str, float]
    probabilities: dict[str, float] | None
    value: float | None
    base_value: float
    scale: str
    additivity_error: float
    as_of: Moment | None
    synthetic: bool
    interval: Interval | None = None
    horizon: int | None = None


class Predictions(Answer):
    """Predictions in the order of the symbols asked."""

    predictions: list[Prediction]
    model_version: str
    prediction_timestamp: Moment

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each symbol; raise PandasMissingError."""
        return to_frame(self.predictions)


class BatchPrediction(Answer):
    """A prediction at the close of a candle (`as_of`). Confidence and SHAP values are there if they were asked for."""

    symbol: str
    date: dt.date
    prediction: str | float
    confidence: float | None = None
    probabilities: dict[str, float] | None = None
    value: float | None
    feature_contributions: dict[str, float] | None = None
    base_value: float | None = None
    scale: str | None = None
    additivity_error: float | None = None
    as_of: Moment
    synthetic: bool
    in_sample: bool | None
    interval: Interval | None = None
    horizon: int | None = None


class Skipped(Answer):
    """Days or candles of a symbol that have no prediction."""

    symbol: str
    count: int
    reason: str


class RangeSummary(Answer):
    """What is said of all rows of a range, after the last."""

    model_version: str
    prediction_timestamp: Moment
    count: int
    skipped: list[Skipped]


class Explanation(Answer):
    """Why a model predicts this at the close of a candle: `base_value` plus `shap_values` is `prediction_value`, on `scale`."""

    symbol: str
    timestamp: Moment
    prediction: str | float
    base_value: float
    shap_values: dict[str, float]
    expected_value: float
    prediction_value: float
    scale: str
    additivity_error: float
    synthetic: bool
    in_sample: bool | None
    interval: Interval | None = None
    horizon: int | None = None


class ExplanationSummary(RangeSummary):
    """The same, with each feature's share of the mean |SHAP| over these rows."""

    feature_importance_global: dict[str, float] | None
    reasons: dict[str, str]


class Explanations(ExplanationSummary):
    """Explanations, symbol by symbol, the oldest first."""

    explanations: list[Explanation]

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each explanation; raise PandasMissingError."""
        return to_frame(self.explanations)
