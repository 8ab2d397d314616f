"""AI Studio's request bodies as the document has them, for the OpenAPI document and for checking types."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr

EXAMPLE_MODEL: Final[dict[str, Any]] = {
    "name": "AAPL and MSFT momentum",
    "description": "Momentum and mean reversion on two large technology shares",
    "model_type": "CLASSIFICATION",
    "algorithm": "RANDOM_FOREST",
    "target_variable": "signal_type",
    "features": ["rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio"],
    "hyperparameters": {"n_estimators": 100, "max_depth": 10, "min_samples_split": 5, "random_state": 42},
    "training_config": {
        "symbols": ["AAPL", "MSFT"],
        "start_date": "2005-01-01",
        "end_date": "2012-12-31",
        "train_test_split": 0.8,
        "cross_validation_folds": 5,
    },
}


class _Body(BaseModel):
    """A request body; unknown keys are refused, because a typo here would cost money or mislead (ruling 11)."""

    model_config = ConfigDict(extra="forbid")


class ModelIn(_Body):
    """A new model's configuration."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_MODEL]})

    name: StrictStr = Field(min_length=1, max_length=200)
    description: StrictStr = Field("", max_length=5000)
    model_type: Literal["CLASSIFICATION", "REGRESSION", "TIME_SERIES"]
    algorithm: StrictStr = Field(description="See `GET /api/ai-studio/algorithms/`.")
    target_variable: StrictStr = Field(
        "", description="`signal_type` (the default of a classifier), `forward_return` (of a regression) or `close` (of a time series)."
    )
    features: list[StrictStr] = Field(min_length=1, max_length=50, description="See `GET /api/ai-studio/features/`.")
    hyperparameters: dict[str, Any] = Field(
        default_factory=dict, description="The library's own names; see `GET /api/ai-studio/algorithms/`."
    )
    training_config: dict[str, Any] = Field(
        description="symbols (see `GET /api/ai-studio/symbols/`), timeframe, start_date, end_date, train_test_split, "
        "cross_validation_folds, horizon, barrier, window, commission, slippage, borrow_rate, synthetic, num_workers."
    )


class ModelPatch(_Body):
    """What of a draft is to change; `hyperparameters` and `training_config` are replaced as a whole."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Renamed", "hyperparameters": {"n_estimators": 150}}]}
    )

    name: StrictStr | None = Field(None, min_length=1, max_length=200)
    description: StrictStr | None = Field(None, max_length=5000)
    model_type: Literal["CLASSIFICATION", "REGRESSION", "TIME_SERIES"] | None = None
    algorithm: StrictStr | None = None
    target_variable: StrictStr | None = None
    features: list[StrictStr] | None = Field(None, min_length=1, max_length=50)
    hyperparameters: dict[str, Any] | None = None
    training_config: dict[str, Any] | None = None


class TrainIn(_Body):
    """How a training job is called and how urgent it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"job_name": "Momentum v1.3", "priority": "NORMAL"}]})

    job_name: StrictStr | None = Field(None, min_length=1, max_length=200)
    priority: Literal["LOW", "NORMAL", "HIGH"] = "NORMAL"
