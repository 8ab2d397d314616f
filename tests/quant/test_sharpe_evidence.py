"""What a Sharpe ratio is worth: against the numbers of the paper, and where nothing can be said."""

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from libs.quant.deflated import Moments, minimum_track_record, probabilistic_sharpe_ratio
from libs.quant.sharpe_evidence import EVIDENCE, sharpe_evidence

# Bailey and López de Prado (2012), the example of a hedge fund: 24 months, Sharpe 1.59 a year.
MONTHLY, FUND, NORMAL = 1.59 / sqrt(12), Moments(-2.448, 10.164), Moments(0.0, 3.0)


@pytest.mark.parametrize(("shape", "months", "said"), [(NORMAL, 24, 0.982), (FUND, 24, 0.913), (FUND, 36, 0.953)])
def test_the_probability_is_what_the_paper_computes(shape: Moments, months: int, said: float) -> None:
    assert probabilistic_sharpe_ratio(MONTHLY, bars=months, shape=shape) == pytest.approx(said, abs=1e-3)


def test_the_shortest_record_is_the_first_that_reaches_the_level() -> None:
    months = minimum_track_record(MONTHLY, shape=FUND)

    assert months is not None
    before, after = (probabilistic_sharpe_ratio(MONTHLY, bars=bars, shape=FUND) for bars in (months - 1, months))
    assert before is not None
    assert after is not None
    assert before < 0.95 <= after


def test_evidence_is_made_of_the_returns_moments_and_of_the_trials() -> None:
    returns = np.random.default_rng(5).standard_t(5, size=400) * 0.01 + 0.001

    alone, many = sharpe_evidence(returns).values, sharpe_evidence(returns, trials=50).values

    ratio, skewness, kurtosis = returns.mean() / returns.std(ddof=1), stats.skew(returns), stats.kurtosis(returns, fisher=False)
    said = stats.norm.cdf(ratio * sqrt(399) / sqrt(1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2))
    assert alone["probabilistic_sharpe_ratio"] == alone["deflated_sharpe_ratio"] == pytest.approx(said)
    assert many["probabilistic_sharpe_ratio"] == pytest.approx(said)
    assert many["deflated_sharpe_ratio"] is not None
    assert many["deflated_sharpe_ratio"] < said


def test_a_sweep_of_points_that_are_nearly_the_same_does_not_undo_the_trials() -> None:
    returns = np.random.default_rng(5).standard_t(5, size=400) * 0.01 + 0.001

    def deflated(variance: float | None) -> float:
        return sharpe_evidence(returns, trials=500, sharpe_variance=variance).values["deflated_sharpe_ratio"] or 0.0

    assert deflated(1e-12) == deflated(0.0) == deflated(None)
    assert deflated(0.01) < deflated(None)


def test_what_says_nothing_is_null_with_a_reason() -> None:
    losing = sharpe_evidence(np.array([-0.02, 0.01, -0.01, -0.03]))

    assert sharpe_evidence(np.zeros(9)).reasons == dict.fromkeys(EVIDENCE, "the returns do not vary")
    assert sharpe_evidence(np.zeros(1)).reasons == dict.fromkeys(EVIDENCE, "there are fewer than two bars")
    assert losing.reasons == {"minimum_track_record_bars": "the ratio is not above zero"}
