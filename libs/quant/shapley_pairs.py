"""The loop that takes the integrals of `shapley_paths` for pairs of features, together with those of single ones.

For two features i and j on the path of a leaf with value v the Shapley interaction index is, by the same extension (Owen 1972; Grabisch &
Roubens 1999; of trees Lundberg et al. 2018, by quadrature Wettenstein, Mitchell & Yu 2026),

    I_ij = v (o_i - z_i) (o_j - z_j) * integral over t in [0, 1] of prod over k other than i and j of (t o_k + (1 - t) z_k)

At a point, what stands before the integral is the leaf's product times d_i d_j, with d = (o - z) / a of the deepest edge on a feature. An
edge's weight `gains` is w times by how much it changes d, so the sum over all edges on i and all on j of both changes is d_i d_j: when an
edge is left, its sum G, which holds the leaves below it, meets the weights of the edges above it.
"""

import numpy as np
from numpy.typing import NDArray

from libs.quant.compiled import compiled, inlined
from libs.quant.shapley_integral import FAILS, HOLDS, LANE, LOST, NOUGHT, ONE, descend, weigh


@compiled
def integrate_pairs(
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
    pairs: NDArray[np.float64],
    path: NDArray[np.uint32],
    state: NDArray[np.uint8],
    share: NDArray[np.float64],
    inverse: NDArray[np.float64],
    factors: NDArray[np.float64],
    gains: NDArray[np.float64],
    products: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Add contributions to `found` (features, lanes) and I to `pairs` (lower edge's, upper edge's feature, lanes)."""
    lanes, meeting = np.uint64(rows.shape[1]), np.empty(points.shape[1])
    for tree in range(tree_start.shape[0] - 1):
        line, blocks = np.uint64(tree_points[tree]), np.uint64(tree_points[tree] // LANE)
        mass, deepest = weights[line], NOUGHT
        for node in range(np.uint64(tree_start[tree] + 1), np.uint64(tree_start[tree + 1])):
            at, before, worth = np.uint64(depth[node]), np.uint64(seen[node]), value[node]
            while deepest >= at:
                _leave(deepest, line, lanes, path, state, gains, sums, mass, meeting, found, pairs)
                deepest -= ONE
            share[at] = z[node]
            column, limit, left, most = np.uint64(feature[node]), threshold[node], is_left[node], LOST
            for lane in range(lanes):
                here = HOLDS if (rows[column, lane] <= limit) == left else FAILS
                state[at, lane] = here if state[before, lane] == HOLDS else LOST
                most = max(most, state[at, lane])
            weigh(at, before, line, most, share, points, weights, fallen, inverse, factors, gains)
            descend(at, blocks, lanes, state, factors, products, sums)
            path[at], deepest = column, at
            if is_leaf[node]:
                _end(at, line, lanes, worth, products, sums)
        while deepest > NOUGHT:
            _leave(deepest, line, lanes, path, state, gains, sums, mass, meeting, found, pairs)
            deepest -= ONE


@inlined
def _end(at: np.uint64, line: np.uint64, lanes: np.uint64, worth: float, products: NDArray[np.float64], sums: NDArray[np.float64]) -> None:
    for lane in range(lanes):
        for q in range(line):
            sums[at, lane, q] = worth * products[at, lane, q]


@inlined
def _leave(
    at: np.uint64,
    line: np.uint64,
    lanes: np.uint64,
    path: NDArray[np.uint32],
    state: NDArray[np.uint8],
    gains: NDArray[np.float64],
    sums: NDArray[np.float64],
    mass: NDArray[np.float64],
    meeting: NDArray[np.float64],
    found: NDArray[np.float64],
    pairs: NDArray[np.float64],
) -> None:
    column = np.uint64(path[at])
    for lane in range(lanes):
        how, alone = state[at, lane], 0.0
        for q in range(line):
            sums[at - ONE, lane, q] += sums[at, lane, q]
        if how == LOST:
            continue  # Its weight is nothing: the feature was lost above.
        for q in range(line):
            gained = sums[at, lane, q] * gains[at, np.uint64(how), q]
            alone += gained
            meeting[q] = gained / mass[q]
        found[column, lane] += alone
        for above in range(ONE, at):
            other, stands = np.uint64(path[above]), np.uint64(state[above, lane])
            if other == column or stands == LOST:
                continue
            together = 0.0
            for q in range(line):
                together += meeting[q] * gains[above, stands, q]
            pairs[column, other, lane] += together
