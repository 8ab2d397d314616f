"""Figures of forecasts, and forecasts that add up: held to hand-made cases, scikit-learn and linear algebra written out."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from libs.quant.demand import interval_metrics, point_metrics, seasonal_scale
from libs.quant.reconciliation import bottom_up_weights, mint_weights, shrunk_covariance

SUMMING = np.vstack([np.ones((1, 4)), [[1, 1, 0, 0], [0, 0, 1, 1]], np.eye(4)])


def test_mase_and_wape_are_those_of_a_case_by_hand() -> None:
    # Changes over a season of two: |3-1|, |6-2|, |5-3| of the first; the second has a gap, and 8-4 alone.
    scale = seasonal_scale(np.array([[1.0, 2, 3, 6, 5], [4, np.nan, 8, 1, np.nan]]), season=2)
    assert scale.tolist() == [8 / 3, 4.0]

    measured = point_metrics(np.array([[4.0, 0], [10, np.nan]]), np.array([[5.0, 1], [8, 3]]), scale=scale).values

    assert measured["wape"] == pytest.approx((1 + 1 + 2) / 14)
    assert measured["mape"] == pytest.approx((1 / 4 + 2 / 10) / 2)
    assert measured["mase"] == pytest.approx((1 / (8 / 3) + 2 / 4) / 2)
    assert measured["rmse"] == pytest.approx(np.sqrt((1 + 1 + 4) / 3))
    assert measured["bias"] == pytest.approx((1 + 1 - 2) / 14)


def test_what_cannot_be_computed_is_null_with_its_reason() -> None:
    measured = point_metrics(np.zeros((1, 3)), np.ones((1, 3)), scale=np.array([np.nan]))

    assert {name for name, value in measured.values.items() if value is None} == {"mape", "wape", "mase", "bias"} == set(measured.reasons)


def test_pinball_is_scikit_learns_over_the_size_of_demand() -> None:
    random = np.random.default_rng(7)
    truth = random.uniform(1, 9, size=(5, 30))
    low, middle, high = truth - 2, truth + random.normal(size=truth.shape), truth + random.normal(size=truth.shape)

    measured = interval_metrics(truth, low, middle, high, level=0.8).values

    flat = truth.ravel()
    losses = [mean_pinball_loss(flat, each.ravel(), alpha=share) for share, each in ((0.1, low), (0.5, middle), (0.9, high))]
    assert measured["pinball"] == pytest.approx(np.mean(losses) / flat.mean())
    assert measured["coverage"] == pytest.approx((truth <= high).mean())


def test_minimum_trace_adds_up_is_unbiased_and_errs_least() -> None:
    random = np.random.default_rng(7)
    mixing = random.normal(size=(7, 7))
    covariance = mixing @ mixing.T + np.eye(7)

    weights = mint_weights(SUMMING, covariance=covariance)

    inverse = np.linalg.inv(covariance)
    assert weights == pytest.approx(np.linalg.inv(SUMMING.T @ inverse @ SUMMING) @ SUMMING.T @ inverse)
    # Unbiased: what adds up already stays as it is.
    assert weights @ SUMMING == pytest.approx(np.eye(4))
    errors = {
        name: np.trace(SUMMING @ each @ covariance @ each.T @ SUMMING.T)
        for name, each in {"mint": weights, "bottom_up": bottom_up_weights(SUMMING)}.items()
    }
    assert errors["mint"] < errors["bottom_up"]
    base = random.normal(size=7)
    told = SUMMING @ (weights @ base)
    assert told[0] == pytest.approx(told[3:].sum()) == pytest.approx(told[1] + told[2])


def test_correlations_of_few_errors_are_shrunk_as_the_formula_says() -> None:
    errors = np.random.default_rng(7).normal(size=(30, 5)) @ np.diag([1.0, 2, 3, 4, 5])

    covariance, intensity = shrunk_covariance(errors)

    unit = errors / np.sqrt((errors**2).mean(axis=0))
    products = unit[:, :, None] * unit[:, None, :]
    off = ~np.eye(5, dtype=bool)
    expected = (products.var(axis=0) / 29)[off].sum() / (products.mean(axis=0)[off] ** 2).sum()
    assert intensity == pytest.approx(min(1.0, expected))
    assert np.diag(covariance) == pytest.approx((errors**2).mean(axis=0))
    assert np.linalg.eigvalsh(covariance).min() > 0
    assert shrunk_covariance(errors, together=30)[1] == 1.0


def test_a_gap_is_left_out_of_the_covariance_where_it_is_alone() -> None:
    random = np.random.default_rng(7)
    sizes = np.array([100.0, 60, 40, 1])
    errors = random.normal(size=(400, 4)) * sizes
    errors[:, 0] += errors[:, 1]
    gappy = errors.copy()
    # No row is whole, and the third node and the fourth are never known at once.
    gappy[::2, 2] = np.nan
    gappy[1::2, 3] = np.nan

    whole, found = (shrunk_covariance(each)[0] for each in (errors, gappy))
    little, shrinkage = shrunk_covariance(np.array([[100.0, np.nan], [np.nan, 2.0], [np.nan, np.nan]]))

    assert np.sqrt(np.diag(found)) == pytest.approx(np.sqrt(np.diag(whole)), rel=0.1)
    assert found[0, 1] == pytest.approx(whole[0, 1], rel=0.1)
    assert found[2, 3] == 0
    assert np.linalg.eigvalsh(found)[0] > 0
    assert (np.diag(little).tolist(), shrinkage) == ([100.0**2, 2.0**2], 1.0)
