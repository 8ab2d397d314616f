"""Candles that a caller sends, as they travel: a column each, which is a third of what candle by candle would be."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from libs.contracts.envelope import Message

AnalysisTimeframe = Literal["1m", "5m", "15m", "1h", "4h", "1d"]
CANDLES_MOST = 1_000
AROUND_THE_CLOCK = "24/7"
Prices = tuple[Annotated[float, Field(gt=0)], ...]


class CandleColumns(Message):
    """Candles of one timeframe, oldest first; the columns are of one length. `timestamp` is when each opened, in ms since 1970 (UTC)."""

    timestamp: tuple[Annotated[int, Field(gt=0)], ...] = Field(max_length=CANDLES_MOST)
    open: Prices
    high: Prices
    low: Prices
    close: Prices
    volume: tuple[Annotated[float, Field(ge=0)], ...]

    @model_validator(mode="after")
    def _is_even(self) -> Self:
        if {len(each) for each in (self.open, self.high, self.low, self.close, self.volume)} != {len(self.timestamp)}:
            message = "the columns of candles differ in length"
            raise ValueError(message)
        return self

    @classmethod
    def of(cls, rows: Iterable[Sequence[float]]) -> Self:
        """Return rows of timestamp, open, high, low, close and volume as columns. Raise ValueError for what are no candles."""
        columns = list(zip(*rows, strict=True)) or [()] * len(cls.model_fields)
        return cls.model_validate(dict(zip(cls.model_fields, columns, strict=True)))

    def __len__(self) -> int:
        """Return how many candles there are."""
        return len(self.timestamp)

    def part(self, start: int, stop: int) -> "CandleColumns":
        """Return the candles from `start` up to, not with, `stop`."""
        if (start, stop) == (0, len(self)):
            return self
        return CandleColumns.model_construct(**{name: getattr(self, name)[start:stop] for name in CandleColumns.model_fields})


class MarketData(Message):
    """Candles of a symbol by timeframe, oldest first, and what it costs now."""

    symbol: str
    timeframe_data: dict[AnalysisTimeframe, CandleColumns]
    current_price: float = Field(gt=0)
    volume_24h: float | None = Field(None, ge=0)
    timestamp: int = Field(gt=0, description="Of the request, in milliseconds since 1970 (UTC).")
    hours: str | None = Field(None, description="When it is traded: `24/7`, or the calendar of own candles; null where that is not known.")


class DayVolume(Message):
    """What was traded in the last 24 hours, as the caller says, beside the candles. What cannot be told is null."""

    value: float = Field(ge=0)
    unit: Literal["base", "quote"] | None = Field(description="Whether it is of the candles' volume, or of that times the price.")
    ratio: float | None = Field(description="How many times the mean of the whole days before it is, by the candles.")
