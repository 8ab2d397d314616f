"""Blocks keep neighbours together, and what clusters in space is told from chance: held to plain computations and to scipy."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr

from libs.quant.spatial import buffered, folds_of_blocks, grid_blocks, morans_i, ranking_metrics, shares_below

PLACES = np.random.default_rng(7).uniform(size=(120, 2)) * [10.0, 4.0]


def nearest(count: int) -> np.ndarray:
    return np.argsort(cdist(PLACES, PLACES), axis=1)[:, 1 : count + 1]


def test_morans_i_is_that_of_a_dense_matrix_of_weights() -> None:
    values = PLACES[:, 0] + np.random.default_rng(8).normal(size=120)
    weights = np.zeros((120, 120))
    np.put_along_axis(weights, nearest(5), 1 / 5, axis=1)
    centred = values - values.mean()

    measured = morans_i(values, neighbours=nearest(5), permutations=199, seed=1).values

    assert measured["morans_i"] == pytest.approx(120 / weights.sum() * (centred @ weights @ centred) / (centred @ centred))
    assert measured["morans_i_expected"] == -1 / 119
    assert measured["morans_i_p"] == 1 / 200


def test_values_without_order_in_space_are_not_taken_for_clustered() -> None:
    found = [
        morans_i(np.random.default_rng(seed).normal(size=120), neighbours=nearest(5), permutations=99, seed=seed).values["morans_i_p"]
        for seed in range(40)
    ]

    assert sum(p is not None and p <= 0.05 for p in found) <= 6
    assert morans_i(np.ones(120), neighbours=nearest(5), permutations=99, seed=1).values["morans_i"] is None


def test_a_block_is_in_one_fold_and_folds_are_of_about_one_size() -> None:
    blocks = grid_blocks(PLACES, per_side=5)

    folds = folds_of_blocks(blocks, folds=4, seed=3)

    assert all(len(set(folds[blocks == block].tolist())) == 1 for block in np.unique(blocks))
    assert np.ptp(np.bincount(folds)) <= np.bincount(blocks).max()


def test_nothing_within_the_buffer_of_a_tested_place_is_learned_from() -> None:
    test = np.flatnonzero(PLACES[:, 0] < 3)

    fold = buffered(test, xy=PLACES, buffer=0.5)

    apart = cdist(PLACES, PLACES[test]).min(axis=1)
    assert set(fold.train.tolist()) == set(np.flatnonzero(apart > 0.5).tolist())
    assert fold.dropped == 120 - len(test) - len(fold.train) > 0


def test_ranks_and_lift_are_as_they_are_defined() -> None:
    random = np.random.default_rng(9)
    truth = random.integers(0, 20, size=100).astype(float)
    predicted = truth + random.integers(-8, 8, size=100)

    measured = ranking_metrics(truth, predicted).values

    assert measured["rank_correlation"] == pytest.approx(spearmanr(truth, predicted).statistic)
    best = np.argsort(-predicted, kind="stable")[:10]
    assert measured["top_decile_lift"] == pytest.approx(truth[best].mean() / truth.mean())
    assert shares_below(np.array([1.0, 2.0, 9.0]), reference=[1.0, 2.0, 2.0, 3.0]).tolist() == [0.125, 0.5, 1.0]
