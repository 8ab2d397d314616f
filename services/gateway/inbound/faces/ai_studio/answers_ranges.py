"""AI Studio's answers about many days as the OpenAPI document has them. The routes write them as plain dictionaries (telling_ranges.py)."""

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from libs.contracts.envelope import Moment
from libs.contracts.inference import IN_SAMPLE, Interval
from services.gateway.inbound.faces.ai_studio import examples
from services.gateway.inbound.faces.ai_studio.answers import REASONS, shown

Scale = Literal["probability", "log-odds", "value"]


class SkippedOut(BaseModel):
    """Days or candles of a symbol that have no prediction."""

    symbol: str
    count: int
    reason: str


class _Range(BaseModel):
    model_version: str = Field(description="The version that made all of them.")
    prediction_timestamp: Moment
    count: int = Field(description="How many rows there are.")
    skipped: list[SkippedOut] = Field(description="What the days asked for have no row for, and why.")


class Explanation(BaseModel):
    """Why a model predicts this at the close of a candle: `base_value` plus the SHAP values is `prediction_value`."""

    symbol: str
    timestamp: Moment = Field(description="Close of the candle: nothing after it was used.")
    prediction: str | float
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


class Explanations(_Range):
    """Explanations, symbol by symbol, the oldest first."""

    model_config = shown(examples.EXPLANATIONS)

    explanations: list[Explanation]
    feature_importance_global: dict[str, float] | None = Field(
        description="Mean of |SHAP| over the rows of this answer, as shares of 1; null without any."
    )
    reasons: dict[str, str] = Field(description=REASONS)


class BatchPrediction(BaseModel):
    """A model's prediction at the close of a candle."""

    symbol: str
    date: dt.date
    prediction: str | float
    confidence: float | None = Field(
        None,
        description="With `include_confidence`: of the class answered, or of a forecast's interval; null for regression.",
    )
    probabilities: dict[str, float] | None = Field(None, description="With `include_confidence`: by class; null for regression.")
    value: float | None = Field(description="The predicted value; null for classification.")
    feature_contributions: dict[str, float] | None = Field(None, description="With `include_shap`: SHAP values by feature.")
    base_value: float | None = Field(None, description="With `include_shap`.")
    scale: Scale | None = Field(None, description="With `include_shap`: what base value and contributions are measured in.")
    additivity_error: float | None = Field(None, description="With `include_shap`: |base value + sum of contributions - output|.")
    as_of: Moment = Field(description="Close of the candle: nothing after it was used.")
    synthetic: bool = Field(description="Whether candles behind it were generated.")
    in_sample: bool | None = Field(description=IN_SAMPLE)
    interval: Interval | None = Field(None, description="Of a forecast alone.")
    horizon: int | None = Field(None, description="Of a forecast alone: so many candles ahead.")


class BatchPredictions(_Range):
    """Predictions, symbol by symbol, the oldest first."""

    model_config = shown(examples.BATCH_PREDICTIONS)

    predictions: list[BatchPrediction]
