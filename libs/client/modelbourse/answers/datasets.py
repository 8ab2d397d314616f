"""What the gateway answers about datasets: your own candles, texts and tables."""

from typing import Any, Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, REASONS, Answer, JsonObject, Moment
from modelbourse.answers.frames import to_frame

Kind = Literal["candles", "text", "table"]
Status = Literal["checking", "ready", "refused"]
DATASET_ID: Final = "dataset_01kab8m2q7f4tv9c3x6r8w1znh"
SHA: Final = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"


class DatasetColumn(Answer):
    """A column as it was understood."""

    name: str = Field(description="What it is called here.", examples=["close"])
    source: str = Field(description="What the file calls it.", examples=["Adj Close"])
    role: str = Field(
        description="What it is for: time, open, high, low, close, volume, feature, known_at, text, label, symbol or value.",
        examples=["close"],
    )
    type: str = Field(description="time, number, integer, boolean or text.", examples=["number"])
    understood: str | None = Field(None, description="How its values are read, where that is not plain.", examples=["epoch milliseconds"])


class DatasetFinding(Answer):
    """One kind of thing that a health check found."""

    code: str = Field(description="What it is.", examples=["gap"])
    count: int = Field(description="How many rows, candles or runs it is.", examples=[2])
    first: str | None = Field(description="Where the first one is: a moment, or the number of a line.", examples=[AT])
    message: str = Field(description="A sentence: what it is, where, and what to do.", examples=["2 candles are missing after 2026-01-15."])


class DatasetHealth(Answer):
    """What a health check found. A version with an error is refused; warnings stay visible wherever it is used."""

    errors: list[DatasetFinding] = Field(description="What keeps it from being used.", examples=[[]])
    warnings: list[DatasetFinding] = Field(description="What whoever uses it should know.")


class DatasetPreview(Answer):
    """What the file was understood as."""

    columns: list[DatasetColumn] = Field(description="Each column, in the file's order.")
    rows: list[JsonObject] = Field(description="The first rows, by the columns' names here.", examples=[[{"time": AT, "close": 10.5}]])
    tz: str = Field(description="The zone that times without one are in.", examples=["UTC"])
    timeframe: str | None = Field(description="Of candles: how long one is.", examples=["1h"])
    calendar: str | None = Field(description="Of candles: when the market trades.", examples=["24/7"])
    calendar_guessed: bool = Field(description="Whether the calendar was told by the file's times, and not by you.", examples=[True])


class AcceptedDataset(Answer):
    """A file that has come, and is being checked."""

    dataset_id: str = Field(description="Its dataset.", examples=[DATASET_ID])
    version: int = Field(description="The version that it makes.", examples=[1])
    status: Status = Field(description="`checking` until its check has ended.", examples=["checking"])
    job_id: str = Field(description="The job that checks it.", examples=[JOB_ID])
    preview: DatasetPreview | None = Field(description="What its first rows are understood as; null with its reason.")
    reasons: dict[str, str] = REASONS


class DatasetVersion(Answer):
    """A version of a dataset: it never changes."""

    version: int = Field(description="Its number, from 1.", examples=[1])
    status: Status = Field(description="checking, ready or refused.", examples=["ready"])
    job_id: str = Field(description="The job that checked it.", examples=[JOB_ID])
    rows: int | None = Field(description="Rows in all.", examples=[5000])
    added: int | None = Field(description="Rows that its upload added.", examples=[5000])
    revised: int | None = Field(description="Rows that were there and have other values since.", examples=[0])
    size_bytes: int | None = Field(description="Bytes of its canonical Parquet file.", examples=[180224])
    start: Moment | None = Field(description="Open of the first candle, or the first time there is.", examples=[AT])
    end: Moment | None = Field(description="Close of the last candle, or the last time there is.", examples=[AT])
    sha256: str | None = Field(description="Of its canonical Parquet file: the same rows have the same.", examples=[SHA])
    health: DatasetHealth | None = Field(description="What its check found; null until it has ended.")
    created_at: Moment = Field(description="When its file had come.", examples=[AT])
    reasons: dict[str, str] = REASONS


