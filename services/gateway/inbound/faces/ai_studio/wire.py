"""AI Studio's request bodies as the document has them, for the OpenAPI document and for checking types."""

from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, StrictStr

EXAMPLE_FEATURES: Final[dict[str, Any]] = {
    "rsi_14": 65.2,
    "macd_signal": 0.025,
    "bollinger_position": 0.8,
    "volume_ma_ratio": 1.25,
    "price_ma_50_ratio": 1.03,
}


class _Body(BaseModel):
    """A request body; unknown keys are refused, because a typo here would cost money or mislead (ruling 11)."""

    model_config = ConfigDict(extra="forbid")


class PredictIn(_Body):
    """Which symbols to predict; features that are left out are computed from the latest candles.

    A sequence model (LSTM, GRU) takes given features as those of the latest candle; the candles before it come from data.
    """

    model_config = ConfigDict(
        extra="ignore", json_schema_extra={"examples": [{"symbols": ["AAPL", "MSFT"], "features": {"AAPL": EXAMPLE_FEATURES}}]}
    )

    symbols: list[StrictStr] = Field(min_length=1, max_length=100)
    features: dict[str, dict[str, float] | None] = Field(default_factory=dict)


class BatchIn(_Body):
    """Which symbols to predict on which days."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "symbols": ["AAPL", "MSFT"],
                    "start_date": "2012-12-03",
                    "end_date": "2012-12-14",
                    "include_confidence": True,
                    "include_shap": True,
                }
            ]
        },
    )

    symbols: list[StrictStr] = Field(min_length=1, max_length=100)
    start_date: date | None = Field(None, description="First day, inclusive, UTC; left out: the last 30 candles up to `end_date`.")
    end_date: date | None = Field(None, description="Last day, inclusive, UTC; left out: the last there is.")
    include_confidence: bool = Field(default=True, description="With `confidence` and `probabilities`.")
    include_shap: bool = Field(default=False, description="With `feature_contributions`, `base_value` and what belongs to them.")
