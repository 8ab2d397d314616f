"""What the job kind `predict_batch` is asked and answers: what a version says at each candle of a dataset, as a Parquet file."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from libs.contracts.envelope import Message, Moment
from libs.contracts.own_candles import OwnCandles, Timeframe
from libs.contracts.training import Artifact

FILE: Final = "predictions.parquet"


class PredictBatchSpec(Message):
    """Which version is asked, and about which candles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_id: str
    version: str
    artifact: str = Field(description="The sha256 of the version's manifest.")
    dataset_id: str
    symbols: Annotated[tuple[str, ...], Field(min_length=1)]
    timeframe: Timeframe
    features: tuple[str, ...] = Field(description="What the version looks at, by the names that it was trained with.")
    candles_most: Annotated[int, Field(ge=0)] = Field(description="Candles that there are at most: what it is priced by.")
    interval_level: Annotated[float, Field(ge=0.5, le=0.99)] = 0.9
    own: tuple[OwnCandles, ...] = ()


class PredictBatchResult(Message):
    """What was written; a value that cannot be computed is null, and `reasons` says why under its name."""

    files: dict[str, Artifact] = Field(description=f"`{FILE}`: a row a candle, the oldest first, symbol by symbol.")
    columns: tuple[str, ...] = Field(description="Those of the file, in their order.")
    rows: int = Field(description="Candles that were answered, or at which the version abstains.")
    abstained: int = Field(description="Rows without an answer: the version abstains there.")
    left_out: int = Field(description="Candles at which a feature is not known, or before a whole window: they have no row.")
    in_sample: int | None = Field(description="Rows that the version has learned from; null where nobody wrote that down.")
    start: Moment = Field(description="Close of the first row's candle.")
    end: Moment = Field(description="Close of the last row's candle.")
    target: str
    horizon: int = Field(description="Candles that it looks ahead.")
    interval_method: str | None = Field(description="As of kept predictions; null for classes, and where there is none.")
    synthetic: bool
    data_hash: str
    reasons: dict[str, str]
