"""Contributions of trees: exact by definition, by the `shap` library, and by both of our ways."""

from typing import Any

import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingClassifier, RandomForestClassifier

from libs.quant.shapley import TABLES_MOST, prepare, tree_contributions
from libs.quant.shapley_subsets import plan_subsets, subset_contributions
from libs.quant.trees import LEAF, Tree, TreeEnsemble, assemble
from tests.quant.brute_force import game, shapley
from tests.quant.grown import drawn, grown, rows_for

WAYS = {"tables": TABLES_MOST, "paths": 0}


def explained(ensemble: TreeEnsemble, rows: Any, *, output: int = 0, way: str = "tables") -> Any:
    explainer = prepare(ensemble, tables_most=WAYS[way])
    return tree_contributions(explainer, rows, np.full(len(rows), output))[0]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    features=st.integers(1, 6),
    trees=st.integers(1, 4),
    depth=st.integers(0, 6),
    empty=st.sampled_from([0.0, 0.3]),
)
def test_contributions_are_the_shapley_values_of_the_definition(
    *, way: str, seed: int, features: int, trees: int, depth: int, empty: float
) -> None:
    ensemble = drawn(seed, features=features, trees=trees, depth=depth, empty=empty)
    rows = rows_for(seed, many=3, features=features)

    found = explained(ensemble, rows, way=way)

    assert np.allclose(found, [shapley(game(ensemble, row)) for row in rows], rtol=0, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), features=st.integers(1, 50), depth=st.integers(0, 12), many=st.integers(1, 40))
def test_base_and_contributions_add_up_to_the_output(seed: int, features: int, depth: int, many: int) -> None:
    ensemble = drawn(seed, features=features, trees=3, depth=depth, outputs=3, empty=0.1)
    rows = rows_for(seed, many=many, features=features)
    outputs = np.random.default_rng(seed).integers(3, size=many)

    contributions, base = tree_contributions(prepare(ensemble), rows, outputs)

    assert np.allclose(base + contributions.sum(axis=1), ensemble.predict(rows)[np.arange(many), outputs], rtol=0, atol=1e-12)


@pytest.mark.parametrize("features", [2, 5, 6, 12])
@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(7, max_depth=8, random_state=0),
        ExtraTreesRegressor(5, max_depth=6, random_state=0),
        GradientBoostingClassifier(n_estimators=6, max_depth=4, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_contributions_are_those_of_the_shap_library(model: Any, features: int) -> None:
    random = np.random.default_rng(features)
    rows = random.normal(size=(300, features)).astype(np.float32)
    labels = (rows[:, 0] + rows[:, 1] ** 2 + random.normal(size=300) > 1).astype(int)
    model.fit(rows, labels)
    ensemble = grown(model)

    found = explained(ensemble, rows[:5], output=ensemble.n_outputs - 1)

    values = np.asarray(shap.TreeExplainer(model, feature_perturbation="tree_path_dependent").shap_values(rows[:5]))
    theirs = values[:, :, -1] if values.ndim == 3 else values
    # For boosters the library's own reading of thresholds and sums is in float32 in places.
    assert np.allclose(found, theirs, rtol=0, atol=1e-10)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), features=st.integers(2, 6))
def test_tables_without_pairs_and_paths_say_the_same(seed: int, features: int) -> None:
    ensemble = drawn(seed, features=features, trees=6, depth=7, empty=0.1)
    rows = rows_for(seed, many=20, features=features)
    every, none = explained(ensemble, rows), explained(ensemble, rows, way="paths")

    without_pairs = subset_contributions(plan_subsets(ensemble, most_bytes=0), rows, 0)

    assert np.allclose(every, none, rtol=0, atol=1e-12)
    assert np.allclose(without_pairs, none, rtol=0, atol=1e-12)


@pytest.mark.parametrize("features", [5, 9])
def test_a_row_is_explained_the_same_alone_and_among_others(features: int) -> None:
    ensemble = drawn(3, features=features, trees=70, depth=8, outputs=2)
    rows = rows_for(3, many=150, features=features)
    together = explained(ensemble, rows, output=1)
    explainer, output = prepare(ensemble), np.ones(1, dtype=np.int64)

    alone = np.concatenate([tree_contributions(explainer, rows[place : place + 1], output)[0] for place in range(150)])

    assert np.allclose(alone, together, rtol=0, atol=1e-13)
    assert np.allclose(together, explained(ensemble, rows, output=1, way="paths"), rtol=0, atol=1e-12)


