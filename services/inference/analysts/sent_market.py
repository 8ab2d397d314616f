"""A market that was sent, looked at: the candles that count of it, and what is to be said of the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from libs.chassis.errors import InvalidError
from libs.contracts.analyses import TIMEFRAMES
from libs.contracts.own_candles import SECONDS
from libs.contracts.sent_candles import AROUND_THE_CLOCK, CandleColumns, DayVolume, MarketData
from libs.quant.analysis.day_volume import DayTraded, day_traded
from libs.quant.analysis.sent_candles import AroundTheClock, Counted, Hours, UnknownHours, counted
from libs.quant.candles import Floats, Integers
from libs.quant.indicators.bars import Bars, with_known_volume

NANOSECONDS: Final = 10**9
MILLISECOND: Final = 10**6
PATH: Final = "timeframe_data"


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A market as it counts: `bars` by timeframe, the shortest first, and the same candles as `market`.

    `warnings` say by path what was noticed; `qualities` from 0 to 1 how much what is said of a timeframe is lowered by it.
    """

    market: MarketData
    bars: Mapping[str, Bars]
    warnings: Mapping[str, tuple[str, ...]]
    qualities: Mapping[str, float]
    traded: DayTraded | None

    @property
    def quality(self) -> float:
        """The mean over all timeframes that were sent, weighted as they are in a signal."""
        weights = {name: TIMEFRAMES.index(name) + 1.0 for name in self.qualities}
        return sum(weight * self.qualities[name] for name, weight in weights.items()) / sum(weights.values())

    @property
    def day_volume(self) -> DayVolume | None:
        """What the caller says of 24 hours, beside the candles; None where it says nothing."""
        return None if self.traded is None else DayVolume(value=self.traded.value, unit=self.traded.unit, ratio=self.traded.ratio)

    @property
    def reasons(self) -> dict[str, str]:
        """Why what is null of the day's volume is."""
        return {f"volume_24h.{name}": why for name, why in self.traded.reasons.items()} if self.traded else {}


@dataclass(frozen=True, slots=True)
class ByCalendar:
    """The hours of an exchange: implements the port Hours by the calendar that own candles were sent with."""

    calendar: str
    timeframe: str
    length: int

    def between(self, closes: Integers) -> Integers:
        """Return how many should have closed after each of these and up to the next."""
        due = AroundTheClock(self.length).between(closes)
        for place in np.flatnonzero(due > 1).tolist():
            due[place] = max(self.since(int(closes[place]), at=int(closes[place + 1])), 1)
        return due

    def since(self, close: int, *, at: int) -> int:
        """Return how many should have closed after one and up to a moment."""
        # Imported when first needed: an exchange's calendar needs pandas, which most signals never do.
        from libs.market.sessions import bars_between  # noqa: PLC0415  # as said above

        return bars_between(self.calendar, self.timeframe, after=close, until=at)


def look_at(market: MarketData, *, stale_after: int) -> LookedAt:
    """Return the candles of a market that count at its moment, and what was noticed. Blocks for some milliseconds.

    What is not closed is left out, and what lies before a long hole; holes, and candles older than `stale_after` bars, lower the quality.
    Raise InvalidError where nothing counts.
    """
    used: dict[str, CandleColumns] = {}
    bars: dict[str, Bars] = {}
    warnings: dict[str, tuple[str, ...]] = {}
    qualities: dict[str, float] = {}
    for name in TIMEFRAMES:
        sent = market.timeframe_data.get(name)
        if not sent:
            continue
        length = SECONDS[name] * NANOSECONDS
        closes = np.array(sent.timestamp, dtype=np.int64) * MILLISECOND + length
        found = counted(closes, at=market.timestamp * MILLISECOND, hours=_hours(market.hours, name, length))
        if found is not None:
            used[name] = sent.part(found.first, found.stop)
            bars[name] = bars_sent(used[name], timeframe=name)
            qualities[name] = found.quality(stale_after=stale_after)
        if said := tuple(_noticed(found, closes, length=length, at_ms=market.timestamp, stale_after=stale_after)):
            warnings[f"{PATH}.{name}"] = said
    if not used:
        message = "No candle is closed at the moment of the request."
        raise InvalidError(message, details={PATH: [message]})
    series = [(SECONDS[name] * NANOSECONDS, each) for name, each in bars.items()]
    traded = None if market.volume_24h is None else day_traded(market.volume_24h, series, at=market.timestamp * MILLISECOND)
    return LookedAt(market.model_copy(update={"timeframe_data": used}), bars, warnings, qualities, traded)


def bars_sent(candles: CandleColumns, *, timeframe: str) -> Bars:
    """Return candles as arrays, by their closes in nanoseconds; a volume of 0 where the price moved counts as the last known one."""
    opened = np.array(candles.timestamp, dtype=np.int64)
    columns: list[Floats] = [np.array(getattr(candles, name), dtype=np.float64) for name in ("open", "high", "low", "close", "volume")]
    return with_known_volume(Bars(opened * MILLISECOND + SECONDS[timeframe] * NANOSECONDS, *columns))


def _hours(hours: str | None, timeframe: str, length: int) -> Hours:
    if hours is None:
        return UnknownHours(length)
    return AroundTheClock(length) if hours == AROUND_THE_CLOCK else ByCalendar(hours, timeframe, length)


def _noticed(found: Counted | None, closes: Integers, *, length: int, at_ms: int, stale_after: int) -> Iterator[str]:
    """Yield what was noticed of a timeframe's candles, in words."""
    unfinished = len(closes) if found is None else found.unfinished
    if unfinished:
        which = "the last candle is" if unfinished == 1 else f"the last {unfinished} candles are"
        yield f"{which} not closed at {_moment(at_ms * MILLISECOND)} (opened {_moment(closes[-1] - length)}), and left out"
    if found is None:
        return
    if found.first:
        left = f"{found.first} candles before a hole of {found.hole} missing ones"
        yield f"{left} are left out: what counts begins at {_moment(closes[found.first] - length)}"
    if found.missing:
        yield f"{found.missing} candles are missing among the newest {found.seen}: the confidence is lowered"
    if found.age > stale_after:
        closed = _moment(closes[found.stop - 1])
        yield f"the newest candle closed {closed}, {found.age} bars before the moment of the request: the confidence is lowered"


def _moment(nanoseconds: Any) -> str:
    return f"{datetime.fromtimestamp(int(nanoseconds) // NANOSECONDS, UTC):%Y-%m-%d %H:%M:%S} UTC"
