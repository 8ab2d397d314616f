"""Ask a live source for the candles since a moment: page by page, with patience, and take what is closed and there once."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from libs.market.live.source import SECOND, Bar, Sleep, Source, SourceAwayError, SourceRefusedError
from libs.market.sessions import INTRADAY, bars_of, closes_between, session_close, sessions_of
from libs.quant.candles import Integers

T = TypeVar("T")
DAY: Final = 86_400 * SECOND
ROUND_THE_CLOCK: Final = frozenset({"24/7", "24/5"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How often one page is asked for, and how long in between: growing pauses, or what the source says, never longer than `longest_s`."""

    tries: int = 6
    first_s: float = 1.0
    longest_s: float = 120.0
    sleep: Sleep = time.sleep

    def __call__(self, ask: Callable[[], T]) -> T:
        """Return what is answered in the end. Raise `SourceRefusedError` when asking is of no use, now or at all."""
        for number in range(1, self.tries + 1):
            try:
                return ask()
            except SourceAwayError as error:
                wait_s = self._pause(number) if error.wait_s is None else error.wait_s
                if number == self.tries or wait_s > self.longest_s:
                    raise _given_up(error, tries=number) from error
                self.sleep(wait_s)
        raise AssertionError

    def _pause(self, number: int) -> float:
        pause_s: float = self.first_s * 2 ** (number - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - clients should not act in step
        return min(pause_s, self.longest_s)


def _given_up(error: SourceAwayError, *, tries: int) -> SourceRefusedError:
    times = "once" if tries == 1 else f"{tries} times"
    asked = "" if error.wait_s is None else f" It asks to wait for {error.wait_s:.0f} s."
    return SourceRefusedError(f"{error.message}; asked {times}.{asked} The next refresh goes on from here.")


@dataclass(frozen=True, slots=True)
class Fetched:
    """Closed candles, oldest first, each once.

    `duplicates` came more than once, `unclosed` were not over by the source's time, `outside` lie outside of the market's sessions.
    `missing` is how many candles the calendar has up to the last that came, and the source has not: from the first that came, or from the
    first asked for where a series begins. `is_all` tells whether the source has no more up to now.
    """

    bars: tuple[Bar, ...]
    duplicates: int
    unclosed: int
    outside: int
    missing: int
    is_all: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which candles: those that opened at `since` (nanoseconds since 1970, UTC) or later, at most about `bars_most` of them.

    `begins` tells whether a series begins there: then those before the first that comes are missing, too.
    """

    market: str
    timeframe: str
    calendar: str
    since: int
    bars_most: int
    begins: bool = False


def fetch(source: Source, wanted: Wanted, *, patience: Patience, report: Callable[[int], None]) -> Fetched:
    """Return what a source has; `report` is told how many candles there are so far.

    Raise `SourceRefusedError`: for a market or timeframe that it does not have, and when it was not to be had for all patience.
    """
    if wanted.timeframe not in source.timeframes:
        there = ", ".join(source.timeframes)
        message = f"The source has no candles of {wanted.timeframe}; it has {there}. Coarser ones are made of finer ones."
        raise SourceRefusedError(message)
    until, since = patience(source.now), wanted.since
    found: dict[int, Bar] = {}
    count = 0
    following: int | None = since if since < until else None
    while following is not None and len(found) < wanted.bars_most:
        page = patience(_page_of(source, wanted, since=following, until=until))
        # Of two that say different things the later is the corrected one.
        found.update((bar.opened, bar) for bar in page.bars)
        count += len(page.bars)
        following = page.following
        report(len(found))
    # Some learn the source's time from its answers alone.
    return _closed(found, wanted, duplicates=count - len(found), at=min(until, patience(source.now)), is_all=following is None)


def _page_of(source: Source, wanted: Wanted, *, since: int, until: int) -> Callable[[], Any]:
    return lambda: source.page(wanted.market, wanted.timeframe, since=since, until=until)


def _closed(found: dict[int, Bar], wanted: Wanted, *, duplicates: int, at: int, is_all: bool) -> Fetched:
    bars = [found[opened] for opened in sorted(found)]
    if wanted.timeframe in INTRADAY and wanted.calendar not in ROUND_THE_CLOCK:
        inside = sessions_of(wanted.calendar, first=wanted.since).inside(np.array([bar.opened for bar in bars], dtype=np.int64))
        traded = [bar for bar, is_inside in zip(bars, inside, strict=True) if is_inside]
    else:
        traded = bars
    closed = tuple(bar for bar in traded if close_of(bar, timeframe=wanted.timeframe, calendar=wanted.calendar) <= at)
    return Fetched(
        closed,
        duplicates=duplicates,
        unclosed=len(traded) - len(closed),
        outside=len(bars) - len(traded),
        missing=_missing(closed, wanted),
        is_all=is_all,
    )


def _missing(bars: tuple[Bar, ...], wanted: Wanted) -> int:
    if not bars:
        return 0
    last = close_of(bars[-1], timeframe=wanted.timeframe, calendar=wanted.calendar)
    first = close_of(bars[0], timeframe=wanted.timeframe, calendar=wanted.calendar)
    before = len(closes_of(wanted.calendar, wanted.timeframe, since=wanted.since, until=first - 1)) if wanted.begins else 0
    expected = closes_between(wanted.calendar, wanted.timeframe, after=first - 1, until=last)
    return before + max(0, len(expected) - len(bars))


def closes_of(calendar: str, timeframe: str, *, since: int, until: int) -> Integers:
    """Return when the bars close, up to `until`, that opened at `since` or later (all nanoseconds since 1970).

    A day's bar counts from the day after on, as days begin at other moments where the market is.
    """
    return closes_between(calendar, timeframe, after=since + INTRADAY.get(timeframe, DAY) - 1, until=until)


def close_of(bar: Bar, *, timeframe: str, calendar: str) -> int:
    """Return when a bar closes, nanoseconds since 1970; the last of a session may be shorter than the others."""
    if timeframe not in INTRADAY:
        close = session_close(calendar, day_of(bar, calendar=calendar))
        return bar.opened + DAY if close is None else close
    close = bar.opened + INTRADAY[timeframe]
    if calendar in ROUND_THE_CLOCK:
        return close
    stretches = bars_of(calendar, timeframe, first=bar.opened)
    place = int(np.searchsorted(stretches.ends, bar.opened, side="right"))
    return min(close, int(stretches.ends[place])) if place < len(stretches.ends) and stretches.starts[place] <= bar.opened else close


def day_of(bar: Bar, *, calendar: str) -> date:
    """Return the day of a day's bar, where the market is."""
    zone = ZoneInfo(sessions_of(calendar, first=bar.opened).zone)
    return datetime.fromtimestamp(bar.opened // SECOND, UTC).astimezone(zone).date()
