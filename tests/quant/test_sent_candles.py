"""Which candles that were sent count, and a day's volume beside them, by cases that were worked out by hand."""

import numpy as np
import pytest

from libs.quant.analysis.day_volume import DayTraded, day_traded
from libs.quant.analysis.sent_candles import AroundTheClock, Counted, Hours, UnknownHours, counted
from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers
from libs.quant.indicators.bars import Bars

HOUR = 3_600 * 10**9
ROUND = AroundTheClock(HOUR)
UNKNOWN = UnknownHours(HOUR)


def closes(*hours: float) -> Integers:
    """Return closes so many hours after a midnight."""
    return np.array([100 * NANOSECONDS_A_DAY + round(hour * HOUR) for hour in hours], dtype=np.int64)


def looked_at(times: Integers, *, at: float, hours: Hours = ROUND) -> Counted:
    found = counted(times, at=int(closes(at)[0]), hours=hours)
    assert found is not None
    return found


def test_a_whole_series_counts_and_lowers_nothing() -> None:
    found = looked_at(closes(*range(1, 11)), at=10.5)

    assert found == Counted(first=0, stop=10, unfinished=0, hole=0, missing=0, seen=10, age=0)
    assert found.quality(stale_after=3) == 1.0


def test_a_candle_that_is_not_closed_does_not_count() -> None:
    found = looked_at(closes(1, 2, 3), at=2.9)

    assert (found.stop, found.unfinished, found.age) == (2, 1, 0)
    assert counted(closes(1), at=int(closes(0.5)[0]), hours=ROUND) is None


def test_a_short_hole_lowers_by_its_share_and_at_a_long_one_the_series_begins_anew() -> None:
    short = looked_at(closes(*range(1, 9), 11, 12), at=12)  # 9 and 10 are missing: 10 of 12 are there
    long = looked_at(closes(1, 2, 3, 8, 9), at=9)  # 4 to 7 are missing

    assert (short.first, short.missing, short.seen) == (0, 2, 10)
    assert short.quality(stale_after=3) == pytest.approx(10 / 12)
    assert (long.first, long.hole, long.missing, long.seen) == (3, 4, 0, 2)


def test_candles_of_long_ago_lower_by_their_age() -> None:
    ages = {hours: looked_at(closes(1), at=1 + hours).quality(stale_after=3) for hours in (3, 4, 7, 399)}

    assert ages == {3: 1.0, 4: 4 / 5, 7: 4 / 8, 399: 4 / 400}


def test_a_day_of_23_or_25_hours_is_no_hole() -> None:
    daily = AroundTheClock(NANOSECONDS_A_DAY)

    assert daily.between(closes(0, 23, 48, 72)).tolist() == [1, 1, 1]


def test_nights_weekends_and_pauses_of_unknown_hours_are_no_holes_and_one_gap_within_a_day_is() -> None:
    session = [10.0, 11.0, 12.0, 14.0, 15.0]  # a pause at noon
    days = [24 * day + hour for day in (0, 1, 4) for hour in session]
    once = [hour for hour in days if hour != 35.0]

    assert looked_at(closes(*days), at=112, hours=UNKNOWN).missing == 0
    assert looked_at(closes(*once), at=112, hours=UNKNOWN).missing == 1
    assert [looked_at(closes(1), at=1 + hours, hours=UNKNOWN).age for hours in (90, 100)] == [0, 4]


def bars(days: int, *, volume: float = 10.0, price: float = 100.0) -> Bars:
    """Return hourly candles of so many days; the last day has double the volume."""
    traded = np.full(24 * days, volume)
    traded[-24:] *= 2
    return of_volumes(closes(*range(1, 24 * days + 1)), traded, price=price)


def of_volumes(times: Integers, traded: Floats, *, price: float = 100.0) -> Bars:
    prices = np.full(len(times), price)
    return Bars(times, prices, prices, prices, prices, traded)


def day_of(value: float, *series: tuple[int, Bars], later: float = 0) -> DayTraded:
    """Return what a volume is beside candles, so many hours after the newest of them."""
    return day_traded(value, series, at=max(int(each.time[-1]) for _, each in series) + round(later * HOUR))


def test_a_days_volume_is_of_the_unit_that_it_is_near_to_and_compared_with_the_days_before() -> None:
    found = [day_of(value, (HOUR, bars(5)), later=0.5) for value in (480.0, 60_000.0, 0.0, 5e9)]

    assert [(each.unit, each.ratio, each.characteristic) for each in found] == [
        ("base", 2.0, "High 24-hour volume"),
        ("quote", 2.5, "High 24-hour volume"),
        (None, None, None),
        (None, None, None),
    ]
    neither = "5e+09 is neither near the volume of the candles' newest 24 hours, which ended 0.5 hours ago (480), nor its worth (48000)"
    assert found[3].reasons["unit"].startswith(neither)


def test_a_days_volume_is_judged_by_the_newest_close_and_compared_with_the_days_of_who_has_most() -> None:
    hourly = of_volumes(closes(*range(1, 60)), np.r_[np.full(35, 1.0), np.full(24, 10.0)])
    # The last daily candle, up to hour 48, reaches into the newest 24 hours.
    daily = of_volumes(closes(*range(-240, 49, 24)), np.r_[np.full(12, 24.0), 1e6])

    found = day_of(240.0, (HOUR, hourly), (NANOSECONDS_A_DAY, daily))

    assert (found.unit, found.ratio) == ("base", 10.0)


def test_without_whole_days_there_is_nothing_to_compare_with() -> None:
    short = bars(1)
    less = of_volumes(short.time[1:], short.volume[1:])

    assert day_of(480.0, (HOUR, less)).reasons.keys() == {"unit", "ratio"}
    assert day_of(480.0, (HOUR, bars(3))).reasons == {
        "ratio": "it needs 3 whole days with a volume before the newest 24 hours, there are 2"
    }
    assert day_of(240.0, (HOUR, bars(4))).ratio == 1.0


def test_a_days_volume_is_of_no_candles_that_ended_a_day_ago() -> None:
    assert day_of(480.0, (HOUR, bars(5)), later=23.9).ratio == 2.0
    assert day_of(480.0, (HOUR, bars(5)), later=24).reasons["unit"] == "the newest 24 hours of candles ended a day ago or more"


def test_days_on_which_nothing_is_traded_and_days_with_a_hole_are_passed_over() -> None:
    weeks = closes(*(24.0 * (7 * week + day) for week in range(3) for day in range(5)), 24.0 * 21)  # a Monday is the newest
    holed = bars(6)
    kept = np.arange(len(holed.time)) != 24 * 4  # the day before the newest has 23 candles

    assert day_of(30.0, (NANOSECONDS_A_DAY, of_volumes(weeks, np.full(16, 10.0)))).ratio == 3.0
    assert day_of(480.0, (HOUR, of_volumes(holed.time[kept], holed.volume[kept]))).ratio == 2.0
