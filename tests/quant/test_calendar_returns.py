"""Months, years and times under water of a curve: by hand, and against pandas."""

import numpy as np
import pandas as pd
import pytest

from libs.quant.calendar_returns import monthly_returns
from libs.quant.candles import NANOSECONDS_A_DAY, Integers
from libs.quant.drawdown_periods import DrawdownPeriod, drawdown_periods


def moments(*days: str) -> Integers:
    return np.array(days, dtype="datetime64[ns]").astype(np.int64)


def test_a_table_of_months_by_hand() -> None:
    # The last close of January is midnight; nothing closes in February.
    time = moments("2023-12-31T16", "2024-01-15", "2024-02-01T00:00", "2024-03-05")

    found = monthly_returns(time, np.array([1.1, 1.21, 1.089, 1.1979]))

    assert found.years == (2023, 2024)
    assert found.table[0, 11] == pytest.approx(0.1)
    assert found.table[1, :3] == pytest.approx([-0.01, np.nan, 0.1], nan_ok=True)
    assert found.totals == pytest.approx([0.1, 0.089])
    assert found.as_json()["2024"] == [pytest.approx(-0.01), None, pytest.approx(0.1), *[None] * 9, pytest.approx(0.089)]


def test_months_are_those_of_pandas() -> None:
    random = np.random.default_rng(4)
    time = moments("2020-03-01T05") + np.sort(random.choice(20_000, 3_000, replace=False)) * 3_600 * 10**9
    returns = random.normal(0.0, 0.01, 3_000)

    found = monthly_returns(time, np.cumprod(1 + returns))

    series = pd.Series(returns, index=pd.to_datetime(time - 1))
    for (year, month), said in (1 + series).groupby([series.index.year, series.index.month]).prod().items():
        assert found.table[year - found.years[0], month - 1] == pytest.approx(said - 1)
    assert np.prod(1 + found.totals) == pytest.approx(np.prod(1 + returns))


def test_times_under_water_by_hand() -> None:
    time = np.arange(10) * NANOSECONDS_A_DAY
    equity = np.array([0.85, 1.0, 1.2, 1.14, 1.08, 1.19, 1.2, 1.1, 1.3, 1.17])

    deepest = drawdown_periods(time, equity, most=2)
    longest = drawdown_periods(time, equity, most=1, by="length")

    day = NANOSECONDS_A_DAY
    assert deepest[0] == DrawdownPeriod(start=0, trough=0, recovered=day, depth=pytest.approx(0.15), bars=1, days=1.0)
    assert deepest[1].depth == pytest.approx(0.1)
    assert longest == (DrawdownPeriod(start=2 * day, trough=4 * day, recovered=6 * day, depth=pytest.approx(0.1), bars=4, days=4.0),)
    unfinished = [each for each in drawdown_periods(time, equity) if each.recovered is None]
    assert [(each.start, each.trough, each.days) for each in unfinished] == [(8 * day, 9 * day, 1.0)]


def test_what_never_fell_was_never_under_water() -> None:
    assert drawdown_periods(np.arange(3) * NANOSECONDS_A_DAY, np.array([1.0, 1.1, 1.2])) == ()
