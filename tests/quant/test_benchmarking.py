"""A curve beside its benchmark, and what was traded for it: against scipy, and by hand."""

import numpy as np
import pytest
from scipy import stats

from libs.quant.benchmarking import BESIDE, activity, beside


def test_alpha_and_beta_are_those_of_a_regression() -> None:
    random = np.random.default_rng(2)
    held = random.normal(0.0005, 0.01, 300)
    own = 0.4 * held + random.normal(0.0002, 0.005, 300)

    values = beside(np.cumprod(1 + own), np.cumprod(1 + held), bars_per_year=252).values

    line, apart = stats.linregress(held, own), own - held
    assert values["beta"] == pytest.approx(line.slope)
    assert values["alpha"] == pytest.approx(line.intercept * 252)
    assert values["correlation"] == pytest.approx(line.rvalue)
    assert values["excess_return"] == pytest.approx(np.prod(1 + own) - np.prod(1 + held))
    assert values["tracking_error"] == pytest.approx(apart.std(ddof=1) * np.sqrt(252))
    assert values["information_ratio"] == pytest.approx(apart.mean() / apart.std(ddof=1) * np.sqrt(252))


def test_what_does_not_vary_has_no_ratio_beside_it() -> None:
    curve = np.array([1.0, 1.1, 1.0, 1.2])

    assert set(beside(curve, np.ones(4), bars_per_year=252).reasons) == {"beta", "alpha", "correlation"}
    assert set(beside(np.ones(4), curve, bars_per_year=252).reasons) == {"correlation"}
    assert set(beside(curve, curve, bars_per_year=252).reasons) == {"information_ratio"}
    assert set(beside(curve[:1], curve[:1], bars_per_year=252).reasons) == set(BESIDE)


def test_activity_by_hand() -> None:
    exposure, traded, equity = np.array([0.0, 0.5, 1.0, 0.0]), np.array([0.0, 60.0, 50.0, 110.0]), np.array([100.0, 100.0, 110.0, 130.0])

    values = activity(exposure, traded, equity, bars_per_year=8).values

    assert values == {"time_in_market": 0.5, "mean_exposure": 0.375, "max_exposure": 1.0, "turnover": 2.0, "annual_turnover": 4.0}