# The four axioms that single out Shapley values (Shapley 1953), each on trees small enough to see.


def test_efficiency_what_is_shared_out_is_what_the_row_gains() -> None:
    ensemble = _split_on(feature=0, low=1.0, high=5.0, features=2)

    contributions, base = tree_contributions(prepare(ensemble), np.array([[0.0, 0.0]], np.float32), np.zeros(1, int))

    assert base[0] == 3.0  # half of the training weight went each way
    assert contributions.tolist() == [[-2.0, 0.0]]


def test_symmetry_features_that_do_the_same_get_the_same() -> None:
    mirrored = _joined(_nested(first=0, second=1), _nested(first=1, second=0))

    found = explained(mirrored, np.array([[1.0, 1.0], [-1.0, -1.0]], np.float32))

    assert np.allclose(found[:, 0], found[:, 1], rtol=0, atol=1e-15)


def test_dummy_a_feature_that_no_split_looks_at_gets_nothing() -> None:
    found = explained(_nested(first=0, second=2, features=3), np.array([[1.0, 9.0, 1.0]], np.float32))

    assert found[0, 1] == 0.0
    assert found[0, 0] != 0.0


@pytest.mark.parametrize("way", WAYS)
def test_linearity_the_contributions_of_a_sum_of_trees_are_the_sum_of_theirs(way: str) -> None:
    one, other = drawn(1, features=4, trees=1, depth=5), drawn(2, features=4, trees=1, depth=5)
    rows = rows_for(1, many=8, features=4)

    found = explained(_joined(one, other), rows, way=way)

    assert np.allclose(found, explained(one, rows, way=way) + explained(other, rows, way=way), rtol=0, atol=1e-13)


@pytest.mark.parametrize("way", WAYS)
def test_a_single_leaf_explains_nothing_and_is_its_own_base(way: str) -> None:
    ensemble = drawn(0, features=4, trees=3, depth=0)
    explainer = prepare(ensemble, tables_most=WAYS[way])

    contributions, base = tree_contributions(explainer, rows_for(0, many=2, features=4), np.zeros(2, int))

    assert not contributions.any()
    assert np.allclose(base, ensemble.predict(rows_for(0, many=2, features=4))[:, 0])


def test_a_threshold_between_two_float32_numbers_parts_them() -> None:
    low = np.float32(1.0)
    high = np.nextafter(low, np.float32(2.0))
    ensemble = _split_on(feature=0, low=-1.0, high=1.0, features=1, threshold=(float(low) + float(high)) / 2)

    assert explained(ensemble, np.array([[low], [high]])).tolist() == [[-1.0], [1.0]]
    assert explained(ensemble, np.array([[low], [high]]), way="paths").tolist() == [[-1.0], [1.0]]


def _split_on(*, feature: int, low: float, high: float, features: int, threshold: float = 0.5) -> TreeEnsemble:
    tree = Tree(
        np.array([feature, LEAF, LEAF]), np.array([threshold, 0, 0]), np.array([1, LEAF, LEAF]), np.array([2, LEAF, LEAF]), np.array([2.0, 1, 1]), np.array([[0.0], [low], [high]])
    )  # fmt: skip
    return assemble([tree], base=np.zeros(1), n_features=features)


def _nested(*, first: int, second: int, features: int = 2) -> TreeEnsemble:
    tree = Tree(
        feature=np.array([first, LEAF, second, LEAF, LEAF]),
        threshold=np.zeros(5),
        left=np.array([1, LEAF, 3, LEAF, LEAF]),
        right=np.array([2, LEAF, 4, LEAF, LEAF]),
        cover=np.array([10.0, 4, 6, 2, 4]),
        value=np.array([[0.0], [1.0], [0.0], [2.0], [7.0]]),
    )
    return assemble([tree], base=np.zeros(1), n_features=features)


def _joined(*ensembles: TreeEnsemble) -> TreeEnsemble:
    trees = [
        Tree(each.feature, each.threshold, np.maximum(each.left, 0), np.maximum(each.right, 0), each.cover, each.value)
        for each in ensembles
    ]
    return assemble(trees, base=np.sum([each.base for each in ensembles], axis=0), n_features=ensembles[0].n_features)
