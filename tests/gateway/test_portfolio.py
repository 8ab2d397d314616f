"""An account's models as one portfolio: equal weights, week by week."""

from datetime import date, timedelta

import pytest

from services.gateway.domain.dashboards.portfolio import START, WEEKS_MOST, Point, portfolio

MONDAY = date(2026, 1, 5)


def day(week: int, weekday: int = 4) -> date:
    """Return a day of a week, counted from 5 January 2026; Fridays if nothing else is said."""
    return MONDAY + timedelta(weeks=week, days=weekday)


def test_without_curves_there_is_no_portfolio() -> None:
    assert portfolio([]) == portfolio([[]]) == []


def test_one_model_is_the_portfolio_from_the_day_before_its_first() -> None:
    curve = [(day(0, 2), 1.0), (day(0), 1.1), (day(1, 0), 0.9), (day(1), 1.21)]

    assert portfolio([curve]) == [Point(day(0, 1), START), Point(day(0), pytest.approx(110_000)), Point(day(1), pytest.approx(121_000))]


def test_each_model_has_the_same_weight_in_each_week() -> None:
    doubles, stays = [(day(0), 2.0), (day(1), 4.0)], [(day(0), 1.0), (day(1), 1.0)]

    values = [point.value for point in portfolio([doubles, stays])]

    assert values == pytest.approx([100_000, 150_000, 225_000])


def test_a_model_counts_only_in_the_weeks_that_its_curve_reaches_over() -> None:
    early, late = [(day(0), 1.1), (day(1), 1.1)], [(day(1), 1.0), (day(2), 1.5)]

    values = [point.value for point in portfolio([early, late])]

    assert values == pytest.approx([100_000, 110_000, 110_000, 165_000])


def test_weeks_in_which_no_curve_has_a_point_are_passed_over_and_a_gap_in_one_is_a_week_without_change() -> None:
    apart = portfolio([[(day(0), 1.1)], [(day(8), 2.0)]])
    gap = portfolio([[(day(0), 1.0), (day(2), 2.0)], [(day(0), 1.0), (day(1), 1.0), (day(2), 1.0)]])

    assert [point.day for point in apart] == [day(0, 3), day(0), day(8)]
    assert [point.value for point in gap] == pytest.approx([100_000, 100_000, 100_000, 150_000])


def test_what_is_lost_altogether_stays_lost() -> None:
    values = [point.value for point in portfolio([[(day(0), 0.0), (day(1), 0.0)]])]

    assert values == [START, 0.0, 0.0]


def test_of_a_long_portfolio_the_latest_years_are_shown_and_begin_at_the_same_worth() -> None:
    curve = [(day(week), 1.01**week) for week in range(WEEKS_MOST * 2)]

    points = portfolio([curve])

    assert len(points) == WEEKS_MOST + 1
    assert (points[0].value, points[-1].day) == (START, day(WEEKS_MOST * 2 - 1))
    assert points[-1].value == pytest.approx(START * 1.01**WEEKS_MOST)
