"""Candles that go on coming: what the job kind `refresh` is asked and answers."""

from datetime import timedelta
from typing import Final, Literal

from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt

from libs.contracts.datasets import BaseVersion, DatasetKind, ValidateResult, ValidateSpec
from libs.contracts.envelope import Message, Moment
from libs.contracts.own_candles import OwnCandles, Timeframe

PLATFORM: Final = "platform"
"""Who has the live series: nobody's account, whose symbols are there for all."""

NOTHING_YET: Final = "NothingYetError"
"""How a refresh fails, by the type of its error, while no candle of a new series has closed: nothing went wrong."""

# What a candle has beside what is a feature by its name.
PLAIN: Final = frozenset({"time", "open", "high", "low", "close", "volume", "known_at"})


class RefreshSpec(Message):
    """Which candles are fetched, from where, and to which version of a live series they are added."""

    model_config = ConfigDict(extra="forbid")

    dataset_id: str
    version: PositiveInt = Field(description="The version that it makes.")
    name: str
    source: str = Field(description="Whom to ask: `ccxt:kraken`, `alpaca:iex`, or what an installed package adds.")
    market: str = Field(description="What the source calls it: `BTC/USD`.")
    symbol: str = Field(description="What it is called here.")
    timeframe: Timeframe
    calendar: str | None = Field(None, description="When the market trades; null: as the source says.")
    base_url: str | None = Field(None, description="Where the source is asked; null: at its usual address.")
    since: Moment = Field(description="Where a series begins.")
    base: BaseVersion | None = Field(None, description="What the candles are added to; null while there is none.")
    replaces: str | None = Field(
        None, description="Whose candles the series had before, where it begins anew with those of another market."
    )
    every_s: PositiveInt | None = Field(None, description="How often it is refreshed, in seconds; null: that was not told.")
    revise_bars: PositiveInt = Field(description="How many of the newest candles are asked for again: late ones come, and others change.")
    bars_most: PositiveInt = Field(description="About how many candles are fetched at once; a longer past comes by several refreshes.")
    rows_most: PositiveInt = Field(description="Candles that the whole series may have.")
    stale_after_bars: NonNegativeInt = Field(3, description="How many candles may have closed since the last one before that is said.")

    @property
    def kind(self) -> DatasetKind:
        """What its rows are."""
        return DatasetKind.CANDLES

    @property
    def upload(self) -> None:
        """No file was sent."""
        return

    @property
    def dry_run(self) -> Literal[False]:
        """It is kept."""
        return False


def candles_of(spec: ValidateSpec | RefreshSpec, result: ValidateResult) -> OwnCandles | None:
    """Return what stands behind a symbol once a version of a dataset was made; None where there is nothing that can be used."""
    if result.artifact is None or spec.symbol is None or spec.dry_run:
        return None
    if result.timeframe is None or result.calendar is None or result.start is None or result.end is None:
        return None
    return OwnCandles(
        symbol=spec.symbol,
        timeframe=result.timeframe,
        dataset_id=spec.dataset_id,
        version=spec.version,
        sha256=result.artifact.sha256,
        calendar=result.calendar,
        start=result.start.date(),
        # Midnight belongs to the day before, whose last candle closes then.
        end=(result.end - timedelta(microseconds=1)).date(),
        columns=tuple(column.name for column in result.columns if column.role not in PLAIN),
        warnings=len(result.warnings),
        last_close=result.end,
    )


class RefreshResult(ValidateResult):
    """What came of a refresh: the version that it made, and what the source had."""

    came: NonNegativeInt = Field(description="Closed candles that the source had since the ones that were asked for again.")
    missing: NonNegativeInt = Field(
        description="Candles that the calendar has between the first and the last of those, and the source not."
    )
    caught_up: bool = Field(description="Whether the source has no more by now; if it has, the next refresh follows at once.")
