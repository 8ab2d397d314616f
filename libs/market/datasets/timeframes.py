"""How long the candles of a file are, by which calendar, and when each one closes: told by the times that it has."""

from collections import Counter
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from libs.contracts.datasets import FindingCode, Timeframe
from libs.contracts.own_candles import SECONDS, TIMEFRAMES
from libs.market.calendar_names import ALWAYS, WEEKDAYS
from libs.market.datasets.findings import found
from libs.market.datasets.head import shown_moment
from libs.market.datasets.notes import Notes
from libs.market.sessions import INTRADAY, bars_of, sessions_of
from libs.quant.candles import NANOSECONDS_A_DAY, Integers

_LENGTHS: Final = {name: seconds * 10**9 for name, seconds in SECONDS.items()}
_HOUR: Final = INTRADAY["1h"]
_CHUNK: Final = 1 << 17
_FRIDAY, _SATURDAY, _SUNDAY = 4, 5, 6
_MANY: Final = 10
_RUN: Final = 20  # so many steps of one length are no accident
# So much of the week must be there before it is told by: an exchange opens on a Saturday or two for once.
_OFTEN: Final = 0.03
_SELDOM: Final = 0.01
_EXCHANGE: Final = "XNYS"
_FUTURES: Final = "us_futures"


def choose_timeframe(opens: Integers, *, given: str | None, dated: bool, notes: Notes) -> Timeframe | None:
    """Return how long candles with these opening times (in order) are; None, and why, where that cannot be told.

    `given` is what it is said to be: most candles must be so far apart.
    """
    step, times = tell_step(opens)
    told: str | None = "1d" if step is None and dated else None if step is None else tell_timeframe(step)
    if given is not None:
        # A few candles with holes between them contradict nothing; many that are evenly apart do.
        if told is not None and told != given and times >= _MANY and 2 * times > len(opens):
            apart = f"The candles are said to be of {given}, and most are {shown_length(step or 0)} apart"
            message = f"{apart}: say {told}, or send candles of {given}."
            notes.findings.append(found(FindingCode.MIXED_TIMEFRAME, message))
            return None
        told = given
    if told is None:
        apart = f"Most candles are {shown_length(step)} apart" if step else "The file has one time, by which no timeframe can be told"
        message = f"{apart}: say the timeframe, and send candles of it. It is one of {', '.join(TIMEFRAMES)}."
        notes.findings.append(found(FindingCode.MIXED_TIMEFRAME, message))
        return None
    chosen = next(name for name in TIMEFRAMES if name == told)
    _note_other_steps(opens, timeframe=chosen, notes=notes)
    return chosen


def note_overlaps(opens: Integers, *, closes: Integers, timeframe: str, notes: Notes) -> None:
    """Note candles that begin before the one before has ended; both are in order."""
    count, first = 0, 0
    for start in range(0, len(opens), _CHUNK):
        before, after = opens[start : start + _CHUNK + 1], closes[start : start + _CHUNK + 1]
        overlapping = (before[1:] > before[:-1]) & (before[1:] < after[:-1] if timeframe in INTRADAY else after[1:] == after[:-1])
        if overlapping.any():
            first = first or int(before[np.argmax(overlapping) + 1])
            count += int(np.count_nonzero(overlapping))
    if count:
        begins = f"The candle of {shown_moment(first)} begins before the one before it has ended"
        message = f"{begins}: the file has candles that are shorter than {timeframe}."
        notes.findings.append(found(FindingCode.MIXED_TIMEFRAME, message, count=count, first=shown_moment(first)))


def _note_other_steps(opens: Integers, *, timeframe: Timeframe, notes: Notes) -> None:
    """Note a long run of candles that are all as far apart as those of a longer timeframe."""
    for name in TIMEFRAMES:
        if _LENGTHS[name] <= _LENGTHS[timeframe]:
            continue
        places = np.flatnonzero(opens[1:] - _LENGTHS[name] == opens[:-1])
        runs = np.flatnonzero(places[_RUN - 1 :] - places[: len(places) - _RUN + 1] == _RUN - 1) if len(places) >= _RUN else places[:0]
        if len(runs):
            first = shown_moment(int(opens[places[runs[0]]]))
            message = f"From {first} on candles are {name} apart, and most others {timeframe}: send candles of one timeframe."
            notes.findings.append(found(FindingCode.MIXED_TIMEFRAME, message, count=len(places), first=first))
            return


def shown_length(nanoseconds: int) -> str:
    """Return a length of time in the largest unit that fits: `2 hours`."""
    seconds = nanoseconds / 10**9
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return f"{seconds / length:g} {unit}" + ("" if seconds == length else "s")
    return f"{seconds:g} seconds"


def tell_step(opens: Integers) -> tuple[int | None, int]:
    """Return the most frequent step between times in order, in nanoseconds, and how often it is there; None for fewer than two times."""
    counted: Counter[int] = Counter()
    for start in range(0, len(opens), _CHUNK):
        steps, counts = np.unique(np.diff(opens[start : start + _CHUNK + 1]), return_counts=True)
        counted.update(dict(zip(steps.tolist(), counts.tolist(), strict=True)))
    del counted[0]
    step = min(counted, key=lambda each: (-counted[each], each), default=None)
    return step, 0 if step is None else counted[step]


