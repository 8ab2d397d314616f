"""What the gateway answers about predictions and their reasons."""

import datetime as dt
from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import REASONS, Answer, Moment
from modelbourse.answers.frames import to_frame

Scale = Literal["probability", "log-odds", "value"]
CONFIDENCE: Final = (
    "Probability of the class answered; of a forecast the level of its interval; null for regression, and where the model abstains."
)
INTERACTIONS: Final = (
    "With `include_interactions`: SHAP interaction values by feature and feature, symmetric; each line adds up to the feature's SHAP "
    "value. Null for networks."
)
INTERACTIONS_ERROR: Final = "With `include_interactions`: |base value + sum of all interactions - output|."
IN_SAMPLE: Final = (
    "Whether the version was trained on this candle: then its answer is no evidence of how good it is. Null where its training did not say."
)
SyntheticPart = Literal["training", "candle"]
Calibration = Literal["isotonic", "platt"]
CALIBRATION: Final = (
    "Where probabilities are calibrated alone: how, on held-out rows. Base value, contributions and outputs are on the scale from before."
)
SYNTHETIC_PARTS: Final = "What of it was generated: the candles that its model was trained on, or those of this prediction."
AGE_BARS: Final = "How many bars of its timeframe have closed since `as_of`, by its calendar; null where that is null."
STALE: Final = "Whether these are more than the platform holds for fresh (3, if it is not set otherwise); null where they are."
STATIC_DATA: Final = "Whether the model's symbols have no live source: their newest candle stays the newest."
ANSWERED: Final = "The class, or the value; `ABSTAIN` where the model abstains."
QUALITY: Final = (
    "0 to 1: the share of the version's training rows that are at least as unusual as this row; 0 if none is. Null where not known."
)
ABSTAINED: Final = "Why the answer is withheld; null where it is not."
MODEL_AGE: Final = "Days since the version was made."


class Interval(Answer):
    """Where a forecast's true close lies, as often as `level` says."""

    low: float = Field(description="Its lower end.")
    high: float = Field(description="Its upper end.")
    level: float = Field(description="0 to 1.")


class Abstained(Answer):
    """Why a model abstains. Probabilities and contributions beside it are those of what it would have answered."""

    rule: Literal["quality_below", "age_bars_above"] = Field(description="The key of `abstain_when` that applies.")
    reason: str = Field(description="Why, in words.")
    would_have_been: str | float = Field(description="The answer that is withheld, which the contributions explain.")


class Prediction(Answer):
    """One symbol's prediction and why. `base_value` plus the contributions is the model's output on `scale`."""

    symbol: str = Field(description="What it is of.")
    prediction: str | float = Field(description=ANSWERED)
    confidence: float | None = Field(description=CONFIDENCE)
    feature_contributions: dict[str, float] = Field(description="SHAP values by feature.")
    probabilities: dict[str, float] | None = Field(description="By class; null for regression.")
    value: float | None = Field(description="The predicted value; null for classification, and where the model abstains.")
    base_value: float = Field(description="The model's expected output for the class answered.")
    scale: Scale = Field(description="What base value and contributions are measured in.")
    additivity_error: float = Field(description="|base value + sum of contributions - output|.")
    as_of: Moment | None = Field(description="Close of the candle the features rest on; null when the request gave them.")
    synthetic: bool = Field(description="Whether the candles behind it were generated.")
    interval: Interval | None = Field(None, description="Of a forecast: where the close is to lie; null for other models.")
    horizon: int | None = Field(None, description="Of a forecast: so many candles ahead; null for other models.")
    age_bars: int | None = Field(None, description=AGE_BARS, examples=[1])
    stale: bool | None = Field(None, description=STALE, examples=[False])
    synthetic_parts: list[SyntheticPart] = Field(default_factory=list, description=SYNTHETIC_PARTS, examples=[[]])
    quality: float | None = Field(None, description=QUALITY)
    calibration: Calibration | None = Field(None, description=CALIBRATION)
    model_age_days: float | None = Field(None, description=MODEL_AGE)
    abstained: Abstained | None = Field(None, description=ABSTAINED)
    reasons: dict[str, str] = REASONS


