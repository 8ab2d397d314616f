"""What AI Engine answers about the worth of features."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, Moment
from modelbourse.answers.datasets import DATASET_ID

ImportanceMethod = Literal["shap", "permutation", "gain", "drop_column"]


class FeatureImportance(Answer):
    """What one feature is worth."""

    feature: str = Field(description="The feature.", examples=["price_close"])
    importance: float = Field(description="Its share; all of them sum to 1, or are 0 where none is worth anything.", examples=[0.35])
    rank: int = Field(description="1 is the most important.", examples=[1])
    worth: float = Field(description="What was measured, in `unit`; below 0 the model does better without it.", examples=[0.0123])
    standard_error: float | None = Field(description="Of `worth`, by the spread of the repeats.", examples=[0.0021])
    group: int | None = Field(
        description="The place in `groups` of those that it goes with; null where it goes with none.", examples=[None]
    )


class GroupImportance(Answer):
    """What features that go together are worth as one: what one of them lacks, the others may say."""

    features: list[str] = Field(description="Those that go together.", examples=[["price_open", "price_close"]])
    worth: float = Field(description="Of all of them at once, in `unit`.", examples=[0.02])
    standard_error: float | None = Field(description="By the spread of the repeats.", examples=[0.003])


class Importance(Answer):
    """What the features of a model are worth to it, as measured last."""

    model_id: str = Field(description="The model's id.", examples=[MODEL_ID])
    feature_importance: list[FeatureImportance] = Field(description="The most important first.")
    method: ImportanceMethod = Field(description="How it was measured.", examples=["shap"])
    created_at: Moment = Field(description="When it was measured.", examples=[AT])
    job_id: str = Field(description="The job that measured it.", examples=[JOB_ID])
    version: str = Field(description="The version that was looked at.", examples=["1.0"])
    dataset_id: str = Field(description="Whose rows it was looked at on.", examples=[DATASET_ID])
    unit: str = Field(description="What `worth` is measured in.", examples=["mean |SHAP value| of the output that is answered"])
    groups: list[GroupImportance] = Field(description="Features that go together: by their rank correlation.")
    stability: float | None = Field(
        description="Mean rank correlation of the features between five stretches of time: 1 where the order never changes.",
        examples=[0.91],
    )
    rows: int = Field(description="Rows that it was measured on.", examples=[1000])
    seen_rows: int | None = Field(description="How many of them the version has learned from.", examples=[800])
    start: str = Field(description="Day of the first row.", examples=["2010-01-04"])
    end: str = Field(description="Day of the last row.", examples=["2012-12-31"])
    synthetic: bool = Field(description="Whether candles were generated.", examples=[False])
    reasons: dict[str, str] = REASONS


class ImportanceQueued(Answer):
    """The job that was accepted."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    model_id: str = Field(description="The model's id.", examples=[MODEL_ID])
    status: Literal["queued", "running", "completed", "failed", "cancelled"] = Field(description="Where it stands.", examples=["queued"])
    created_at: Moment = Field(description="When it was accepted.", examples=[AT])
