"""What AI Engine answers about models and their trainings."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, JsonObject, Moment, Numbers
from modelbourse.answers.engine.predictions import LiveMetrics

TypeName = Literal[
    "temporal_fusion_transformer",
    "nhits",
    "deepar",
    "lstm",
    "gru",
    "transformer",
    "ensemble",
    "random_forest",
    "extra_trees",
    "xgboost",
    "lightgbm",
    "logistic_regression",
    "ridge",
]
AgentTypeName = Literal["reinforcement_learning"]
ModelStatus = Literal["created", "training", "ready", "failed", "archived"]
JobStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
NAME: Final = "TFT-AAPL-Predictor"
PARAMETERS: Final[JsonObject] = {"hidden_size": 128, "num_heads": 4, "dropout_rate": 0.1}
FEATURES: Final = ["price_open", "price_high", "price_low", "price_close", "volume", "sentiment_score"]
TARGET: Final = "price_close_next_day"
WHYS: Final = {"metrics.accuracy": "A price has no classes: see directional_accuracy."}
MODEL_REASONS: Final[Any] = Field(description="Why a value is null, by its name.", examples=[WHYS])


class EngineMetrics(Answer):
    """What the version that serves has measured out of sample: the documented three, then all others.

    Errors are those of relative changes, as a model learns them: an `mae` of 0.01 is one percent of the price.
    """

    __pydantic_extra__: Numbers

    accuracy: float | None = Field(description="Of a model that answers classes: share of rows that it classed rightly.", examples=[None])
    mse: float | None = Field(description="Of one that answers numbers: mean squared error.", examples=[0.000529])
    mae: float | None = Field(description="Of one that answers numbers: mean absolute error.", examples=[0.015])


class EngineModelRow(Answer):
    """A model in short."""

    id: str = Field(description="The model's id, in all of the platform.", examples=[MODEL_ID])
    name: str = Field(description="What it is called, for people.", examples=[NAME])
    type: TypeName | AgentTypeName = Field(description="What learns.", examples=["temporal_fusion_transformer"])
    status: ModelStatus = Field(description="How far its making is: `ready` predicts.", examples=["ready"])
    created_at: Moment = Field(description="When it was made.", examples=[AT])
    updated_at: Moment = Field(description="When it last changed.", examples=[AT])
    metrics: EngineMetrics | None = Field(description="Null until a training has ended well.")
    reasons: dict[str, str] = MODEL_REASONS


class EngineModel(EngineModelRow):
    """All there is to say of a model in this face; AI Studio shows the same model with plots, trades and its run card."""

    parameters: JsonObject = Field(description="As the type has them; what is left out has its default.", examples=[PARAMETERS])
    features: list[str] = Field(
        description="What it looks at: raw columns, features of the grammar, columns of a dataset; of an agent its `state_space`.",
        examples=[FEATURES],
    )
    target: str = Field(description="What it predicts; of an agent its `reward_function`.", examples=[TARGET])
    symbols: list[str] = Field(description="Whose candles it learns from; empty until it was trained on a dataset.", examples=[["AAPL"]])
    timeframe: str | None = Field(description="How long a candle is; null until it was trained on a dataset.", examples=["1d"])
    version: str | None = Field(description="The version that serves; null before there is one.", examples=["1.0"])
    active_job_id: str | None = Field(description="The job that trains it now; null where none does.", examples=[None])
    live_metrics: LiveMetrics = Field(description="How good its kept predictions have been.")


class EngineModels(Answer):
    """A part of the models, the oldest first, and after them of the agents."""

    models: list[EngineModelRow] = Field(description="So many of them, at most `limit`.")
    total: int = Field(description="How many there are in all, with these filters.", examples=[1])
    limit: int = Field(description="How many were asked for at most.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])


class EngineModelDeleted(Answer):
    """A model that is gone."""

    success: bool = Field(description="Always true: what is not done is answered as an error.", examples=[True])
    message: str = Field(description="The same for people.", examples=["Model deleted successfully"])


class EngineTrainingQueued(Answer):
    """A training that was accepted."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    model_id: str = Field(description="The model that it trains.", examples=[MODEL_ID])
    status: JobStatus = Field(description="How it stands.", examples=["queued"])
    created_at: Moment = Field(description="When it was accepted.", examples=[AT])
    estimated_completion: Moment | None = Field(description="When it may end; null where that is not known.", examples=[AT])
    dataset_id: str | None = Field(
        description="What it learns from; null where that is what the model learned from before.", examples=["packaged_AAPL_1d"]
    )
    symbols: list[str] = Field(description="The dataset's symbol.", examples=[["AAPL"]])
    timeframe: str = Field(description="How long its candles are.", examples=["1d"])
    reasons: dict[str, str] = REASONS


class EngineTrainingProgress(Answer):
    """How far the fit under way is; an epoch of trees is a tree or a round."""

    current_epoch: int = Field(description="How many are done.", examples=[45])
    total_epochs: int = Field(description="How many there are at most.", examples=[100])
    metrics: dict[str, float | None] = Field(
        description="The latest: `loss` and `val_loss`, then others.", examples=[{"loss": 0.05, "val_loss": 0.07}]
    )
    percent: int = Field(description="How far the whole job is.", examples=[45])
    stage: str = Field(description="What it is doing, in words.", examples=["final fit"])


class EngineTraining(Answer):
    """A training as it stands."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    model_id: str = Field(description="The model that it trains.", examples=[MODEL_ID])
    status: JobStatus = Field(description="How it stands.", examples=["running"])
    version: str | None = Field(description="The version that it makes.", examples=["1.0"])
    created_at: Moment = Field(description="When it was accepted.", examples=[AT])
    started_at: Moment | None = Field(description="When it began to run; null before that.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended; null before that.", examples=[None])
    progress: EngineTrainingProgress = Field(description="How far it is.")
    error: str | None = Field(description="Why it failed; null unless it has.", examples=[None])
    cost: float | None = Field(description="What it was charged; null until it ends.", examples=[None])
    reasons: dict[str, str] = Field(
        description="Why a value is null, by its name.",
        examples=[
            {"completed_at": "The job is running.", "error": "It has not failed.", "cost": "The job is running: known when it ends."}
        ],
    )

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status not in ("queued", "running")
