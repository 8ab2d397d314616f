"""On which days a market trades, as far as rules can tell: so that a range without a candle is refused before any are loaded."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

MONDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = 0, 3, 4, 5, 6
# From which year on the New York Stock Exchange is closed.
MARTIN_LUTHER_KING_FROM: Final = 1998
JUNETEENTH_FROM: Final = 2022
# It was closed for once: after the attacks of 11 September, for a storm, in mourning.
CLOSED_ONCE: Final = frozenset(
    {
        *(date(2001, 9, day) for day in (11, 12, 13, 14)),
        date(2004, 6, 11),
        date(2007, 1, 2),
        date(2012, 10, 29),
        date(2012, 10, 30),
        date(2018, 12, 5),
        date(2025, 1, 9),
    }
)


def closed_between(asset_class: str, start: date, end: date) -> tuple[date, date] | None:
    """Return the last day before and the first after these days (both inclusive) on which such a thing trades; None if it does on them."""
    trades, day = TRADES[asset_class], timedelta(days=1)
    before, after = start, start
    while not trades(after):
        after += day
    if after <= end:
        return None
    while not trades(before):
        before -= day
    return before, after


def day_after_thanksgiving(year: int) -> date:
    """Return the Friday on which New York's stock exchanges close at one."""
    return _thanksgiving(year) + timedelta(days=1)


def _new_york(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in _holidays(day.year) and day not in CLOSED_ONCE


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    """Return the holidays of the New York Stock Exchange (its rule 7.2): one on a Sunday is kept on Monday, on a Saturday on Friday."""
    fixed = [date(year, 7, 4), date(year, 12, 25)] + ([date(year, 6, 19)] if year >= JUNETEENTH_FROM else [])
    kept = {day - timedelta(days=1) if day.weekday() == SATURDAY else _monday_for_sunday(day) for day in fixed}
    # Memorial Day is the last Monday in May.
    mondays = {_weekday_of(year, 2, 3), _weekday_of(year, 6, 1) - timedelta(days=7), _weekday_of(year, 9, 1)}
    if year >= MARTIN_LUTHER_KING_FROM:
        mondays.add(_weekday_of(year, 1, 3))
    # New Year's Day on a Saturday is kept on no other day: that Friday ends the accounts of a year.
    new_year = _monday_for_sunday(date(year, 1, 1))
    return frozenset({*kept, *mondays, new_year, _thanksgiving(year), _easter(year) - timedelta(days=2)})


def _thanksgiving(year: int) -> date:
    return _weekday_of(year, 11, 4, weekday=THURSDAY)


def _monday_for_sunday(day: date) -> date:
    return day + timedelta(days=1) if day.weekday() == SUNDAY else day


def _weekday_of(year: int, month: int, number: int, *, weekday: int = MONDAY) -> date:
    """Return the month's first, second … day that is this weekday."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _easter(year: int) -> date:
    """Return Easter Sunday (the algorithm of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


TRADES: Final[Mapping[str, Callable[[date], bool]]] = {
    "equity": _new_york,
    "index": _new_york,
    # Sunday evening in New York is Monday in Sydney.
    "currency": lambda day: day.weekday() != SATURDAY,
    "crypto": lambda _: True,
    "synthetic": lambda day: day.weekday() < SATURDAY,
}
