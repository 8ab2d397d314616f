"""Candles of a symbol: yours first, then live series, then those that come with the platform."""

from datetime import date, datetime
from typing import Final, Literal

from modelbourse.answers.engine.candles import Candle, Candles
from modelbourse.asking import ask_for, given
from modelbourse.gateway import Gateway
from modelbourse.steps import Emit, Flow, Steps

CANDLES: Final = "/v1/ai/candles"
# As many as one answer may hold: a whole series takes the fewest requests.
CANDLES_MOST: Final = 1_000
When = date | datetime | str


def get_candles(
    gateway: Gateway,
    symbol: str,
    timeframe: str | None = None,
    *,
    start: When | None = None,
    end: When | None = None,
    limit: int | None = None,
    synthetic: Literal["allow", "never"] | None = None,
) -> Steps[Candles]:
    """Return candles of a symbol that close from `start` to `end`, days (UTC) or moments, both inclusive; the newest without a start.

    At most 1,000 of them: go on with `start=found.next_start`, or backwards with `end=found.previous_end`. Raise InvalidRequestError,
    which names the nearest symbol, or the days that there are candles of.
    """
    params = given(symbol=symbol, timeframe=timeframe, limit=limit, synthetic=synthetic) | window_of(start, end)
    return ask_for(gateway, Candles, "GET", CANDLES, params=params)


def all_candles(
    gateway: Gateway,
    symbol: str,
    timeframe: str | None = None,
    *,
    start: When = "1700-01-01",
    end: When | None = None,
    synthetic: Literal["allow", "never"] | None = None,
) -> Flow[Candle, None]:
    """Iterate over all candles of a symbol that close from `start` to `end`, the oldest first. Raise as `get_candles` does."""
    begin: When | None = start
    while begin is not None:
        part = yield from get_candles(gateway, symbol, timeframe, start=begin, end=end, limit=CANDLES_MOST, synthetic=synthetic)
        for each in part.candles:
            yield Emit(each)
        begin = part.next_start


def window_of(start: When | None, end: When | None) -> dict[str, str]:
    """Return a window as a query has it."""
    return {name: at if isinstance(at, str) else at.isoformat() for name, at in given(start=start, end=end).items()}