class DatasetRefresh(Answer):
    """How a live series stands."""

    source: str = Field(description="Who tells its candles.", examples=["ccxt:kraken"])
    market: str = Field(description="What it is called there.", examples=["BTC/USD"])
    last_ok: Moment | None = Field(description="When candles were fetched last without trouble; null before the first.", examples=[AT])
    last_error: str | None = Field(description="Why the last refresh failed; null where it did not.", examples=[None])
    next: Moment | None = Field(description="When candles are fetched next; null for a series that is not fetched any more.", examples=[AT])


class Dataset(Answer):
    """A dataset as its newest usable version has it."""

    id: str = Field(description="Its id.", examples=[DATASET_ID])
    name: str = Field(description="What you call it.", examples=["ACME from our desk"])
    kind: Kind = Field(description="What its rows are.", examples=["candles"])
    source: Literal["uploaded", "live", "packaged"] = Field(
        description="Whether you sent it, the platform goes on fetching it, or it comes with the platform.", examples=["uploaded"]
    )
    symbol: str | None = Field(description="Of candles: what they are of; it can be used wherever a symbol can.", examples=["ACME"])
    timeframe: str | None = Field(description="Of candles: how long one is; coarser ones are made of it.", examples=["1h"])
    calendar: str | None = Field(description="Of candles: when the market trades.", examples=["24/7"])
    status: Status = Field(
        description="Of its newest version; `ready` also where an older one can be used: `health` tells of the newest.",
        examples=["ready"],
    )
    version: int | None = Field(description="The newest version that can be used.", examples=[1])
    versions: int = Field(description="The number of its newest version, whether it can be used or not.", examples=[1])
    job_id: str | None = Field(description="The job of its newest check.", examples=[JOB_ID])
    rows: int | None = Field(description="Rows of that version.", examples=[5000])
    size_bytes: int | None = Field(description="Bytes of its canonical Parquet file.", examples=[180224])
    columns: list[DatasetColumn] = Field(description="Its columns as they were understood.")
    start: Moment | None = Field(description="Open of its first candle, or the first time there is.", examples=[AT])
    end: Moment | None = Field(description="Close of its last candle, or the last time there is.", examples=[AT])
    sha256: str | None = Field(description="Of its canonical Parquet file: the same rows have the same.", examples=[SHA])
    health: DatasetHealth | None = Field(description="What the newest check found; null until it has ended.")
    preview: DatasetPreview | None = Field(description="The first rows as they were understood; null in lists.")
    used_by: list[str] = Field(
        description="Models with a version that was trained on it: it cannot be deleted while there are any.", examples=[[]]
    )
    dry_run: bool = Field(
        description="Whether it was only looked at: nothing of it is kept, and it is forgotten after a day.", examples=[False]
    )
    refresh: DatasetRefresh | None = Field(None, description="How its fetching stands; null for what is not live.")
    created_at: Moment | None = Field(description="When it was first sent; null for what comes with the platform.", examples=[AT])
    updated_at: Moment | None = Field(description="When it was last changed.", examples=[AT])
    reasons: dict[str, str] = REASONS


class Datasets(Answer):
    """A part of the datasets, the newest first; live series after your own, and then those that come with the platform."""

    datasets: list[Dataset] = Field(description="The rows of this part.")
    total: int = Field(description="How many there are in all.", examples=[1])
    limit: int = Field(description="How many were asked for.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])

    def to_frame(self) -> Any:
        """Return a pandas.DataFrame, a line for each dataset; raise PandasMissingError."""
        return to_frame(self.datasets)


class DatasetVersions(Answer):
    """The versions of a dataset, the newest first."""

    versions: list[DatasetVersion] = Field(description="The rows of this part.")
    total: int = Field(description="How many there are in all.", examples=[1])
    limit: int = Field(description="How many were asked for.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])


class DeletedDataset(Answer):
    """A dataset that is gone, with all of its versions."""

    id: str = Field(description="Its id.", examples=[DATASET_ID])
    deleted: Literal[True] = Field(description="It is.", examples=[True])
    deleted_at: Moment = Field(description="When.", examples=[AT])


class DeletedDatasetVersion(Answer):
    """A version that is gone."""

    id: str = Field(description="Its dataset's id.", examples=[DATASET_ID])
    version: int = Field(description="Its number, which no later version has.", examples=[1])
    deleted: Literal[True] = Field(description="It is.", examples=[True])
    deleted_at: Moment = Field(description="When.", examples=[AT])