class Predictions(Answer):
    """Predictions in the order of the symbols asked."""

    predictions: list[Prediction] = Field(description="One for each symbol.")
    model_version: str = Field(description="The version that made them.")
    prediction_timestamp: Moment = Field(description="When they were made.")
    static_data: bool = Field(default=False, description=STATIC_DATA, examples=[False])

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each symbol; raise PandasMissingError."""
        return to_frame(self.predictions)


class BatchPrediction(Answer):
    """A model's prediction at the close of a candle."""

    symbol: str = Field(description="What it is of.")
    date: dt.date = Field(description="The candle's day, UTC.")
    prediction: str | float = Field(description=ANSWERED)
    confidence: float | None = Field(None, description=f"With `include_confidence`. {CONFIDENCE}")
    probabilities: dict[str, float] | None = Field(None, description="With `include_confidence`: by class; null for regression.")
    value: float | None = Field(description="The predicted value; null for classification, and where the model abstains.")
    feature_contributions: dict[str, float] | None = Field(None, description="With `include_shap`: SHAP values by feature.")
    base_value: float | None = Field(None, description="With `include_shap`: the model's expected output for the class answered.")
    scale: Scale | None = Field(None, description="With `include_shap`: what base value and contributions are measured in.")
    additivity_error: float | None = Field(None, description="With `include_shap`: |base value + sum of contributions - output|.")
    as_of: Moment = Field(description="Close of the candle: nothing after it was used.")
    synthetic: bool = Field(description="Whether candles behind it were generated.")
    in_sample: bool | None = Field(description=IN_SAMPLE)
    interval: Interval | None = Field(None, description="Of a forecast alone.")
    horizon: int | None = Field(None, description="Of a forecast alone: so many candles ahead.")
    synthetic_parts: list[SyntheticPart] = Field(default_factory=list, description=SYNTHETIC_PARTS, examples=[[]])
    quality: float | None = Field(None, description=QUALITY)
    calibration: Calibration | None = Field(None, description=CALIBRATION)
    abstained: Abstained | None = Field(None, description="Where the model abstains alone: why the answer is withheld.")
    interactions: dict[str, dict[str, float]] | None = Field(None, description=INTERACTIONS)
    interactions_error: float | None = Field(None, description=INTERACTIONS_ERROR)


class Explanation(Answer):
    """Why a model predicts this at the close of a candle: `base_value` plus the SHAP values is `prediction_value`."""

    symbol: str = Field(description="What it is of.")
    timestamp: Moment = Field(description="Close of the candle: nothing after it was used.")
    prediction: str | float = Field(description=ANSWERED)
    base_value: float = Field(description="The model's expected output for the class answered.")
    shap_values: dict[str, float] = Field(description="SHAP values by feature; of large networks estimates, whose error the run card has.")
    expected_value: float = Field(description="The same as `base_value`, as SHAP's own library calls it.")
    prediction_value: float = Field(description="The model's output for the class answered (of a regression: the value), on `scale`.")
    scale: Scale = Field(description="What values are measured in.")
    additivity_error: float = Field(description="|base_value + sum of shap_values - prediction_value|.")
    synthetic: bool = Field(description="Whether candles behind it were generated.")
    in_sample: bool | None = Field(description=IN_SAMPLE)
    interval: Interval | None = Field(None, description="Of a forecast alone.")
    horizon: int | None = Field(None, description="Of a forecast alone: so many candles ahead.")
    as_of: Moment | None = Field(None, description="The same as `timestamp`.")
    synthetic_parts: list[SyntheticPart] = Field(default_factory=list, description=SYNTHETIC_PARTS, examples=[[]])
    quality: float | None = Field(None, description=QUALITY)
    calibration: Calibration | None = Field(None, description=CALIBRATION)
    abstained: Abstained | None = Field(None, description="Where the model abstains alone: why the answer is withheld.")
    interactions: dict[str, dict[str, float]] | None = Field(None, description=INTERACTIONS)
    interactions_error: float | None = Field(None, description=INTERACTIONS_ERROR)


class SymbolAge(Answer):
    """How old a symbol's candles are, whatever days were asked for."""

    symbol: str = Field(description="Whose they are.")
    data_as_of: Moment | None = Field(description="Close of its newest candle.")
    age_bars: int | None = Field(description="How many bars of its timeframe have closed since, by its calendar.")
    stale: bool | None = Field(description=STALE)


class Skipped(Answer):
    """Days or candles of a symbol that have no prediction."""

    symbol: str = Field(description="Whose they are.")
    count: int = Field(description="How many.")
    reason: str = Field(description="Why.")


class RangeSummary(Answer):
    """What is said of all rows of a range, after the last."""

    model_version: str = Field(description="The version that made all of them.")
    prediction_timestamp: Moment = Field(description="When the last was made.")
    count: int = Field(description="How many rows there are.")
    skipped: list[Skipped] = Field(description="What the days asked for have no row for, and why.")
    ages: list[SymbolAge] = Field(default_factory=list, description="How old the candles of each symbol are.")
    data_as_of: Moment | None = Field(None, description="Close of the newest candle, of the symbol whose candles are the oldest.")
    age_bars: int | None = Field(None, description="How many bars of its timeframe have closed since `data_as_of`.")
    stale: bool | None = Field(None, description=STALE)
    static_data: bool = Field(default=False, description=STATIC_DATA)
    model_age_days: float | None = Field(None, description=MODEL_AGE)
    reasons: dict[str, str] = REASONS


class _GlobalImportance(Answer):
    feature_importance_global: dict[str, float] | None = Field(
        description="Mean of |SHAP| over the rows of this answer, as shares of 1; null without any."
    )


# Fields come in the order of the bases from right to left.
class ExplanationSummary(RangeSummary, _GlobalImportance):
    """The same, with each feature's share of the mean |SHAP| over these rows."""


class _Explained(Answer):
    explanations: list[Explanation] = Field(description="Symbol by symbol, the oldest first.")


class Explanations(ExplanationSummary, _Explained):
    """Explanations, symbol by symbol, the oldest first."""

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each explanation; raise PandasMissingError."""
        return to_frame(self.explanations)


class _Predicted(Answer):
    predictions: list[BatchPrediction] = Field(description="Symbol by symbol, the oldest first.")


class BatchPredictions(RangeSummary, _Predicted):
    """Predictions, symbol by symbol, the oldest first."""
