"""What AI Engine answers about batches of predictions."""

from typing import Final

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, Answer, Moment
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.engine.models import JobStatus

BATCH_ID: Final = "batch_01kab8m7j3fm0rrc5q9y2w6n4t"
COLUMNS: Final = ["time", "symbol", "value", "lower", "upper", "quality", "abstained", "in_sample"]


class BatchQueued(Answer):
    """A batch that was accepted."""

    batch_id: str = Field(description="The batch's id.", examples=[BATCH_ID])
    job_id: str = Field(description="Its job.", examples=[JOB_ID])
    model_id: str = Field(description="The model that is asked.", examples=[MODEL_ID])
    dataset_id: str = Field(description="About whose candles.", examples=[DATASET_ID])
    status: JobStatus = Field(description="How it stands.", examples=["queued"])
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])


class Batch(BatchQueued):
    """A batch as it stands; what is known only in the end is null before."""

    version: str = Field(description="The version of the model that answers.", examples=["1.0"])
    interval_level: float = Field(description="How often intervals, or sets, are to hold the truth.", examples=[0.9])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[100])
    started_at: Moment | None = Field(description="When it began; null while it waits.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended.", examples=[AT])
    error: str | None = Field(description="Why it has failed, or was cancelled; null otherwise.", examples=[None])
    download_url: str | None = Field(
        description="Where its Parquet file is, for as long as the job is kept.",
        examples=[f"/v1/ai/predictions/batch/{BATCH_ID}/download"],
    )
    size: int | None = Field(description="Bytes of the file.", examples=[181234])
    columns: list[str] | None = Field(description="Columns of the file, in their order.", examples=[COLUMNS])
    rows: int | None = Field(description="Rows of the file: candles that have all that the model looks at.", examples=[3252])
    abstained: int | None = Field(description="Rows without an answer, at which the model abstains.", examples=[0])
    left_out: int | None = Field(description="Candles that lack a feature, or a whole window: they have no row.", examples=[19])
    in_sample: int | None = Field(description="Rows that the version has learned from.", examples=[2601])
    start: Moment | None = Field(description="Close of the first row's candle.", examples=[AT])
    end: Moment | None = Field(description="Close of the last row's candle.", examples=[AT])
    target: str | None = Field(description="What is predicted.", examples=["price_close_next_day"])
    horizon: int | None = Field(description="Candles that it looks ahead.", examples=[1])
    interval_method: str | None = Field(
        description="`quantiles`, `conformalized_quantiles` or `split_conformal`; null for classes, which have sets.",
        examples=["split_conformal"],
    )
    synthetic: bool | None = Field(description="Whether candles of the model or of the dataset were generated.", examples=[False])
    data_hash: str | None = Field(
        description="SHA-256 of all candles that were answered.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.", examples=[{"error": "Nothing went wrong."}])
