"""When markets trade: the sessions of exchange-calendars, cut into bars."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import exchange_calendars
import numpy as np
import pytest

from libs.chassis.errors import InvalidError
from libs.market.calendar_names import CALENDAR_NAMES, check_calendar
from libs.market.sessions import INTRADAY, bars_a_year, bars_between, closes_between, length_of, opens_of, session_close, sessions_of

HOUR = 3_600 * 10**9
DAY = 24 * HOUR


def ns(moment: str) -> int:
    return int(np.datetime64(moment, "ns").astype(np.int64))


def slow_closes(calendar: str, timeframe: str, *, first: str, last: str) -> Iterator[int]:
    """Walk through the library's sessions a bar at a time."""
    schedule: Any = exchange_calendars.get_calendar(calendar, start=first, end=last).schedule
    for _, row in schedule.iterrows():
        times = [int(row[name].value) for name in ("open", "break_start", "break_end", "close") if row[name] == row[name]]
        for start, end in zip(times[::2], times[1::2], strict=True):
            close = start
            while close < end:
                close = min(close + INTRADAY[timeframe], end)
                yield close


@pytest.mark.parametrize("calendar", ["24/7", "24/5", "XNYS", "XHKG", "us_futures", "XSAU"])
@pytest.mark.parametrize("timeframe", ["15m", "4h"])
def test_bars_within_a_day_are_those_of_the_librarys_sessions(calendar: str, timeframe: str) -> None:
    expected = list(slow_closes(calendar, timeframe, first="2024-10-20", last="2025-01-31"))
    after, until = expected[0] - 1, expected[-1]

    closes = closes_between(calendar, timeframe, after=after, until=until)

    assert closes.tolist() == expected
    assert bars_between(calendar, timeframe, after=after, until=until) == len(expected)
    assert bars_between(calendar, timeframe, after=expected[3], until=expected[40] - 1) == 36
    opens = opens_of(calendar, timeframe, closes=closes)
    assert (opens[1:] >= closes[:-1]).all()
    assert (closes - opens <= INTRADAY[timeframe]).all()
    assert sessions_of(calendar, first=0).inside(opens).all()


@pytest.mark.parametrize("calendar", ["XNYS", "XHKG", "XLON"])
def test_a_days_bar_is_a_session_and_a_weeks_ends_with_its_last(calendar: str) -> None:
    library = exchange_calendars.get_calendar(calendar, start="2023-12-25", end="2024-12-29")
    closes = [int(close.value) for close in library.closes]
    weeks: dict[tuple[int, int], int] = {}
    for session, close in zip(library.sessions, closes, strict=True):
        weeks[session.isocalendar()[:2]] = close
    after, until = closes[0] - 1, closes[-1]

    assert closes_between(calendar, "1d", after=after, until=until).tolist() == closes
    assert closes_between(calendar, "1w", after=after, until=until).tolist() == sorted(weeks.values())
    assert session_close(calendar, date(2024, 7, 2)) == int(library.closes["2024-07-02"].value)
    assert session_close(calendar, date(2024, 7, 6)) is None


def test_a_market_that_never_closes_has_weeks_from_monday_to_sunday() -> None:
    closes = closes_between("24/7", "1w", after=ns("2024-01-01"), until=ns("2024-01-31"))

    assert closes.tolist() == [ns(day) for day in ("2024-01-08", "2024-01-15", "2024-01-22", "2024-01-29")]
    assert session_close("24/7", date(2024, 1, 6)) == ns("2024-01-07")


def test_a_week_in_riyadh_begins_on_sunday() -> None:
    closes = closes_between("XSAU", "1w", after=ns("2024-05-04"), until=ns("2024-05-20"))

    assert [datetime.fromtimestamp(close / 10**9, UTC).weekday() for close in closes.tolist()] == [3, 3]  # Thursdays


@pytest.mark.parametrize(
    ("calendar", "timeframe", "bars", "length"),
    [
        ("24/7", "1h", 8760, HOUR),
        ("24/7", "1d", 365, DAY),
        ("24/7", "1w", 52, 7 * DAY),
        ("24/5", "1d", 261, DAY),
        ("XNYS", "1d", 252, 6.5 * HOUR),
        ("XNYS", "1h", 252 * 7, HOUR),
        ("XNYS", "1w", 52, 4 * DAY + 6.5 * HOUR),
        ("NYSE", "15m", 252 * 26, HOUR / 4),
        ("XHKG", "1h", 246 * 6, HOUR),
    ],
)
def test_a_year_has_its_sessions_times_the_bars_of_one(calendar: str, timeframe: str, bars: float, length: float) -> None:
    assert bars_a_year(calendar, timeframe) == bars
    assert length_of(calendar, timeframe) == length


def test_years_that_an_exchange_has_not_published_are_as_the_last_it_has() -> None:
    assert 230 <= bars_between("XSES", "1d", after=ns("2030-01-01"), until=ns("2031-01-01")) <= 260
    assert 230 <= bars_between("XSAU", "1d", after=ns("1990-01-01"), until=ns("1991-01-01")) <= 260
    assert 240 <= bars_between("XNYS", "1d", after=ns("1960-01-01"), until=ns("1961-01-01")) <= 262


def test_time_that_a_market_is_open_is_counted_without_its_nights_and_breaks() -> None:
    sessions = sessions_of("XHKG", first=0)
    moments = np.array([ns("2024-01-02T01:30"), ns("2024-01-02T04:30"), ns("2024-01-02T06:00"), ns("2024-01-03T01:00")])

    traded = sessions.traded(moments)

    assert np.diff(traded).tolist() == [2.5 * HOUR, HOUR, 2 * HOUR]


def test_bars_between_moments_in_the_wrong_order_are_none() -> None:
    assert bars_between("24/7", "1h", after=DAY, until=0) == 0
    assert closes_between("24/7", "1h", after=DAY, until=0).tolist() == []


def test_the_names_are_the_librarys() -> None:
    assert sorted(exchange_calendars.get_calendar_names()) == list(CALENDAR_NAMES)


def test_an_unknown_calendar_is_refused_with_the_nearest() -> None:
    assert check_calendar("XNYS") == "XNYS"
    with pytest.raises(InvalidError, match=r"There is no calendar 'NYSX'\. Did you mean 'NYSE'\?") as refused:
        bars_between("NYSX", "1h", after=0, until=1)

    assert list(refused.value.details) == ["calendar"]


def test_sessions_follow_each_other_from_1900_to_2040() -> None:
    for calendar in ("XSAU", "CMES"):
        for first in (0, -1):
            sessions = sessions_of(calendar, first=first)
            assert (np.diff(sessions.day) > 0).all()
            assert (sessions.starts[1:] >= sessions.ends[:-1]).all()
            assert sessions.day[0] <= (date(1970, 1, 5) if first == 0 else date(1900, 1, 10)).toordinal() - 719_163
            assert sessions.day[-1] >= (date(2041, 1, 1) - timedelta(days=7)).toordinal() - 719_163
