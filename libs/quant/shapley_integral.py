"""The loop that takes the integral of `shapley_paths` along every path of the trees, for a few rows side by side."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.compiled import compiled, inlined

LANE: Final = 4  # doubles in a 256-bit register: points are taken by fours, more than needed being as exact
LOST, FAILS, HOLDS = 0, 1, 2
NOUGHT, ONE, FOUR = np.uint64(0), np.uint64(1), np.uint64(LANE)


@compiled
def integrate(
    depth: NDArray[np.uint32],
    seen: NDArray[np.uint32],
    feature: NDArray[np.uint32],
    threshold: NDArray[np.float64],
    is_left: NDArray[np.bool_],
    is_leaf: NDArray[np.bool_],
    z: NDArray[np.float64],
    value: NDArray[np.float64],
    tree_start: NDArray[np.int64],
    tree_points: NDArray[np.int64],
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    fallen: NDArray[np.float64],
    rows: NDArray[np.float64],
    found: NDArray[np.float64],
    path: NDArray[np.uint32],
    state: NDArray[np.uint8],
    share: NDArray[np.float64],
    inverse: NDArray[np.float64],
    factors: NDArray[np.float64],
    gains: NDArray[np.float64],
    products: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Add contributions to `found` (features, lanes, 4), to be summed over the last axis. `rows` is (features, lanes)."""
    lanes = np.uint64(rows.shape[1])
    for tree in range(tree_start.shape[0] - 1):
        line, blocks = np.uint64(tree_points[tree]), np.uint64(tree_points[tree] // LANE)
        deepest = NOUGHT
        for node in range(np.uint64(tree_start[tree] + 1), np.uint64(tree_start[tree + 1])):
            at, before, worth = np.uint64(depth[node]), np.uint64(seen[node]), value[node]
            while deepest >= at:
                _leave(deepest, blocks, np.uint64(path[deepest]), lanes, state, gains, sums, found)
                deepest -= ONE
            share[at] = z[node]
            column, limit, left, most = np.uint64(feature[node]), threshold[node], is_left[node], LOST
            for lane in range(lanes):
                here = HOLDS if (rows[column, lane] <= limit) == left else FAILS
                state[at, lane] = here if state[before, lane] == HOLDS else LOST
                most = max(most, state[at, lane])
            weigh(at, before, line, most, share, points, weights, fallen, inverse, factors, gains)
            if is_leaf[node]:
                _reach(at, blocks, column, lanes, worth, state, factors, gains, products, sums, found)
                continue
            descend(at, blocks, lanes, state, factors, products, sums)
            path[at], deepest = column, at
        while deepest > NOUGHT:
            _leave(deepest, blocks, np.uint64(path[deepest]), lanes, state, gains, sums, found)
            deepest -= ONE


@inlined
def weigh(
    at: np.uint64,
    before: np.uint64,
    line: np.uint64,
    most: int,
    share: NDArray[np.float64],
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    fallen: NDArray[np.float64],
    inverse: NDArray[np.float64],
    factors: NDArray[np.float64],
    gains: NDArray[np.float64],
) -> None:
    """Set an edge's factor and weight in each state up to `most`, which is the best that any row is in; more is not looked at.

    Slot 0, an edge that always holds with z = 1, stands for none above.
    """
    z, above = share[at], share[before]
    lost = z / above if above > 0.0 else 0.0
    for q in range(line):
        factors[at, LOST, q] = lost
    if most == LOST:
        return
    for q in range(line):
        t, under = points[line, q], inverse[before, q]
        factors[at, FAILS, q] = (1.0 - t) * z * under
        gains[at, FAILS, q] = fallen[line, q] - weights[line, q] * (1.0 - above) * under
    if most == FAILS:
        return
    for q in range(line):
        t, under = points[line, q], inverse[before, q]
        whole = t + (1.0 - t) * z
        inverse[at, q] = 1.0 / whole
        factors[at, HOLDS, q] = whole * under
        gains[at, HOLDS, q] = weights[line, q] * ((1.0 - z) * inverse[at, q] - (1.0 - above) * under)


@inlined
def descend(
    at: np.uint64,
    blocks: np.uint64,
    lanes: np.uint64,
    state: NDArray[np.uint8],
    factors: NDArray[np.float64],
    products: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Carry the product of the path's factors one edge further, and begin the sum of what comes up."""
    for lane in range(lanes):
        how = np.uint64(state[at, lane])
        for block in range(blocks):
            for q in range(block * FOUR, block * FOUR + FOUR):
                products[at, lane, q] = products[at - ONE, lane, q] * factors[at, how, q]
                sums[at, lane, q] = 0.0


@inlined
def _reach(
    at: np.uint64,
    blocks: np.uint64,
    column: np.uint64,
    lanes: np.uint64,
    worth: float,
    state: NDArray[np.uint8],
    factors: NDArray[np.float64],
    gains: NDArray[np.float64],
    products: NDArray[np.float64],
    sums: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    for lane in range(lanes):
        how = np.uint64(state[at, lane])
        for block in range(blocks):
            for k in range(FOUR):
                q = block * FOUR + k
                g = worth * products[at - ONE, lane, q] * factors[at, how, q]
                sums[at - ONE, lane, q] += g
                found[column, lane, k] += g * gains[at, how, q]


@inlined
def _leave(
    at: np.uint64,
    blocks: np.uint64,
    column: np.uint64,
    lanes: np.uint64,
    state: NDArray[np.uint8],
    gains: NDArray[np.float64],
    sums: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    for lane in range(lanes):
        how = np.uint64(state[at, lane])
        for block in range(blocks):
            for k in range(FOUR):
                q = block * FOUR + k
                g = sums[at, lane, q]
                sums[at - ONE, lane, q] += g
                found[column, lane, k] += g * gains[at, how, q]
