"""What trees answer when one or two features are known: tables over bins, made once for an output (see `shapley_subsets`)."""

import numpy as np
from numpy.typing import NDArray

from libs.quant.compiled import compiled, inlined
from libs.quant.shapley_boxes import Boxes


def single_tables(boxes: Boxes, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each feature and number of its thresholds below x what all trees answer when only x is known. `value` is (leaves,)."""
    trees = np.zeros(boxes.thresholds.shape[0] + boxes.threshold_start.shape[0] - 1)
    _add_singles(boxes.low, boxes.high, boxes.z, value, boxes.leaf_start, boxes.threshold_start, trees)
    tables = np.zeros(boxes.bins)
    _join_singles(trees, boxes.threshold_start, boxes.of_tree, boxes.feature_start, boxes.stride, tables)
    return tables


def pair_tables(boxes: Boxes, value: NDArray[np.float64], *, start: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each tree and pair of features a table over both features' bins, or nothing when `start` is empty."""
    tables = np.zeros(int(start[-1]) if start.shape[0] else 0)
    if start.shape[0]:
        _add_pairs(boxes.low, boxes.high, boxes.z, value, boxes.leaf_start, boxes.threshold_start, start, tables)
    return tables


@inlined
def _without(z: NDArray[np.float64], i: int, j: int) -> float:
    product = 1.0
    for k in range(z.shape[0]):
        if k != i and k != j:  # noqa: PLR1714 - a tuple takes longer to compile
            product *= z[k]
    return product


@compiled
def _add_singles(
    low: NDArray[np.uint16],
    high: NDArray[np.uint16],
    z: NDArray[np.float64],
    value: NDArray[np.float64],
    leaf_start: NDArray[np.int64],
    threshold_start: NDArray[np.int64],
    tables: NDArray[np.float64],
) -> None:
    many = low.shape[1]
    for tree in range(leaf_start.shape[0] - 1):
        for leaf in range(leaf_start[tree], leaf_start[tree + 1]):
            for j in range(many):
                group = tree * many + j
                worth = value[leaf] * _without(z[leaf], j, j)
                for bin_ in range(low[leaf, j], high[leaf, j] + 1):
                    tables[threshold_start[group] + group + bin_] += worth


@compiled
def _join_singles(
    singles: NDArray[np.float64],
    threshold_start: NDArray[np.int64],
    of_tree: NDArray[np.uint32],
    feature_start: NDArray[np.int64],
    stride: int,
    tables: NDArray[np.float64],
) -> None:
    """Add up the trees' tables of a feature along all of its thresholds: each of them moves one tree to its next bin."""
    many = feature_start.shape[0] - 1
    trees = (threshold_start.shape[0] - 1) // many
    bins = np.empty(trees, np.int64)
    for j in range(many):
        bins[:] = 0
        total = 0.0
        for rank in range(feature_start[j + 1] - feature_start[j] + 1):
            if rank:
                tree = np.int64(of_tree[feature_start[j] + rank - 1])
                at = threshold_start[tree * many + j] + tree * many + j + bins[tree]
                total += singles[at + 1] - singles[at]
                bins[tree] += 1
            if rank % stride == 0:
                # Added up anew, so that what rounding costs does not add up.
                total = 0.0
                for each in range(trees):
                    total += singles[threshold_start[each * many + j] + each * many + j + bins[each]]
            tables[feature_start[j] + j + rank] = total


@compiled
def _add_pairs(
    low: NDArray[np.uint16],
    high: NDArray[np.uint16],
    z: NDArray[np.float64],
    value: NDArray[np.float64],
    leaf_start: NDArray[np.int64],
    threshold_start: NDArray[np.int64],
    start: NDArray[np.int64],
    tables: NDArray[np.float64],
) -> None:
    many = low.shape[1]
    table = 0
    for tree in range(leaf_start.shape[0] - 1):
        first, last = leaf_start[tree], leaf_start[tree + 1]
        for i in range(many):
            for j in range(i + 1, many):
                wide = threshold_start[tree * many + j + 1] - threshold_start[tree * many + j] + 1
                grid = tables[start[table] : start[table + 1]].reshape(-1, wide)
                for leaf in range(first, last):
                    worth = value[leaf] * _without(z[leaf], i, j)
                    _add_corners(grid, low[leaf, i], high[leaf, i] + 1, low[leaf, j], high[leaf, j] + 1, worth)
                _add_up(grid)
                table += 1


@inlined
def _add_corners(grid: NDArray[np.float64], top: int, bottom: int, left: int, right: int, worth: float) -> None:
    """Add a rectangle to a grid that is yet to be added up along both axes."""
    if top >= bottom or left >= right:
        return  # No row can reach the leaf: a split repeats one above it.
    tall, wide = grid.shape
    grid[top, left] += worth
    if bottom < tall:
        grid[bottom, left] -= worth
    if right < wide:
        grid[top, right] -= worth
    if bottom < tall and right < wide:
        grid[bottom, right] += worth


@inlined
def _add_up(grid: NDArray[np.float64]) -> None:
    tall, wide = grid.shape
    for row in range(tall):
        for column in range(1, wide):
            grid[row, column] += grid[row, column - 1]
    for row in range(1, tall):
        for column in range(wide):
            grid[row, column] += grid[row - 1, column]
