"""Combinatorial purged cross-validation, beside skfolio's, and its paths."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from skfolio.model_selection import CombinatorialPurgedCV

from libs.quant.cpcv import combinatorial_folds, paths_of


@pytest.mark.parametrize(("groups", "test_groups", "horizon", "embargo"), [(6, 2, 0, 0), (6, 2, 3, 0), (5, 3, 2, 4), (8, 1, 5, 5)])
def test_the_splits_are_skfolios(groups: int, test_groups: int, horizon: int, embargo: int) -> None:
    # skfolio leaves a last group that is longer: of so many rows all are alike.
    bars = 40 * groups
    time = np.arange(bars, dtype=np.int64)

    found = list(combinatorial_folds(time, time + horizon, groups=groups, test_groups=test_groups, embargo=embargo))

    theirs = CombinatorialPurgedCV(n_folds=groups, n_test_folds=test_groups, purged_size=horizon, embargo_size=embargo)
    expected = {tuple(np.concatenate(tests).tolist()): train.tolist() for train, tests in theirs.split(np.zeros((bars, 1)))}
    assert [chosen for chosen, _ in found] == list(combinations(range(groups), test_groups))
    assert {tuple(split.test.tolist()): split.train.tolist() for _, split in found} == expected


def test_each_path_goes_once_through_all_groups_and_each_test_is_part_of_one_path() -> None:
    tested = list(combinations(range(6), 2))

    paths = paths_of(tested)

    assert len(paths) == comb(6, 2) * 2 // 6
    used = [(split, group) for path in paths for group, split in enumerate(path)]
    assert len(set(used)) == len(used) == 15 * 2
    assert all(group in tested[split] for split, group in used)


def test_groups_that_leave_nothing_to_learn_from_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing to learn from"):
        list(combinatorial_folds(np.arange(10), np.arange(10), groups=2, test_groups=2))
