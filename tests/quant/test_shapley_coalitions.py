"""Contributions of any model on windows: held to the definition, to the library shap's own explainer, and to what they must sum to."""

import math
from itertools import combinations

import numpy as np
import pytest
import shap

from libs.quant.candles import Floats
from libs.quant.shapley_coalitions import MOST_PAIRS, Coalitions, plan_for

STEPS = 4


def model(windows: Floats) -> Floats:
    """Two outputs that no feature decides alone, at no step alone."""
    weights = np.random.default_rng(0).normal(size=(windows.shape[2], 3))
    hidden = np.tanh(np.cumsum(windows @ weights, axis=1))
    mixed = hidden[:, -1, 0] * hidden[:, 1, 1] + np.maximum(hidden[:, 2, 2], 0) - hidden[:, -1, 2]
    return np.stack((mixed, hidden.prod(axis=(1, 2)) + hidden[:, 0, 0]), axis=1)


def windows(features: int, *, rows: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(size=(rows, STEPS, features)) * 0.7


def explained(coalitions: Coalitions, rows: Floats, output: int) -> tuple[Floats, Floats]:
    outputs = np.full(len(rows), output)
    return coalitions.contributions(rows, outputs=outputs, served=model(rows)[:, output])


def by_definition(row: Floats, background: Floats, output: int) -> Floats:
    """Shapley's own sum over every set of the other features."""
    features = row.shape[1]

    def worth(known: tuple[int, ...]) -> float:
        mixed = background.copy()
        mixed[:, :, list(known)] = row[:, list(known)]
        return float(model(mixed)[:, output].mean())

    found = np.zeros(features)
    for feature in range(features):
        others = [each for each in range(features) if each != feature]
        for size in range(features):
            weight = math.factorial(size) * math.factorial(features - size - 1) / math.factorial(features)
            found[feature] += sum(weight * (worth((*known, feature)) - worth(known)) for known in combinations(others, size))
    return found


@pytest.mark.parametrize("features", [1, 2, 3, 5])
@pytest.mark.parametrize("backgrounds", [1, 3])
def test_every_contribution_is_shapleys_sum(features: int, backgrounds: int) -> None:
    background, rows = windows(features, rows=backgrounds, seed=2), windows(features, rows=4)
    coalitions = Coalitions.of(background, evaluate=model)

    for output in (0, 1):
        contributions, base = explained(coalitions, rows, output)
        assert contributions == pytest.approx(np.array([by_definition(row, background, output) for row in rows]), abs=1e-12)
        assert base == pytest.approx(model(background)[:, output].mean())
    assert coalitions.standard_error(rows, outputs=np.zeros(4, int), served=model(rows)[:, 0]) is None


def test_they_are_what_shap_finds_over_every_set() -> None:
    background, rows = windows(6, rows=1, seed=2), windows(6, rows=3)

    for row in rows:
        # To shap a row is which features are known; the window is made of that.
        known_to_output = lambda known, row=row: model(np.where(known[:, None, :] > 0, row[None], background))[:, 0]  # noqa: E731 - short
        explainer = shap.KernelExplainer(known_to_output, np.zeros((1, 6)))
        told = explainer.shap_values(np.ones((1, 6)), nsamples=2**6, l1_reg=False, silent=True)
        contributions, base = explained(Coalitions.of(background, evaluate=model), row[None], 0)
        assert contributions[0] == pytest.approx(told[0], abs=1e-12)
        assert base[0] == pytest.approx(float(explainer.expected_value))


@pytest.mark.parametrize(("features", "most_sets"), [(8, 40), (14, 1024), (50, 1024), (5, 1)])
def test_estimates_add_up_as_exactly_and_say_how_far_off_they_may_be(features: int, most_sets: int) -> None:
    background, rows = windows(features, rows=1, seed=2), windows(features, rows=20)
    coalitions = Coalitions.of(background, evaluate=model, most_sets=most_sets)

    contributions, base = explained(coalitions, rows, 0)

    assert base + contributions.sum(axis=1) == pytest.approx(model(rows)[:, 0], abs=1e-12)
    assert len(coalitions.plan.sets) <= MOST_PAIRS * 2 * (features - 1)
    error = coalitions.standard_error(rows, outputs=np.zeros(20, int), served=model(rows)[:, 0])
    assert error is not None
    if features < 10:
        exact, _ = explained(Coalitions.of(background, evaluate=model), rows, 0)
        off = float(np.sqrt(np.mean((contributions - exact) ** 2)))
        assert 0.3 * off < error < 3 * off


def test_a_slow_model_has_fewer_sets_evaluated_and_never_fewer_than_two_pairs_of_orders() -> None:
    assert len(plan_for(10).sets) == 2**10 - 2
    assert plan_for(10).halves is None
    assert len(plan_for(10, most_sets=200).sets) <= 200
    assert 18 < len(plan_for(10, most_sets=1).sets) <= 36
    assert len(plan_for(2, most_sets=0).sets) == 2


def test_rows_of_several_outputs_are_explained_each_for_its_own_and_in_any_company() -> None:
    rows = windows(7, rows=200)
    coalitions = Coalitions.of(windows(7, rows=2, seed=2), evaluate=model)
    outputs = np.arange(200) % 2

    together, base = coalitions.contributions(rows, outputs=outputs, served=model(rows)[np.arange(200), outputs])

    for place in (0, 1, 77, 199):
        alone, own_base = explained(coalitions, rows[place : place + 1], int(outputs[place]))
        assert together[place] == pytest.approx(alone[0], abs=1e-12)
        assert base[place] == own_base[0]


def test_every_output_at_once_is_each_on_its_own() -> None:
    rows = windows(5, rows=30)
    coalitions = Coalitions.of(windows(5, rows=2, seed=2), evaluate=model)

    every, bases = coalitions.every_output(rows, served=model(rows))

    for output in (0, 1):
        contributions, base = explained(coalitions, rows, output)
        assert every[output] == pytest.approx(contributions, abs=1e-12)
        assert bases[output] == base[0]


def test_a_file_gives_the_same_explanations_again() -> None:
    rows = windows(12, rows=5)
    coalitions = Coalitions.of(windows(12, rows=2, seed=2), evaluate=model, most_sets=100)

    again = Coalitions.from_bytes(coalitions.to_bytes(), evaluate=model)

    assert np.array_equal(explained(again, rows, 1)[0], explained(coalitions, rows, 1)[0])
    assert again.size > 0
    assert explained(again, rows[:0], 1)[0].shape == (0, 12)
