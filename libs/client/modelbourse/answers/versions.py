"""What the gateway answers about one version of a model."""

from pydantic import Field

from modelbourse.answers.answer import MODEL_ID, REASONS, Answer, JsonObject
from modelbourse.answers.models import RUN_CARD, AlgorithmName, ModelType, TrainedVersion, TrainingConfig


class TrainedWith(Answer):
    """What a version was trained with, which its model may not have any more."""

    model_type: ModelType = Field(description="What it predicts, as a kind.")
    algorithm: AlgorithmName = Field(description="What learned.")
    target_variable: str = Field(description="What it predicts.", examples=["signal_type"])
    features: list[str] = Field(description="What it looks at.", examples=[["rsi_14", "macd_signal"]])
    hyperparameters: JsonObject = Field(
        description="As given; what was left out has its default.", examples=[{"n_estimators": 100, "max_depth": 10}]
    )
    training_config: TrainingConfig = Field(description="How it was trained and judged.")


class VersionDetails(TrainedVersion):
    """All there is to say of one version: what it was trained with and what its training wrote down."""

    model_id: str = Field(description="Its model's id.", examples=[MODEL_ID])
    trained_with: TrainedWith = Field(description="Its configuration.")
    run_card: JsonObject | None = Field(
        description="All that is needed to train the same again: data, rows, dates, seed, warnings.", examples=[RUN_CARD]
    )
    reasons: dict[str, str] = REASONS
