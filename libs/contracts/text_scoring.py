"""What the job kind `score_texts` is asked and answers: texts with their sentiment, and candles that have it as a column."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt

from libs.contracts.datasets import ValidateResult
from libs.contracts.envelope import Message
from libs.contracts.own_candles import OwnCandles, Timeframe
from libs.contracts.texts import TextData
from libs.contracts.training import Artifact

SCORES: Final = "scores.parquet"
COLUMN: Final = "sentiment_score"
COUNT: Final = "sentiment_texts"
SYMBOLS_MOST: Final = 20
"""Symbols of one job: each has a dataset of its own."""
SUFFIX: Final = "-SENT"
"""What symbols with a score are called by: `NVDA-SENT` is NVDA with its sentiment, and NVDA stays what it is."""
UPLOAD: Final = "scored/"
"""How the name of a file begins that a job has made and nobody has sent."""


class ScoreTextsSpec(Message):
    """Which version scores which texts, and of which candles they become a column."""

    model_config = ConfigDict(extra="forbid")

    model_id: str
    version: str
    artifact: str = Field(description="The sha256 of the version's manifest.")
    data: TextData
    text_column: str | None = Field(None, description="Null: as its name tells.")
    time_column: str | None = Field(None, description="When a text was published. Null: as its name tells.")
    symbol_column: str | None = Field(None, description="Null: as its name tells, where no symbol is given for all.")
    symbol: str | None = Field(None, description="The symbol of all texts.")
    symbol_suffix: str = Field(SUFFIX, description="What the datasets' symbols are called beside those of the texts.")
    timeframe: Timeframe = "1d"
    tz: str = Field("UTC", description="IANA zone of times without one.")
    dataset_name: str
    output_dir: str = Field("", description="Where its files lie in the account's data root; empty: `outputs/<job id>`.")
    taken: tuple[str, ...] = Field((), description="Symbols that datasets of the account have which no such job has made.")
    datasets_most: NonNegativeInt = Field(SYMBOLS_MOST, description="Datasets that the account may have beside those it has.")
    rows_most: NonNegativeInt = Field(description="Rows that all of its datasets may have together.")
    own: tuple[OwnCandles, ...] = Field((), description="What stands behind the account's own symbols.")


class ScoredSymbol(Message):
    """A symbol's candles with their sentiment: a version of a dataset."""

    symbol: str = Field(description="As the texts have it.")
    dataset_symbol: str = Field(description="What the dataset is of.")
    texts: PositiveInt = Field(description="Texts that are counted.")
    bars: PositiveInt = Field(description="Candles that have any.")
    checked: ValidateResult = Field(description="The version's file and columns.")


class ScoreTextsResult(Message):
    """What was scored and left out. A value that cannot be computed is null, and `reasons` says why under its name."""

    rows: NonNegativeInt = Field(description="Rows of the file.")
    scored: NonNegativeInt = Field(description="Texts that have a score.")
    truncated: NonNegativeInt = Field(description="Of these, texts that are longer than the model reads.")
    left_out: dict[str, int] = Field(
        description="Rows that count for no candle, by why: `empty_text`, `no_time`, `no_symbol`, `no_candles`, `before_candles`, "
        "`in_hole`, `after_candles`. A row has the first reason that applies."
    )
    without_candles: Annotated[tuple[str, ...], Field(max_length=SYMBOLS_MOST)] = Field(description="Some symbols that have no candles.")
    labels: dict[str, int] = Field(description="How many texts have each label.")
    mean_score: float = Field(description="Over all scored texts.")
    symbols: Annotated[tuple[ScoredSymbol, ...], Field(max_length=SYMBOLS_MOST)]
    files: dict[str, Artifact] = Field(description=f"`{SCORES}`: each row of the file with its label, probabilities and score.")
    notes: tuple[str, ...] = ()
    reasons: dict[str, str] = Field(default_factory=dict)