def tell_timeframe(step: int) -> Timeframe | None:
    """Return the timeframe whose candles are so far apart; None where there is none. A day or a week may be an hour off: clocks change."""
    for name in TIMEFRAMES:
        tolerance = _HOUR if name in {"1d", "1w"} else 0
        if abs(step - _LENGTHS[name]) <= tolerance:
            known: Timeframe = name
            return known
    return None


def guess_calendar(opens: Integers, timeframe: str) -> str:
    """Return the calendar that candles with these opening times seem to keep."""
    if timeframe == "1w":
        return ALWAYS
    opens = opens[:: max(1, len(opens) // _CHUNK)]  # some of them will do
    days = opens // NANOSECONDS_A_DAY
    weekday = (days + 3) % 7
    saturdays, sundays = (float(np.mean(weekday == day)) for day in (_SATURDAY, _SUNDAY))
    if saturdays > _OFTEN:
        return ALWAYS
    if _outside(opens, timeframe, calendar=_EXCHANGE) <= _SELDOM:
        return _EXCHANGE
    if timeframe in INTRADAY and days[-1] - days[0] <= _FRIDAY - weekday[0]:
        return ALWAYS  # there was no weekend yet
    if sundays and _outside(opens, timeframe, calendar=_FUTURES) < _outside(opens, timeframe, calendar=WEEKDAYS):
        return _FUTURES
    return WEEKDAYS


def to_closes(opens: Integers, *, calendar: str, timeframe: str, dated: bool) -> Integers:
    """Return when candles close that open at these times; `dated`: they are days, at midnight UTC.

    Within a day a candle ends with its session at the latest. A day's is its session, whatever hour it is labelled with; a week's ends with
    the last session of the week. A day or a week without a session ends at midnight UTC.
    """
    if not len(opens):
        return opens
    first, closes = int(opens.min()), np.empty(len(opens), dtype=np.int64)
    sessions = sessions_of(calendar, first=first)
    weeks = bars_of(calendar, "1w", first=first)
    for start in range(0, len(opens), _CHUNK):
        part = opens[start : start + _CHUNK]
        if timeframe in INTRADAY:
            stretch = np.maximum(np.searchsorted(sessions.starts, part, side="right") - 1, 0)
            inside = (part >= sessions.starts[stretch]) & (part < sessions.ends[stretch])
            ends = part + INTRADAY[timeframe]
            closes[start : start + _CHUNK] = np.where(inside, np.minimum(ends, sessions.ends[stretch]), ends)
            continue
        days = days_of(part, calendar=calendar, dated=dated)
        if timeframe == "1d":
            closes[start : start + _CHUNK] = sessions.close_of(days)
        else:
            # A week may be labelled with the Sunday before it: the day after belongs to it as well.
            labels = np.where((days + 3) % 7 == _SUNDAY, days + 1, days) if calendar != ALWAYS else days
            monday = labels - (labels + 3) % 7
            place = np.minimum(np.searchsorted(weeks.ends, (monday + 1) * NANOSECONDS_A_DAY), len(weeks.ends) - 1)
            sunday = (monday + 7) * NANOSECONDS_A_DAY
            closes[start : start + _CHUNK] = np.where(weeks.ends[place] <= sunday, weeks.ends[place], sunday)
    return closes


def days_of(opens: Integers, *, calendar: str, dated: bool) -> Integers:
    """Return the sessions' days that candles are labelled with, in days since 1970."""
    days = opens // NANOSECONDS_A_DAY
    if dated or not (opens % NANOSECONDS_A_DAY).any():
        return np.asarray(days)
    # A session that opens in the evening is the next day's; else the day is the exchange's own.
    sessions = sessions_of(calendar, first=int(opens.min()))
    place = np.maximum(np.searchsorted(sessions.open, opens, side="right") - 1, 0)
    inside = (opens >= sessions.open[place]) & (opens < sessions.close[place])
    return np.asarray(np.where(inside, sessions.day[place], _local_days(opens, zone=sessions.zone)))


def _local_days(opens: Integers, *, zone: str) -> Integers:
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that a process which reads no dataset need not carry
    from pyarrow import compute  # noqa: PLC0415 - as above

    if str(ZoneInfo(zone)) == "UTC":
        return np.asarray(opens // NANOSECONDS_A_DAY)
    local = compute.local_timestamp(pa.array(opens, type=pa.timestamp("ns", tz=zone)))
    return np.asarray(local.cast(pa.int64()).to_numpy(zero_copy_only=False) // NANOSECONDS_A_DAY)


def _outside(opens: Integers, timeframe: str, *, calendar: str) -> float:
    """Return the share of candles that lie outside of the calendar's sessions."""
    sessions = sessions_of(calendar, first=int(opens.min()))
    if timeframe in INTRADAY:
        return float(np.mean(~sessions.inside(opens)))
    return float(np.mean(~is_member(days_of(opens, calendar=calendar, dated=False), sessions.day)))


def is_member(values: Integers, known: Integers) -> NDArray[np.bool_]:
    """Tell which values are among the known ones, which are in order."""
    place = np.minimum(np.searchsorted(known, values), len(known) - 1)
    return np.asarray(known[place] == values)
