"""Bars of the usual calendars, counted without pandas: round the clock, Monday to Friday, and New York's stock exchanges.

The edge, which has no pandas, counts the age of own candles with it; `libs/market/sessions.py` counts the bars of all calendars.
"""

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from libs.contracts.own_candles import SECONDS
from libs.market.calendar_names import ALWAYS, WEEKDAYS
from libs.market.calendars import FRIDAY, TRADES, day_after_thanksgiving

NEW_YORK: Final = ZoneInfo("America/New_York")
# The names under which exchange-calendars knows the sessions of the New York Stock Exchange.
OF_NEW_YORK: Final = frozenset({"XNYS", "XNAS", "XASE", "NYSE", "NASDAQ", "ARCX", "BATS", "OOTC"})
A_WEEK: Final = 7
WORKDAYS: Final = 5
A_DAY_S: Final = 86_400
# Seconds from New York's midnight to the opening bell, to the closing bell, and to that of a short session.
OPEN_S: Final = 34_200
CLOSE_S: Final = 57_600
SHORT_CLOSE_S: Final = 46_800
# Years are counted from here on, or back to here: near today, about which most ask, few are to be counted.
COUNTED_FROM: Final = 2020
Count = Callable[[datetime], int]


def counts_plainly(calendar: str) -> bool:
    """Tell whether the bars of this calendar can be counted here."""
    return calendar in OF_NEW_YORK or calendar in {ALWAYS, WEEKDAYS}


def session_bars(calendar: str, timeframe: str) -> int:
    """Return how many bars, shorter than a day, a usual session has; one of an exchange is taken to be as long as New York's."""
    return -(-(A_DAY_S if calendar in {ALWAYS, WEEKDAYS} else CLOSE_S - OPEN_S) // SECONDS[timeframe])


def week_sessions(calendar: str) -> int:
    """Return how many sessions a usual week has."""
    return A_WEEK if calendar == ALWAYS else WORKDAYS


def plain_bars_since(calendar: str, *, timeframe: str, as_of: datetime, at: datetime) -> int:
    """Return how many bars have closed after `as_of` and up to `at`; 0 where that is not later. The calendar is one that counts plainly."""
    closed = _new_york_closed if calendar in OF_NEW_YORK else _round_the_clock
    return max(0, closed(calendar, timeframe, at) - closed(calendar, timeframe, as_of))


def days_to(calendar: str, day: date) -> int:
    """Return on how many days, up to this one, something trades (a name of `TRADES`), counted from a year that is the same for all."""
    return _days_before(calendar, day.year) + bisect_right(_days_in(calendar, day.year), day)


def _round_the_clock(calendar: str, timeframe: str, moment: datetime) -> int:
    local, trades = moment.astimezone(UTC), "crypto" if calendar == ALWAYS else "synthetic"
    if timeframe == "1w":
        # Closed is a week at the midnight after its last day: after Sunday, or after Friday.
        ahead = 0 if calendar == ALWAYS else A_WEEK - 1 - FRIDAY
        return _weeks_to(local.date() + timedelta(days=ahead))
    a_day = A_DAY_S // SECONDS[timeframe]
    whole = days_to(trades, local.date() - timedelta(days=1)) * a_day
    return whole + (_second_of(local) // SECONDS[timeframe] if TRADES[trades](local.date()) else 0)


def _new_york_closed(_: str, timeframe: str, moment: datetime) -> int:
    local = moment.astimezone(NEW_YORK)
    today, yesterday, second = local.date(), local.date() - timedelta(days=1), _second_of(local)
    trades = TRADES["equity"](today)
    bell = SHORT_CLOSE_S if _is_short(today) else CLOSE_S
    if timeframe == "1w":
        following = today if trades and second < bell else today + timedelta(days=1)
        return _weeks_to(following) + (0 if _trades_again_in_week(following) else 1)
    length = SECONDS[timeframe] if timeframe != "1d" else CLOSE_S - OPEN_S
    a_day, a_short_one = -(-(CLOSE_S - OPEN_S) // length), -(-(SHORT_CLOSE_S - OPEN_S) // length)
    whole = days_to("equity", yesterday) * a_day - _short_days_to(yesterday) * (a_day - a_short_one)
    if not trades or second < OPEN_S:
        return whole
    if second < bell:
        return whole + (second - OPEN_S) // length
    return whole + (a_short_one if bell == SHORT_CLOSE_S else a_day)


def _second_of(moment: datetime) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def _weeks_to(day: date) -> int:
    """Return how many weeks, from Monday to Sunday, have ended before this day, of all."""
    return (day.toordinal() - 1) // A_WEEK


def _trades_again_in_week(day: date) -> bool:
    """Tell whether New York's exchanges trade on this day or on one after it up to its week's end."""
    return any(TRADES["equity"](day + timedelta(days=number)) for number in range(A_WEEK - day.weekday()))


def _is_short(day: date) -> bool:
    return day in _short_days_in(day.year)


def _short_days_to(day: date) -> int:
    return _short_days_before(day.year) + bisect_right(_short_days_in(day.year), day)


@lru_cache(maxsize=512)
def _short_days_before(year: int) -> int:
    return _between_years(lambda each: len(_short_days_in(each)), year)


@lru_cache(maxsize=512)
def _short_days_in(year: int) -> tuple[date, ...]:
    """Return the sessions that end at one, by the rule since 2013: before Independence Day and Christmas, and after Thanksgiving."""
    # On a Friday such an eve is kept as the holiday itself.
    eves = {day for day in (date(year, 7, 3), date(year, 12, 24)) if day.weekday() < FRIDAY and TRADES["equity"](day)}
    return tuple(sorted(eves | {day_after_thanksgiving(year)}))


@lru_cache(maxsize=512)
def _days_before(calendar: str, year: int) -> int:
    return _between_years(lambda each: len(_days_in(calendar, each)), year)


def _between_years(days_of: Callable[[int], int], year: int) -> int:
    """Return how many of the days lie in the years before this one, of those that are counted: a negative number before them."""
    return sum(map(days_of, range(COUNTED_FROM, year))) - sum(map(days_of, range(year, COUNTED_FROM)))


@lru_cache(maxsize=512)
def _days_in(calendar: str, year: int) -> tuple[date, ...]:
    first, trades = date(year, 1, 1), TRADES[calendar]
    days = (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))
    return tuple(day for day in days if trades(day))
