"""What Model Builder answers about texts that are scored: the job, and the datasets whose candles have their sentiment."""

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, Moment, Money
from modelbourse.answers.builder.said import BuilderPage

TextScoreStatus = Literal["pending", "running", "completed", "failed", "cancelled"]
ENDED: Final = frozenset({"completed", "failed", "cancelled"})
DATASET_ID: Final = "dataset_01kab8m9s2f2xv1n9n6r3j6c8e"


class TextScoreError(Answer):
    """Why it failed."""

    code: str = Field(description="For programs.", examples=["DATA_ERROR"])
    type: str = Field(description="What kind of mistake it is.", examples=["InvalidError"])
    message: str = Field(description="For people.", examples=["The file has no column of times, by which texts belong to candles."])


class TextScoreDataset(Answer):
    """A symbol's candles with the sentiment of its texts."""

    symbol: str = Field(description="As the texts have it.", examples=["NVDA"])
    dataset_symbol: str = Field(description="The symbol to train models on.", examples=["NVDA-SENT"])
    dataset_id: str | None = Field(
        description="See `GET /v1/ai/datasets/{dataset_id}`; null while it is not there, or is no more.", examples=[DATASET_ID]
    )
    timeframe: str = Field(description="How long a candle is.", examples=["1d"])
    columns: list[str] = Field(
        description="`sentiment_score`: mean of the scores of the texts since the candle before, empty where there are none. "
        "`sentiment_score__known_at`: the candle's close, before which nothing of it is known. `sentiment_texts`: how many texts.",
        examples=[["sentiment_score", "sentiment_score__known_at", "sentiment_texts"]],
    )
    texts: int = Field(description="Texts that are counted.", examples=[412])
    bars: int = Field(description="Candles that have any.", examples=[231])
    rows: int = Field(description="Candles of the dataset.", examples=[6557])


class TextScores(Answer):
    """A scoring of texts as it stands."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    status: TextScoreStatus = Field(description="Where it stands; the last three are its ends.", examples=["completed"])
    progress: int = Field(description="In percent.", examples=[100])
    stage: str = Field(description="What it does.", examples=["scoring"])
    created_at: Moment = Field(description="When it was accepted (UTC).", examples=[AT])
    ended_at: Moment | None = Field(description="When it ended; null before.", examples=[AT])
    estimated_cost: Money = Field(description="What was set aside, and the most that it is charged.", examples=["0.11"])
    model_id: str = Field(description="The model that scores.", examples=[MODEL_ID])
    version: str = Field(description="Its version.", examples=["1.0"])
    data_path: str = Field(description="The texts.", examples=["data/news.csv"])
    output_dir: str = Field(description="Where `scores.parquet` lies in your data root.", examples=["outputs/scores"])
    rows: int | None = Field(description="Rows of the file; null before it has ended well.", examples=[500])
    scored: int | None = Field(description="Texts that have a score; null before it has ended well.", examples=[498])
    truncated: int | None = Field(description="Of these, texts that are longer than the model reads; null likewise.", examples=[0])
    mean_score: float | None = Field(description="Over all scored texts, -1 to 1; null likewise.", examples=[0.12])
    labels: dict[str, int] = Field(description="How many texts have each label.", examples=[{"negative": 130, "positive": 368}])
    left_out: dict[str, int] = Field(
        description="Rows that count for no candle, by why: `empty_text`, `no_time`, `no_symbol`, `no_candles`, `before_candles`, "
        "`in_hole`, `after_candles`.",
        examples=[{"after_candles": 86}],
    )
    without_candles: list[str] = Field(description="Some symbols that have no candles.", examples=[[]])
    datasets: Sequence[TextScoreDataset] = Field(description="One a symbol.")
    notes: list[str] = Field(description="What was understood, or chosen for want of a word.", examples=[[]])
    error: TextScoreError | None = Field(description="Why it failed; null otherwise.", examples=[None])
    reasons: dict[str, str] = REASONS


class TextScoreRow(Answer):
    """A scoring as lists show it."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    status: TextScoreStatus = Field(description="Where it stands; the last three are its ends.", examples=["completed"])
    progress: int = Field(description="In percent.", examples=[100])
    model_id: str = Field(description="The model that scores.", examples=[MODEL_ID])
    version: str = Field(description="Its version.", examples=["1.0"])
    data_path: str = Field(description="The texts.", examples=["data/news.csv"])
    output_dir: str = Field(description="Where `scores.parquet` lies in your data root.", examples=["outputs/scores"])
    scored: int | None = Field(description="Texts that have a score; null before it has ended well.", examples=[498])
    mean_score: float | None = Field(description="Over all scored texts, -1 to 1; null likewise.", examples=[0.12])
    created_at: Moment = Field(description="When it was accepted (UTC).", examples=[AT])
    ended_at: Moment | None = Field(description="When it ended; null before.", examples=[AT])
    reasons: dict[str, str] = REASONS


class TextScorePage(BuilderPage[TextScoreRow]):
    """A part of the scorings, the newest first."""
