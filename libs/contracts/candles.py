"""Candles that a reader wants to see: the gateway has the catalogue, inference has the candles."""

from typing import ClassVar, Final

from pydantic import Field

from libs.contracts.envelope import Ask, Moment, Reply
from libs.contracts.inference import PredictRange
from libs.contracts.own_candles import OwnCandles

SHOWN_MOST: Final = 1_000
"""Candles in one part."""


class CandlePart(Reply):
    """Some of a symbol's candles, oldest first; the columns are of one length. Times are in milliseconds since 1970 (UTC)."""

    opened: tuple[int, ...]
    closed: tuple[int, ...]
    open: tuple[float, ...]
    high: tuple[float, ...]
    low: tuple[float, ...]
    close: tuple[float, ...]
    volume: tuple[float | None, ...] = Field(description="Null where the source does not know it.")
    adjustment: str = Field(description="What prices were adjusted for.")
    synthetic: bool = Field(description="Whether they were generated.")
    first: Moment = Field(description="Open of the oldest candle that there is.")
    last: Moment = Field(description="Close of the newest candle that there is.")
    before: Moment | None = Field(description="Close of the candle before this part, or before the window where that has none.")
    after: Moment | None = Field(description="Close of the candle after this part, or after the window where that has none.")


class ReadCandles(Ask[CandlePart]):
    """Read a part of a symbol's candles: the first ones from `start` on, or, without it, the last ones up to `end`."""

    topic: ClassVar[str] = PredictRange.topic
    name: ClassVar[str] = "candles.read"
    # Parts of one symbol are read by one process, which keeps its candles.
    key_field: ClassVar[str] = "symbol"

    symbol: str
    timeframe: str
    start: Moment | None = Field(None, description="Only candles that close then or later.")
    end: Moment | None = Field(None, description="Only candles that close then or before.")
    most: int = Field(ge=1, le=SHOWN_MOST, description="How many at most.")
    synthetic_allowed: bool = False
    own: OwnCandles | None = Field(None, description="What stands behind the symbol where it is the caller's own, or a live series.")
