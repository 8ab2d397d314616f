"""Datasets: what the job kind `validate` is asked and answers, and the version of a dataset that stands behind a symbol."""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt

from libs.contracts.envelope import JsonObject, Message, Moment
from libs.contracts.own_candles import OwnCandles, Timeframe
from libs.contracts.training import Artifact

__all__ = [
    "COLUMNS_MOST",
    "PREVIEW_ROWS",
    "BaseVersion",
    "Column",
    "DatasetKind",
    "FileFormat",
    "Finding",
    "FindingCode",
    "OwnCandles",
    "Severity",
    "Timeframe",
    "Upload",
    "ValidateResult",
    "ValidateSpec",
]

PREVIEW_ROWS: Final = 20
COLUMNS_MOST: Final = 200
FileFormat = Literal["csv", "parquet"]
Severity = Literal["error", "warning"]


class DatasetKind(StrEnum):
    """What the rows of a dataset are."""

    CANDLES = "candles"
    TEXT = "text"
    TABLE = "table"


class FindingCode(StrEnum):
    """What a health check can find."""

    # Warnings: they stay visible wherever the data is used.
    GAP = "gap"
    DUPLICATE = "duplicate"
    UNSORTED = "unsorted"
    ZERO_VOLUME = "zero_volume"
    FLAT_RUN = "flat_run"
    JUMP = "jump"
    STALE = "stale"
    SESSION = "session"
    # Errors: a version that has one is refused.
    CONFLICT = "conflict"
    HIGH_BELOW_LOW = "high_below_low"
    NONPOSITIVE_PRICE = "nonpositive_price"
    MIXED_TIMEFRAME = "mixed_timeframe"
    UNPARSED_TIME = "unparsed_time"
    UNPARSED_NUMBER = "unparsed_number"
    MISSING_COLUMN = "missing_column"
    ENCODING = "encoding"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    TOO_MANY_ROWS = "too_many_rows"


class Finding(Message):
    """One kind of thing that a health check found."""

    code: FindingCode
    severity: Severity
    count: PositiveInt = Field(description="How many rows, bars or runs it is.")
    first: str | None = Field(description="Where the first one is: a moment, or the number of a line; null for nowhere in particular.")
    message: str = Field(description="A sentence: what it is, where, and what to do.")


class Upload(Message):
    """The file as it was sent, in the artifact store until its check has ended."""

    path: str = Field(description="Its name in the artifact store.")
    sha256: str
    size: int = Field(description="Bytes.")
    format: FileFormat


class Column(Message):
    """A column as it was understood."""

    name: str = Field(description="What it is called in the dataset.")
    source: str = Field(description="What the file calls it.")
    role: Literal["time", "open", "high", "low", "close", "volume", "feature", "known_at", "text", "label", "symbol", "value"]
    type: Literal["time", "number", "integer", "boolean", "text"]
    understood: str | None = Field(None, description="How its values are read, where that is not plain: `day first, Europe/Berlin`.")


class BaseVersion(Message):
    """The version that rows are appended to."""

    version: PositiveInt
    sha256: str = Field(description="Of its canonical Parquet file in the artifact store.")
    size: int = Field(0, description="Bytes of that file.")


class ValidateSpec(Message):
    """Everything that decides what becomes of an upload."""

    model_config = ConfigDict(extra="forbid")

    dataset_id: str
    version: PositiveInt = Field(description="The version that it makes.")
    name: str
    kind: DatasetKind
    upload: Upload
    symbol: str | None = Field(None, description="Of candles: what they are of.")
    timeframe: Timeframe | None = Field(None, description="Of candles: how long one is; null: as the file's times tell.")
    tz: str | None = Field(None, description="IANA zone of times without one; null: UTC.")
    calendar: str | None = Field(None, description="`24/7`, `24/5` or a name of exchange-calendars; null: as the file's times tell.")
    columns: dict[str, str] = Field(default_factory=dict, description="What the file calls a column, by what it is called here.")
    base: BaseVersion | None = Field(None, description="What the rows are appended to; null for a first version.")
    revise: bool = Field(default=False, description="Whether rows that are there already may have other values.")
    dry_run: bool = Field(default=False, description="Whether it is only looked at: nothing is kept.")
    rows_most: PositiveInt = Field(description="Rows that the whole version may have.")
    stale_after_bars: NonNegativeInt = Field(3, description="Of candles: how many may have closed since the last one before that is said.")


class ValidateResult(Message):
    """What an upload was understood as, what is wrong with it, and the version that it made."""

    status: Literal["ready", "refused"]
    artifact: Artifact | None = Field(None, description="The canonical Parquet file; null where it was refused or only looked at.")
    page: Artifact | None = Field(None, description="The health check as an HTML page.")
    rows: int = Field(ge=0, description="Of the whole version.")
    added: int = Field(ge=0, description="Rows that this upload added.")
    revised: int = Field(0, ge=0, description="Rows that were there and have other values now.")
    columns: Annotated[tuple[Column, ...], Field(max_length=COLUMNS_MOST)]
    start: Moment | None = Field(description="Open of the first candle, or the first time there is; null without times.")
    end: Moment | None = Field(description="Close of the last candle, or the last time there is; null without times.")
    timeframe: Timeframe | None = None
    calendar: str | None = Field(None, description="Of candles: by which gaps are told and years are counted.")
    calendar_guessed: bool = False
    tz: str = "UTC"
    preview: Annotated[tuple[JsonObject, ...], Field(max_length=PREVIEW_ROWS)] = Field(description="The first rows as understood.")
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps it from being used."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What whoever uses it should know."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")
