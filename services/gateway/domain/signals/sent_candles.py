"""Candles that are sent with a request: where each should be, and when."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from libs.contracts.analyses import TIMEFRAMES
from libs.contracts.own_candles import SECONDS
from libs.contracts.sent_candles import CandleColumns

# A day of clocks that are put forward has 23 hours.
SHORTEST: Final = 0.95
# Where no two candles are nearer than this, they may be of a longer timeframe; each gap may be a hole, too, where nothing was traded.
LONGEST: Final = 1.5
# So many gaps tell, where most are as long as another timeframe, or as long as each other.
GAPS_LEAST: Final = 3
GAPS_ENOUGH: Final = 10
# By how much a caller's clock may be ahead.
CLOCKS_MS: Final = 5_000


def misplaced(name: str, candles: CandleColumns) -> str | None:
    """Return which candle of a timeframe is not where it should be, and why; None where all are."""
    opened, length = candles.timestamp, 1000 * SECONDS[name]
    gaps = [after - before for before, after in pairwise(opened)]
    if not gaps:
        return None
    nearest = min(gaps)
    if nearest < SHORTEST * length:
        number = next(number for number, gap in enumerate(gaps, start=1) if gap < SHORTEST * length)
        return _too_near(name, number, timestamp=opened[number], gap=gaps[number - 1])
    fit = next((each for each in TIMEFRAMES if 1000 * SECONDS[each] == nearest), None)
    is_common = 2 * gaps.count(nearest) > len(gaps) >= (GAPS_LEAST if fit else GAPS_ENOUGH)
    if nearest > LONGEST * length and is_common:
        better = f" Send them as {fit}." if fit else ""
        apart = f"most candles are {nearest / 1000:g} s apart, none nearer, a candle of {name} lasts {SECONDS[name]} s"
        return f"timeframe_data.{name}: {apart}; are these of another timeframe?{better}"
    return None


def mistimed(given: Mapping[str, CandleColumns], *, at_ms: int) -> str | None:
    """Return what contradicts that the candles are looked at at a moment; None where nothing does."""
    for name, candles in given.items():
        if candles and candles.timestamp[-1] > at_ms + CLOCKS_MS:
            opened = candles.timestamp[-1]
            return (
                f"{_place(name, len(candles) - 1)}: timestamp {opened} lies in the future of {at_ms}, the moment of the request; "
                "timestamps are milliseconds."
            )
    # Of a candle that is not closed its close is not known yet.
    if given and not any(candles and candles.timestamp[0] + 1000 * SECONDS[name] <= at_ms for name, candles in given.items()):
        return f"timeframe_data: none of the candles is closed at the timestamp {at_ms}; send some that are, or when they were."
    return None


def _too_near(name: str, number: int, *, timestamp: int, gap: int) -> str:
    place = _place(name, number)
    if gap == 0:
        return f"{place}: timestamp {timestamp} is there twice; each candle opens at a time of its own."
    if gap < 0:
        return f"{place}: timestamp {timestamp} is older than the one before; the oldest comes first."
    opens = f"timestamp {timestamp} is {gap / 1000:g} s after the one before"
    return f"{place}: {opens}, a candle of {name} lasts {SECONDS[name]} s; are these of another timeframe, or timestamps in seconds?"


def _place(name: str, number: int) -> str:
    """Return where a candle stands in the body, counted from 0 as every path in an error is."""
    return f"timeframe_data.{name}.{number}"
