"""Maps from what a classifier says to how often it is so: as libraries and written-out sums have them."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss

from libs.quant.calibration_maps import Calibration, Method, Sigmoid, TooFewRowsError, isotonic, sigmoid
from libs.quant.reliability import reliability_bins, reliability_metrics

ROWS = 1200


def too_sure(rows: int = ROWS, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return chances (rows, 3) that are three times as sure, in log-odds, as they are right; and the truth."""
    random = np.random.default_rng(seed)
    margins = random.normal(size=(rows, 3))
    fair = np.exp(margins) / np.exp(margins).sum(axis=1, keepdims=True)
    truth = np.array([random.choice(3, p=row) for row in fair])
    sure = np.exp(3 * margins)
    return sure / sure.sum(axis=1, keepdims=True), truth


def test_the_isotonic_map_is_scikit_learns_but_for_chances_that_so_few_rows_cannot_show() -> None:
    random = np.random.default_rng(1)
    chances = random.uniform(size=150).round(2)  # with ties
    happened = random.uniform(size=150) < chances**2
    theirs = IsotonicRegression(out_of_bounds="clip").fit(chances, happened)
    asked = np.linspace(-0.1, 1.1, 500)

    ours = isotonic(chances, happened).of(asked)

    inside = np.clip(theirs.y_thresholds_, 1 / 152, 151 / 152)
    assert ours == pytest.approx(np.interp(asked, theirs.X_thresholds_, inside), abs=1e-12)


def test_the_sigmoid_is_the_one_with_the_lowest_log_loss_on_platts_targets() -> None:
    chances, truth = too_sure()
    happened = truth == 1
    yes, no = happened.sum(), (~happened).sum()
    targets = np.where(happened, (yes + 1) / (yes + 2), 1 / (no + 2))
    odds = np.log(np.clip(chances[:, 1], 1e-9, 1 - 1e-9) / (1 - np.clip(chances[:, 1], 1e-9, 1 - 1e-9)))

    def loss(at: np.ndarray) -> float:
        exponent = at[0] * odds + at[1]
        return float((targets * np.logaddexp(0, exponent) + (1 - targets) * np.logaddexp(0, -exponent)).sum())

    best = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9}).x
    found = sigmoid(chances[:, 1], happened)

    assert (found.slope, found.shift) == pytest.approx(tuple(best), abs=1e-5)


def test_a_sigmoid_never_turns_the_order_round() -> None:
    chances, truth = too_sure()

    found = sigmoid(1 - chances[:, 1], truth == 1)

    assert found.is_flat
    assert found.of(np.array([0.1, 0.9])) == pytest.approx([(truth == 1).mean()] * 2, abs=1e-3)


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_chances_that_were_too_sure_come_true_as_often_as_they_say(method: Method) -> None:
    chances, truth = too_sure()
    later, came = too_sure(seed=9)

    found = Calibration.learned(chances, truth, method=method)
    kept = Calibration.from_json(found.to_json())
    said = kept.applied(later)

    (error, brier), (error_after, brier_after) = [
        [value or 0.0 for value in reliability_metrics(came, each).values.values()] for each in (later, said)
    ]
    assert said.sum(axis=1) == pytest.approx(1)
    assert (said > 0).all()
    assert error_after < error / 3
    assert brier_after < brier
    assert said.tolist() == found.applied(later).tolist()
    assert kept.of_scores(np.log(later), scale="log-odds") == pytest.approx(said, abs=1e-9)


def test_too_few_rows_are_refused_with_how_many_it_takes() -> None:
    chances, truth = too_sure(99)
    with pytest.raises(TooFewRowsError, match="platt needs 100 held-out rows, and there are 99"):
        Calibration.learned(chances, truth, method="platt")
    chances, _ = too_sure(600)
    with pytest.raises(TooFewRowsError, match="isotonic needs 10 held-out rows of each class, and of one there are 0"):
        Calibration.learned(chances, np.zeros(600, dtype=np.int64), method="isotonic")


def test_bins_are_of_like_many_rows_and_their_errors_and_the_brier_score_as_written_out() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    truth = np.array([0, 1, 1, 0])

    bins = reliability_bins(chances, truth, bins=2)

    assert [(each.rows, each.said, each.came_true) for each in bins] == [(2, pytest.approx(0.65), 0.5), (2, pytest.approx(0.85), 0.5)]
    measured = reliability_metrics(truth, chances).values
    assert measured["brier_score"] == pytest.approx(2 * brier_score_loss(truth, chances[:, 1]))
    # Ten bins of four rows are four: the mean of each row's distance.
    assert measured["ece"] == pytest.approx((0.1 + 0.8 + 0.3 + 0.6) / 4)


def test_a_sigmoid_of_slope_minus_one_leaves_chances_as_they_are() -> None:
    assert Sigmoid(-1.0, 0.0).of(np.array([0.2, 0.5, 0.99])) == pytest.approx([0.2, 0.5, 0.99])
