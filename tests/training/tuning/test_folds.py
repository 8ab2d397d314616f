"""The folds of a training and of a search, which are the same: nothing is learned from rows that would tell of the test, whatever the method."""

from typing import Any

import numpy as np
import pytest

from libs.contracts.validation import ValidationRule
from libs.quant.measured import Measured
from services.training.learners import folding
from services.training.learners.table import Table
from services.training.tuning.fitting import FoldDone, Path
from services.training.tuning.measuring import measure, paths_of

BARS, HORIZON = 300, 4


def rows() -> Table:
    time = np.arange(BARS, dtype=np.int64)
    features = np.zeros((BARS, 1))
    return Table(features, np.zeros(BARS), time, time, time + HORIZON, np.zeros(BARS, dtype=np.int64), None)


def made(**validation: Any) -> list[folding.Tested]:
    return folding.tested_of(rows(), rule=ValidationRule.model_validate(validation), horizon=HORIZON)


@pytest.mark.parametrize(
    ("validation", "splits"),
    [
        ({"method": "holdout"}, 1),
        ({"method": "purged_kfold", "folds": 4}, 4),
        ({"method": "walk_forward", "folds": 4}, 4),
        ({"method": "cpcv", "groups": 6, "test_groups": 2}, 15),
    ],
)
def test_no_label_that_is_learned_from_reaches_into_a_test_nor_begins_in_its_embargo(validation: dict[str, Any], splits: int) -> None:
    found = made(**validation)

    assert len(found) == splits
    for each in found:
        learned = set(each.split.train.tolist())
        for first, last in each.spans:
            near = range(first - HORIZON, last + 2 * HORIZON + 1)
            assert not learned & set(near)
        assert set(each.split.test.tolist()) == {bar for first, last in each.spans for bar in range(first, last + 1)}


def test_walking_forward_learns_from_the_past_alone_and_a_longer_embargo_leaves_out_more() -> None:
    forward = made(method="walk_forward", folds=3)
    near, far = made(method="purged_kfold", folds=3), made(method="purged_kfold", folds=3, embargo=20)

    assert all(each.split.train.max() < each.split.test.min() - HORIZON for each in forward)
    assert len(far[0].split.train) == len(near[0].split.train) - 16


def test_combinatorial_folds_make_whole_paths_and_ratios_are_means_over_them() -> None:
    def path(group: int, earned: float) -> Path:
        returns = np.array([earned, -0.01, earned])
        return Path(group, np.arange(3) + 10 * group, returns, returns / 2, 1.0, 252.0)

    folds = [
        FoldDone({"loss": 1.0, "accuracy": 0.5}, {}, (path(0, 0.01), path(1, 0.02))),
        FoldDone({"loss": 2.0, "accuracy": None}, {"accuracy": "none"}, (path(0, 0.03), path(1, 0.04))),
    ]

    paths = paths_of([path for fold in folds for path in fold.paths])
    told = measure(folds)

    assert [each.returns.tolist() for each in paths] == [[0.01, -0.01, 0.01, 0.02, -0.01, 0.02], [0.03, -0.01, 0.03, 0.04, -0.01, 0.04]]
    each_total = [np.prod(1 + path.returns) - 1 for path in paths]
    assert told.metrics.values["total_return"] == pytest.approx(np.mean(each_total))
    assert (told.metrics.values["val_loss"], told.metrics.values["val_accuracy"]) == (1.5, 0.5)
    assert told.spread["val_loss"] == pytest.approx(np.std([1.0, 2.0], ddof=1))
    assert measure([FoldDone({"loss": 1.0}, {}, ())]).metrics.reasons["sharpe"] == "no bar was played"
    assert isinstance(told.metrics, Measured)
