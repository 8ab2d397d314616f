"""When a market trades, by its calendar's name: the bars that close between two moments, and how many a year has.

A calendar is `24/7`, `24/5` (Monday to Friday, UTC) or a name of `exchange-calendars`. Moments are nanoseconds since 1970, UTC. A session
with a break at lunch is two stretches. Bars within a day begin with their stretch, at midnight UTC where a market is open round the clock;
the last of a stretch may be shorter. A day's bar is its session; a week's closes with its last session.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.own_candles import SECONDS
from libs.market.calendar_names import ALWAYS, WEEKDAYS, check_calendar
from libs.quant.candles import NANOSECONDS_A_DAY, Integers

INTRADAY: Final[dict[str, int]] = {name: seconds * 10**9 for name, seconds in SECONDS.items() if seconds < SECONDS["1d"]}
_WEEK: Final = 7
_WEEKDAYS: Final = 5
_NONE: Final = np.iinfo(np.int64).min  # how numpy writes a moment that is none
# Few files reach back further than the first; those that do get the slower, longer calendar.
_USUAL_START: Final = date(1970, 1, 1)
_EARLIEST: Final = date(1900, 1, 1)
_LATEST: Final = date(2040, 12, 31)
# What lies outside of the years that a calendar knows is taken to be as the year next to it: 52 whole weeks, so that weekdays stay.
_REPEATED: Final = 364
# The ten years by which bars are counted; holidays differ from year to year.
_COUNTED: Final = (date(2015, 1, 1), date(2025, 1, 1))
_COUNTED_YEARS: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Sessions:
    """A calendar's sessions, oldest first. `day` is the date of each in days since 1970; a stretch is a time without a break."""

    day: Integers
    open: Integers
    close: Integers
    starts: Integers
    ends: Integers
    zone: str

    def close_of(self, days: Integers) -> Integers:
        """Return when the session of each day closes; where there is none, when the day ends in UTC."""
        place = np.minimum(np.searchsorted(self.day, days), len(self.day) - 1)
        return np.asarray(np.where(self.day[place] == days, self.close[place], (days + 1) * NANOSECONDS_A_DAY))

    def traded(self, moments: Integers) -> Integers:
        """Return for how long the market has been open up to each moment, since the calendar's first."""
        before = np.concatenate([[0], np.cumsum(self.ends - self.starts)])
        stretch = np.searchsorted(self.starts, moments, side="right")
        within = np.minimum(moments, self.ends[stretch - 1]) - self.starts[stretch - 1]
        return np.asarray(np.where(stretch == 0, 0, before[stretch - 1] + within))

    def inside(self, moments: Integers) -> NDArray[np.bool_]:
        """Tell which moments lie in a session, its opening included and its close not."""
        stretch = np.searchsorted(self.starts, moments, side="right") - 1
        return np.asarray((stretch >= 0) & (moments < self.ends[stretch]))


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """The bars of one timeframe of a calendar: stretches that are cut into pieces of `length`, the last of which may be shorter."""

    starts: Integers
    ends: Integers
    length: int | None
    total: Integers
    """How many bars there are before each stretch, and in all."""

    def before(self, moments: Integers) -> Integers:
        """Return how many bars have closed up to each moment, it included."""
        whole = np.searchsorted(self.ends, moments, side="right")
        if self.length is None:
            return np.asarray(whole, dtype=np.int64)
        stretch = np.minimum(whole, len(self.starts) - 1)
        within = np.where(whole < len(self.starts), np.maximum(moments - self.starts[stretch], 0) // self.length, 0)
        return np.asarray(self.total[whole] + within)

    def closes(self, numbers: Integers) -> Integers:
        """Return when the bars with these numbers close."""
        stretch = np.searchsorted(self.total, numbers, side="right") - 1
        if self.length is None:
            return self.ends[stretch]
        return np.minimum(self.starts[stretch] + (numbers - self.total[stretch] + 1) * self.length, self.ends[stretch])


def bars_between(calendar: str, timeframe: str, *, after: int, until: int) -> int:
    """Return how many bars close after one moment and up to the other, it included. Raise `InvalidError` for an unknown calendar."""
    if until <= after:
        return 0
    first, last = bars_of(calendar, timeframe, first=after).before(np.array([after, until], dtype=np.int64))
    return int(last - first)


def closes_between(calendar: str, timeframe: str, *, after: int, until: int) -> Integers:
    """Return when those bars close, oldest first. Raise `InvalidError` for an unknown calendar."""
    bars = bars_of(calendar, timeframe, first=after)
    first, last = bars.before(np.array([after, max(after, until)], dtype=np.int64))
    return bars.closes(np.arange(first, last))


@lru_cache(maxsize=256)
def bars_a_year(calendar: str, timeframe: str) -> float:
    """Return the bars of a usual year: its sessions (365, 252 …) times the bars of a usual session. By it ratios are annualised."""
    if timeframe == "1w":
        return 52.0
    days = 365.0 if calendar == ALWAYS else float(round(_sessions_counted(calendar) / _COUNTED_YEARS))
    if timeframe == "1d":
        return days
    bars = bars_of(calendar, timeframe, first=0)
    sessions = sessions_of(calendar, first=0)
    return days * _usual(bars.before(sessions.close) - bars.before(sessions.open), of=sessions.close)


def session_close(calendar: str, day: date) -> int | None:
    """Return when the session of a day closes; None on a day without one. Raise `InvalidError` for an unknown calendar."""
    number = _day(day)
    sessions = sessions_of(calendar, first=number * NANOSECONDS_A_DAY)
    place = int(np.searchsorted(sessions.day, number))
    return int(sessions.close[place]) if place < len(sessions.day) and sessions.day[place] == number else None


@lru_cache(maxsize=256)
def length_of(calendar: str, timeframe: str) -> int:
    """Return the time from a usual bar's open to its close. Raise `InvalidError` for an unknown calendar."""
    if timeframe in INTRADAY:
        return INTRADAY[timeframe]
    sessions = sessions_of(calendar, first=0)
    if timeframe == "1d":
        return _usual(sessions.close - sessions.open, of=sessions.close)
    weeks = bars_of(calendar, "1w", first=0)
    return _usual(weeks.ends - weeks.starts, of=weeks.ends)


def opens_of(calendar: str, timeframe: str, *, closes: Integers) -> Integers:
    """Return when the bars that close at these moments opened. Raise `InvalidError` for an unknown calendar."""
    if not len(closes):
        return closes
    bars = bars_of(calendar, timeframe, first=int(closes[0]))
    stretch = np.minimum(np.searchsorted(bars.ends, closes), len(bars.ends) - 1)
    start, usual = bars.starts[stretch], length_of(calendar, timeframe)
    if bars.length is None:
        return np.asarray(np.where(bars.ends[stretch] == closes, start, closes - usual))
    last_of_stretch = start + (closes - start - 1) // usual * usual
    return np.asarray(np.where(bars.ends[stretch] == closes, last_of_stretch, closes - usual))


def sessions_of(calendar: str, *, first: int) -> Sessions:
    """Return a calendar's sessions, from before the moment `first` where it knows them. Raise `InvalidError` for an unknown calendar."""
    return _sessions(check_calendar(calendar), since=_since(first))


def bars_of(calendar: str, timeframe: str, *, first: int) -> Bars:
    """Return the bars of a timeframe, from before the moment `first`. Raise `InvalidError` for an unknown calendar."""
    return _bars(check_calendar(calendar), timeframe, since=_since(first))


def _since(first: int) -> date:
    return _USUAL_START if first >= 0 else _EARLIEST


@lru_cache(maxsize=64)
def _bars(calendar: str, timeframe: str, *, since: date) -> Bars:
    sessions = _sessions(calendar, since=since)
    if timeframe in INTRADAY:
        length = INTRADAY[timeframe]
        pieces = -(-(sessions.ends - sessions.starts) // length)
        return Bars(sessions.starts, sessions.ends, length, np.concatenate([[0], np.cumsum(pieces)]))
    starts, ends = sessions.open, sessions.close
    if timeframe == "1w":
        edges = np.flatnonzero(np.diff(_weeks(sessions.day))) + 1
        starts, ends = starts[np.concatenate([[0], edges])], ends[np.concatenate([edges - 1, [len(ends) - 1]])]
    return Bars(starts, ends, None, np.arange(len(starts) + 1, dtype=np.int64))


def _weeks(day: Integers) -> Integers:
    """Return the number of each session's week: from Monday on, from Sunday on where the market trades on Sundays and not on Saturdays."""
    weekday = (day + 3) % _WEEK  # the first of 1970 was a Thursday
    sundays, saturdays = int((weekday == _WEEK - 1).sum()), int((weekday == _WEEKDAYS).sum())
    from_sunday = sundays > max(saturdays, len(day) // 20)  # exchanges open on a Sunday or two for once
    return np.asarray((day + 3 + int(from_sunday)) // _WEEK)


@lru_cache(maxsize=16)
def _sessions(calendar: str, *, since: date) -> Sessions:
    if calendar in {ALWAYS, WEEKDAYS}:
        day = np.arange(_day(since), _day(_LATEST) + 1, dtype=np.int64)
        if calendar == WEEKDAYS:
            day = day[(day + 3) % _WEEK < _WEEKDAYS]
        return Sessions(day, *(day * NANOSECONDS_A_DAY, (day + 1) * NANOSECONDS_A_DAY) * 2, zone="UTC")
    known = _from_library(calendar, since=since)
    day = np.asarray(known.sessions_nanos // NANOSECONDS_A_DAY)
    times = np.stack([known.opens_nanos, known.break_starts_nanos, known.break_ends_nanos, known.closes_nanos])
    day, times = _repeated(day, times, since=since)
    opens, pauses, resumes, closes = times
    has_break = pauses != _NONE
    # Stretches in order: each session's first, and after those with a break their second.
    order = np.argsort(np.concatenate([opens, resumes[has_break]]), kind="stable")
    starts = np.concatenate([opens, resumes[has_break]])[order]
    ends = np.concatenate([np.where(has_break, pauses, closes), closes[has_break]])[order]
    return Sessions(day, opens, closes, starts, ends, zone=str(known.tz))


def _from_library(calendar: str, *, since: date) -> Any:
    import exchange_calendars  # type: ignore[import-untyped] # noqa: PLC0415 - it brings pandas, which few processes need

    try:
        return exchange_calendars.get_calendar(calendar, start=since, end=_LATEST)
    except ValueError:
        # Some exchanges' holidays are recorded for fewer years.
        short = exchange_calendars.get_calendar(calendar)
        bounds = short.bound_min(), short.bound_max()
        start = since if bounds[0] is None else max(since, bounds[0].date())
        end = _LATEST if bounds[1] is None else min(_LATEST, bounds[1].date())
        return exchange_calendars.get_calendar(calendar, start=start, end=end)


def _repeated(day: Integers, times: Integers, *, since: date) -> tuple[Integers, Integers]:
    """Fill the years that the calendar does not know; times are of shape (moments of a session, sessions)."""
    first, last = int(day[0]), int(day[-1])
    earlier = range((_day(since) - first) // _REPEATED, 0)
    later = range(1, 1 - (last - _day(_LATEST)) // _REPEATED)
    parts = [(day, times)]
    for years, chosen in ((earlier, day < first + _REPEATED), (later, day > last - _REPEATED)):
        for year in years:
            shift, whole = year * _REPEATED, times[:, chosen]
            parts.append((day[chosen] + shift, np.where(whole == _NONE, _NONE, whole + shift * NANOSECONDS_A_DAY)))
    parts.sort(key=lambda part: int(part[0][0]))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts], axis=1)


def _sessions_counted(calendar: str) -> int:
    after, until = (_day(each) * NANOSECONDS_A_DAY for each in _COUNTED)
    return bars_between(calendar, "1d", after=after, until=until)


def _day(day: date) -> int:
    return day.toordinal() - _USUAL_START.toordinal()


def _usual(values: Integers, *, of: Integers) -> int:
    """Return the most frequent value in the years that are counted: exchanges have changed their hours."""
    after, until = (_day(each) * NANOSECONDS_A_DAY for each in _COUNTED)
    found, counts = np.unique(values[(of > after) & (of <= until)], return_counts=True)
    return int(found[np.argmax(counts)])
