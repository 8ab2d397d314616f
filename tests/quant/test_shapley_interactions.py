"""SHAP interaction values of trees: exact by definition, by the `shap` library, by both of our ways, and adding up to the contributions."""

from typing import Any

import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier

from libs.quant.shapley import TABLES_MOST, prepare, tree_contributions, tree_interactions
from libs.quant.shapley_subsets import plan_subsets, subset_interactions
from libs.quant.trees import TreeEnsemble
from tests.quant.brute_force import game, interactions
from tests.quant.grown import drawn, grown, rows_for

WAYS = {"tables": TABLES_MOST, "paths": 0}


def found_by(ensemble: TreeEnsemble, rows: Any, *, way: str = "tables", outputs: Any = None) -> Any:
    chosen = np.zeros(len(rows), dtype=np.int64) if outputs is None else outputs
    return tree_interactions(prepare(ensemble, tables_most=WAYS[way]), rows, chosen)


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    features=st.integers(1, 6),
    trees=st.integers(1, 4),
    depth=st.integers(0, 6),
    empty=st.sampled_from([0.0, 0.3]),
)
def test_interactions_are_those_of_the_definition(*, way: str, seed: int, features: int, trees: int, depth: int, empty: float) -> None:
    ensemble = drawn(seed, features=features, trees=trees, depth=depth, empty=empty)
    rows = rows_for(seed, many=3, features=features)

    _, _, found = found_by(ensemble, rows, way=way)

    assert np.allclose(found, [interactions(game(ensemble, row)) for row in rows], rtol=0, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), features=st.integers(1, 30), depth=st.integers(0, 12), many=st.integers(1, 40))
def test_a_line_adds_up_to_its_contribution_and_the_whole_to_the_output(seed: int, features: int, depth: int, many: int) -> None:
    ensemble = drawn(seed, features=features, trees=3, depth=depth, outputs=3, empty=0.1)
    rows = rows_for(seed, many=many, features=features)
    outputs = np.random.default_rng(seed).integers(3, size=many)

    contributions, base, found = found_by(ensemble, rows, outputs=outputs)

    alone, _ = tree_contributions(prepare(ensemble), rows, outputs)
    assert np.allclose(contributions, alone, rtol=0, atol=1e-12)
    assert np.allclose(found.sum(axis=2), alone, rtol=0, atol=1e-12)
    assert np.array_equal(found, found.transpose(0, 2, 1))
    assert np.allclose(base + found.sum(axis=(1, 2)), ensemble.predict(rows)[np.arange(many), outputs], rtol=0, atol=1e-12)


@pytest.mark.parametrize("features", [5, 12])
def test_interactions_are_those_of_the_shap_library(features: int) -> None:
    random = np.random.default_rng(features)
    rows = random.normal(size=(300, features)).astype(np.float32)
    model = RandomForestClassifier(7, max_depth=8, random_state=0).fit(rows, (rows[:, 0] * rows[:, 1] > 0).astype(int))

    _, _, found = found_by(grown(model), rows[:5], outputs=np.ones(5, dtype=np.int64))

    theirs = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent").shap_interaction_values(rows[:5])
    assert np.allclose(found, theirs[..., 1], rtol=0, atol=1e-6)  # the library's own sums are less exact


def test_tables_without_pairs_say_the_same() -> None:
    ensemble = drawn(5, features=5, trees=6, depth=7, empty=0.1)
    rows = rows_for(5, many=20, features=5)

    _, without_pairs = subset_interactions(plan_subsets(ensemble, most_bytes=0), rows, 0)

    assert np.allclose(without_pairs, found_by(ensemble, rows)[2], rtol=0, atol=1e-12)
    assert np.allclose(without_pairs, found_by(ensemble, rows, way="paths")[2], rtol=0, atol=1e-12)


def test_an_output_that_is_a_sum_of_features_has_no_interactions() -> None:
    random = np.random.default_rng(1)
    rows = random.normal(size=(4, 3)).astype(np.float32)
    stumps = drawn(7, features=3, trees=20, depth=1)

    _, _, apart = found_by(stumps, rows)

    assert np.allclose(apart[:, ~np.eye(3, dtype=bool)], 0.0, rtol=0, atol=1e-14)
