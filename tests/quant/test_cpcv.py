"""Combinatorial purged cross-validation, beside a plain reading of its definition and beside skfolio's splits, and its paths."""

import json
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from libs.quant.cpcv import combinatorial_folds, paths_of

# Written by skfolio's CombinatorialPurgedCV; the file says by which release.
SKFOLIO = json.loads((Path(__file__).parents[1] / "fixtures" / "skfolio" / "cpcv.json").read_text())


def plainly(bars: int, chosen: tuple[int, ...], *, groups: int, horizon: int, embargo: int) -> list[int]:
    """Return the rows to learn from, row by row: López de Prado 2018, snippets 7.1 and 7.2, of a label that is known `horizon` bars later.

    A row goes where the time from its decision to its label's end meets that of a test, and where it follows one within the embargo.
    """
    parts = np.array_split(np.arange(bars), groups)
    kept = []
    for row in range(bars):
        clear = True
        for group in chosen:
            first, last = int(parts[group][0]), int(parts[group][-1])
            ends = last + horizon
            clear &= (row + horizon < first) or row > ends + embargo
        if clear:
            kept.append(row)
    return kept


@pytest.mark.parametrize(("groups", "test_groups", "horizon", "embargo"), [(6, 2, 0, 0), (6, 2, 3, 0), (5, 3, 2, 4), (8, 1, 5, 5)])
def test_each_choice_is_tested_once_and_learns_from_what_its_definition_leaves(
    groups: int, test_groups: int, horizon: int, embargo: int
) -> None:
    bars = 40 * groups + 3
    time = np.arange(bars, dtype=np.int64)

    found = list(combinatorial_folds(time, time + horizon, groups=groups, test_groups=test_groups, embargo=embargo))

    parts = np.array_split(time, groups)
    assert [chosen for chosen, _ in found] == list(combinations(range(groups), test_groups))
    for chosen, split in found:
        assert split.test.tolist() == np.concatenate([parts[group] for group in chosen]).tolist()
        assert split.train.tolist() == plainly(bars, chosen, groups=groups, horizon=horizon, embargo=embargo)


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


@pytest.mark.parametrize("case", SKFOLIO["cases"], ids=lambda case: f"{case['groups']} groups, {case['test_groups']} tested")
def test_the_splits_are_those_of_skfolio(case: dict[str, Any]) -> None:
    time = np.arange(case["bars"], dtype=np.int64)

    found = list(
        combinatorial_folds(time, time + case["horizon"], groups=case["groups"], test_groups=case["test_groups"], embargo=case["embargo"])
    )

    for (_, split), theirs in zip(found, case["splits"], strict=True):
        assert split.train.tolist() == rows_of(theirs["train"])
        assert split.test.tolist() == rows_of(theirs["test"])
    assert len(paths_of([chosen for chosen, _ in found])) == case["paths"]


def rows_of(spans: list[list[int]]) -> list[int]:
    """Return the rows of spans, which are told by their first and last row."""
    return sorted(row for first, last in spans for row in range(first, last + 1))
