"""Drift against the reference's own noise, and performance before labels are there: known cases, scipy's answers, rates of false alarms."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import roc_auc_score

from libs.quant.candles import Floats
from libs.quant.drift.adwin import changes_of
from libs.quant.drift.bins import SHIFTED, psi
from libs.quant.drift.columns import MISSING, OTHERS, category_drift, chi_squared, distances, number_drift
from libs.quant.drift.dependence import autocorrelation_time
from libs.quant.drift.domain_classifier import domain_drift
from libs.quant.drift.expected_loss import expected_loss
from libs.quant.drift.expected_performance import expected_metrics, expected_performance
from libs.quant.drift.ranking import area_under_curve
from libs.quant.drift.sampled_metrics import calibration_noise, class_metrics, value_metrics
from libs.quant.metrics import classification_metrics
from libs.quant.reliability import Bin


def drawn(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def following(random: np.random.Generator, rows: int, *, memory: float) -> Floats:
    """Return a stationary autoregression of order 1."""
    noise = random.normal(size=rows)
    found = np.empty(rows)
    found[0] = noise[0] / math.sqrt(1 - memory**2)
    for row in range(1, rows):
        found[row] = memory * found[row - 1] + noise[row]
    return found


def test_the_index_is_that_of_a_case_computed_by_hand() -> None:
    found = psi(np.array([20, 30, 50]), np.array([300, 300, 400]))

    assert float(found) == pytest.approx(0.1 * math.log(1.5) - 0.1 * math.log(0.8))


def test_a_bin_that_is_empty_on_one_side_counts_half_a_row_and_one_empty_on_both_nothing() -> None:
    found = psi(np.array([50, 50, 0, 0]), np.array([50, 0, 50, 0]))

    assert float(found) == pytest.approx(2 * (0.5 - 0.005) * math.log(100))


@pytest.mark.parametrize("digits", [1, 9])
def test_distances_of_numbers_are_those_of_scipy_with_ties_and_without(digits: int) -> None:
    reference, current = drawn(1).normal(size=700).round(digits), drawn(2).normal(0.3, 1.2, size=411).round(digits)

    found = number_drift(reference, current)

    oracle = stats.ks_2samp(reference, current, method="asymp")
    assert found.ks == pytest.approx(oracle.statistic)
    assert found.ks_p_value == pytest.approx(oracle.pvalue)
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(reference, current) / reference.std())
    assert distances(np.sort(reference), np.sort(current))[0] == found.ks


def test_chi_squared_and_cramers_v_of_categories_are_those_of_scipy() -> None:
    table = np.array([[100, 150, 150, 0], [40, 40, 120, 0]])

    found = chi_squared(*table)

    oracle = stats.chi2_contingency(table[:, :3], correction=False)
    assert found == pytest.approx((oracle.statistic, oracle.pvalue, stats.contingency.association(table[:, :3])))
    assert chi_squared(np.array([5, 0]), np.array([7, 0])) == (None, None, None)


def test_words_that_the_reference_has_not_are_others_and_rows_without_one_have_a_bin() -> None:
    found = category_drift(["a"] * 60 + ["b"] * 40, ["a"] * 30 + ["c"] * 50 + [None] * 20)

    told = dict(zip(found.labels, found.current.tolist(), strict=True))
    assert told == {"a": 30, "b": 0, OTHERS: 50, MISSING: 20}
    assert found.drifted
    assert (found.missing_reference, found.missing_current) == (0.0, 0.2)


def test_a_column_that_goes_missing_drifts_and_says_what_it_cannot_measure() -> None:
    reference = drawn(3).normal(size=500)

    gone = number_drift(reference, np.full(200, np.nan))
    nothing = number_drift(np.full(5, np.nan), reference)

    assert gone.drifted
    assert (gone.ks, gone.missing_current) == (None, 1.0)
    assert "ks" in gone.reasons
    assert nothing.psi is None
    assert not nothing.drifted


def test_a_reference_of_one_value_sees_others_as_drift_and_has_no_spread_to_measure_by() -> None:
    found = number_drift(np.full(300, 5.0), np.array([5.0] * 60 + [4.0] * 40))

    assert found.drifted
    assert found.wasserstein is None
    assert number_drift(np.full(300, 5.0), np.full(100, 5.0)).psi == 0


@pytest.mark.parametrize(("rows", "memory"), [(60, 0.0), (250, 0.9)])
def test_without_drift_an_alarm_is_as_rare_as_was_asked_for_also_where_neighbours_are_alike(rows: int, memory: float) -> None:
    alarms = over_fixed = 0
    for seed in range(40):
        whole = following(drawn(seed), 1500 + rows, memory=memory)
        found = number_drift(whole[:1500], whole[1500:], seed=seed, ordered=memory > 0)
        assert found.psi is not None
        assert found.noise is not None
        assert found.threshold == max(SHIFTED, found.noise)
        alarms += found.drifted
        over_fixed += found.psi > SHIFTED

    assert alarms <= 2
    assert over_fixed > alarms


def test_rows_that_follow_each_other_are_worth_as_few_as_an_autoregression_says() -> None:
    assert autocorrelation_time(following(drawn(5), 20_000, memory=0.9)) == pytest.approx((1 + 0.9) / (1 - 0.9), rel=0.2)
    assert autocorrelation_time(drawn(6).normal(size=5000)) == pytest.approx(1.0, abs=0.15)
    assert autocorrelation_time(np.ones(50)) == 1.0


def test_the_area_under_the_curve_and_its_error_are_delongs() -> None:
    positive, scores = drawn(7).random(80) < 0.4, drawn(8).normal(size=80).round(1)
    scores = scores + positive * 0.7

    area, error = area_under_curve(positive, scores)

    pairs = (scores[positive][:, None] > scores[~positive]) + 0.5 * (scores[positive][:, None] == scores[~positive])
    by_yes, by_no = pairs.mean(axis=1), pairs.mean(axis=0)
    assert area == pytest.approx(roc_auc_score(positive, scores))
    assert error == pytest.approx(math.sqrt(by_yes.var(ddof=1) / len(by_yes) + by_no.var(ddof=1) / len(by_no)))


def test_a_classifier_tells_sides_apart_by_the_column_that_moved_and_not_sides_that_are_alike() -> None:
    reference, current = drawn(9).normal(size=(1000, 4)), drawn(10).normal(size=(800, 4))

    alike, moved = domain_drift(reference, current), domain_drift(reference, current + np.array([0, 0, 1.0, 0]))

    assert alike.lower is not None
    assert alike.lower < 0.53
    # Two normals a deviation apart are told from each other so far at best.
    assert moved.auc == pytest.approx(stats.norm.cdf(1 / math.sqrt(2)), abs=0.04)
    assert int(np.argmax(moved.importance)) == 2
    assert sum(moved.importance) == pytest.approx(1.0)
    assert domain_drift(reference[:20], current).reason is not None


def sure_world(random: np.random.Generator, rows: int, *, classes: int, shift: float) -> tuple[Floats, NDArray[np.int64]]:
    """Return what an overconfident model says, and what comes true by its well calibrated twin."""
    logits = random.normal(size=(rows, classes))
    logits[:, 0] += shift
    likely = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (random.random(rows)[:, None] > likely.cumsum(axis=1)[:, :-1]).sum(axis=1)
    said = np.exp(1.6 * logits)
    return said / said.sum(axis=1, keepdims=True), truth


@pytest.mark.parametrize("classes", [2, 3])
def test_estimated_performance_holds_what_turns_out_to_be_true_where_the_rows_have_moved(classes: int) -> None:
    held = dict.fromkeys(("accuracy", "f1_score", "roc_auc", "log_loss"), 0)
    for seed in range(6):
        random = drawn(100 + seed)
        reference, truth = sure_world(random, 2000, classes=classes, shift=0.0)
        current, later = sure_world(random, 800, classes=classes, shift=0.8)
        found = expected_performance(current, reference=reference, truth=truth, seed=seed).values
        turned_out = classification_metrics(later, current).values
        for name, value in turned_out.items():
            if (estimate := found.get(name)) is not None and value is not None:
                # The truth is itself a sample, which the interval is made for.
                held[name] += estimate.lower <= value <= estimate.upper

    assert min(held.values()) >= 4, held


def test_what_is_expected_of_certain_labels_is_what_would_be_measured() -> None:
    said, truth = sure_world(drawn(11), 400, classes=3, shift=0.2)

    found, _ = expected_metrics(said, np.eye(3)[truth])

    measured = classification_metrics(truth, said).values
    assert found == pytest.approx({name: measured[name] for name in found})


def test_probabilities_are_taken_as_they_are_where_too_few_labels_are_known_and_that_is_said() -> None:
    said, truth = sure_world(drawn(12), 60, classes=2, shift=0.0)

    few, none = expected_performance(said, reference=said, truth=truth), expected_performance(said, reference=said[:0], truth=truth[:0])

    accuracy = few.values["accuracy"]
    assert accuracy is not None
    assert accuracy.value == pytest.approx(said.max(axis=1).mean())
    assert "taken as they are" in few.notes[0]
    assert set(none.values.values()) == {None}
    assert "accuracy" in none.reasons


def test_estimated_losses_hold_what_turns_out_to_be_true_where_noise_grows_with_a_column() -> None:
    held = 0
    for seed in range(2):
        random = drawn(200 + seed)
        rows, later = random.normal(size=(1500, 3)), random.normal(size=(700, 3)) + np.array([0.8, 0, 0])
        errors, turned_out = (random.normal(size=len(each)) * np.exp(0.5 * each[:, 0]) for each in (rows, later))
        found = expected_loss(later, reference=rows, errors=errors, seed=seed).values["mae"]
        assert found is not None
        held += found.lower * 0.95 <= np.abs(turned_out).mean() <= found.upper * 1.05
        assert found.value > np.abs(errors).mean()

    assert held == 2
    assert "known" in expected_loss(later, reference=rows[:50], errors=errors[:50]).reasons["mae"]


def test_a_loss_that_would_be_below_zero_is_not_told() -> None:
    # given a model that is off in the middle of its reference alone, which says of each end by the middle beside it
    place = np.repeat(np.arange(5.0), 80).reshape(-1, 1)
    errors = np.where(np.isin(place[:, 0], (1, 2, 3)), 5.0, 0.0)

    found = expected_loss(np.zeros((50, 1)), reference=place, errors=errors)

    assert found.values == {"mae": None, "rmse": None}
    assert "below zero" in found.reasons["rmse"]


def test_a_jump_of_a_stream_is_found_where_it_is_and_noise_holds_none() -> None:
    random = drawn(13)
    stream = np.concatenate([random.random(800) * 0.5, 0.3 + random.random(500) * 0.5])

    (change,) = changes_of(stream)

    assert change.at == pytest.approx(800, abs=12)
    assert change.before == pytest.approx(0.25, abs=0.05)
    assert change.after == pytest.approx(0.55, abs=0.05)
    assert change.at <= change.seen < len(stream)
    assert sum(len(changes_of(drawn(seed).random(2000))) for seed in range(10)) == 0
    assert changes_of(np.ones(100)) == ()


def test_metrics_have_intervals_that_shrink_with_the_rows_and_heed_neighbours() -> None:
    said, truth = sure_world(drawn(14), 4000, classes=3, shift=0.0)

    few, many = class_metrics(truth[:400], said[:400]), class_metrics(truth, said)

    measured = classification_metrics(truth, said).values
    for name, found in many.values.items():
        other = few.values[name]
        assert found is not None
        assert other is not None
        assert found.value == measured[name]
        assert (other.upper - other.lower) / (found.upper - found.lower) == pytest.approx(math.sqrt(10), rel=0.35)
    off = following(drawn(15), 2000, memory=0.95)
    alone, alike = (value_metrics(off, np.zeros(2000), ordered=ordered).values["mae"] for ordered in (False, True))
    assert alone is not None
    assert alike is not None
    assert alike.upper - alike.lower > 2 * (alone.upper - alone.lower)


def test_few_rows_have_a_calibration_error_by_chance() -> None:
    sure = (Bin(10, 0.6, 0.6),) * 10

    assert calibration_noise(sure, seed=1, level=0.99) > 0.12
    assert calibration_noise((Bin(10_000, 0.6, 0.6),) * 10, seed=1, level=0.99) < 0.01


def test_what_only_moves_slowly_is_no_change_of_a_stream_nor_of_categories_nor_told_apart() -> None:
    alarms = {"heedless": 0, "stream": 0, "categories": 0, "domain": 0}
    for seed in range(10):
        random = drawn(300 + seed)
        slow = np.stack([following(random, 700, memory=0.93) for _ in range(2)], axis=1)
        words = np.where(slow[:, 0] > 1, "high", "low")
        worth = autocorrelation_time(slow[:500, 0])
        alarms["heedless"] += bool(changes_of(slow[:, 0]))
        alarms["stream"] += bool(changes_of(slow[:, 0], worth=worth))
        alarms["categories"] += category_drift(words[:500], words[500:], ordered=True, seed=seed).drifted
        if seed < 2:
            lower = domain_drift(slow[:500], slow[500:], ordered=True).lower
            alarms["domain"] += lower is not None and lower > 0.6

    assert alarms.pop("heedless") >= 5
    assert sum(alarms.values()) <= 1, alarms
