"""How long candles are, and the version of an account's dataset that stands behind a symbol."""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal, get_args

from pydantic import Field, PositiveInt

from libs.contracts.envelope import Message, Moment

Timeframe = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"]
# From the shortest to the longest: a longer one can be made of each that stands before it.
TIMEFRAMES: Final[tuple[Timeframe, ...]] = get_args(Timeframe)
SECONDS: Final[Mapping[str, int]] = {
    "1m": 60, "5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600, "4h": 14_400, "1d": 86_400, "1w": 604_800,
}  # fmt: skip
"""How long a bar of each timeframe is, in seconds; one of an exchange's day or week may be shorter."""
LIVE_PREFIX: Final = "live_"
"""How the ids of the platform's live series begin, which everybody may use."""


class OwnCandles(Message):
    """Candles of an account's own: the version of a dataset that stands behind a symbol.

    The file's `timeframe` may be finer than what is asked for: coarser candles are made of it.
    """

    symbol: str
    timeframe: Timeframe
    dataset_id: str
    version: PositiveInt
    sha256: str = Field(description="Of the canonical Parquet file in the artifact store.")
    calendar: str
    start: date = Field(description="Day (UTC) of the first candle.")
    end: date = Field(description="Day (UTC) of the last candle.")
    columns: tuple[str, ...] = Field((), description="Further columns, which are features by their names.")
    warnings: int = Field(0, ge=0, description="How many kinds of warning its health check has.")

    last_close: Moment | None = Field(None, description="Close of the last candle; null in references from before it was told.")

    @property
    def is_live(self) -> bool:
        """Whether new candles of it come by themselves, and everybody may use it."""
        return self.dataset_id.startswith(LIVE_PREFIX)
