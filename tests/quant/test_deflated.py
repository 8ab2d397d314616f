"""The deflated Sharpe ratio: against the paper's own numbers, and against what chance really does."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from libs.quant.deflated import Moments, deflated_sharpe_ratio, expected_best, null_variance
from libs.quant.moments import moments

# Bailey and López de Prado (2014), "A numerical example": five years of daily returns, Sharpe 2.5 a year, the tries' variance 1/2 a year.
PAPER = {"sharpe": 2.5 / sqrt(250), "bars": 1250, "shape": Moments(-3.0, 10.0), "variance": 0.5 / 250}


@pytest.mark.parametrize(("trials", "said"), [(100, 0.9004), (46, 0.9505)])
def test_it_is_what_the_paper_computes(trials: int, said: float) -> None:
    assert deflated_sharpe_ratio(**PAPER, trials=trials) == pytest.approx(said, abs=5e-5)


def test_the_best_of_a_hundred_is_what_the_paper_expects() -> None:
    assert expected_best(trials=100, variance=PAPER["variance"]) == pytest.approx(0.1132, abs=5e-5)


@pytest.mark.parametrize("trials", [5, 20, 80])
def test_the_best_by_chance_is_what_a_simulation_shows(trials: int) -> None:
    drawn = np.random.default_rng(7).normal(0.0, 0.3, size=(40_000, trials)).max(axis=1).mean()

    assert expected_best(trials=trials, variance=0.09) == pytest.approx(drawn, rel=0.03)


def test_one_trial_is_compared_with_nothing() -> None:
    sharpe, bars = 0.1, 400
    alone = deflated_sharpe_ratio(sharpe, bars=bars, shape=Moments(0.0, 3.0), trials=1, variance=null_variance(bars=bars))

    assert alone == pytest.approx(stats.norm.cdf(sharpe * sqrt(bars - 1) / sqrt(1 + sharpe**2 / 2)))


def test_more_trials_never_flatter() -> None:
    found = [deflated_sharpe_ratio(**PAPER, trials=trials) for trials in range(1, 200)]

    assert found == sorted(found, reverse=True)


def test_eighty_tries_without_skill_are_seen_through() -> None:
    random, bars, tries = np.random.default_rng(3), 250, 80
    passed = 0
    for _ in range(200):
        returns = random.normal(0.0, 0.01, size=(tries, bars))
        ratios = returns.mean(axis=1) / returns.std(axis=1, ddof=1)
        best = int(ratios.argmax())
        shape = moments(returns[best])
        assert shape is not None
        deflated = deflated_sharpe_ratio(float(ratios[best]), bars=bars, shape=shape, trials=tries, variance=float(ratios.var(ddof=1)))
        assert deflated is not None
        passed += deflated > 0.95

    assert passed <= 4  # undeflated, nearly all 200 would pass


def test_moments_are_those_of_scipy() -> None:
    returns = np.random.default_rng(1).standard_t(4, size=500) * 0.01
    shape = moments(returns)

    assert shape is not None
    assert shape.skewness == pytest.approx(stats.skew(returns))
    assert shape.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False))


def test_what_does_not_vary_has_no_moments() -> None:
    assert moments(np.zeros(100)) is None
    assert moments(np.array([0.01])) is None


def test_a_spread_below_zero_gives_no_number() -> None:
    assert deflated_sharpe_ratio(2.0, bars=10, shape=Moments(3.0, 1.5), trials=2, variance=0.1) is None


@pytest.mark.parametrize(("trials", "bars"), [(0, 100), (3, 1)])
def test_nothing_is_no_trial_and_no_record(trials: int, bars: int) -> None:
    with pytest.raises(ValueError, match=r"no trial|no Sharpe"):
        deflated_sharpe_ratio(0.1, bars=bars, shape=Moments(0.0, 3.0), trials=trials, variance=0.01)
