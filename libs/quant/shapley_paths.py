"""TreeSHAP by quadrature along the paths of a tree: any number of features, O(nodes x points) a row, several rows side by side.

For a leaf with value v, each distinct feature i on its path has o_i (1 when the row satisfies every split on i, else 0) and z_i (the
product of the cover ratios of those splits). Its Shapley value is, by Owen's multilinear extension (Owen 1972),

    phi_i = v (o_i - z_i) * integral over t in [0, 1] of prod over j != i of (t o_j + (1 - t) z_j)

The integrand is a polynomial of degree k - 1 for k features, so Gauss-Legendre with ceil(k / 2) points is exact. For each point a
product P goes down the tree and a sum G comes up, as Linear TreeSHAP (Yu et al. 2022) does with polynomials:

    down:  P(child) = P(parent) a(child) / a(b)       a = t o + (1 - t) z; b is the nearest edge above on the same feature, if any
    leaf:  G = v P        up:  G(parent) = sum of G(children)
    phi_f += w ((o - z) G / a - (o_b - z_b) G / a_b)

Per row an edge is in one of three states, so its factor and its weight are one of three numbers: b holds and so does the edge; b holds and
the edge does not; b does not hold (then a / a_b is z / z_b, and the two terms cancel: (0 - z) / ((1 - t) z) does not depend on z).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.compiled import compiled
from libs.quant.shapley_integral import HOLDS, LANE, integrate
from libs.quant.shapley_pairs import integrate_pairs
from libs.quant.trees import TreeEnsemble

ROWS_TOGETHER: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class PathPlan:
    """For every node: the edge that leads to it. Arrays are in the ensemble's preorder; at roots z is 1."""

    depth: NDArray[np.uint32]  # (nodes,) edges on the path
    seen: NDArray[np.uint32]  # (nodes,) depth of the nearest ancestor reached by an edge on the same feature, 0 when there is none
    feature: NDArray[np.uint32]  # (nodes,) what the parent splits on
    threshold: NDArray[np.float64]  # (nodes,) the parent's
    is_left: NDArray[np.bool_]  # (nodes,)
    is_leaf: NDArray[np.bool_]  # (nodes,)
    z: NDArray[np.float64]  # (nodes,) product of the cover ratios of the path's splits on the edge's feature
    value: NDArray[np.float64]  # (nodes, outputs)
    tree_start: NDArray[np.int64]  # (trees + 1,)
    tree_points: NDArray[np.int64]  # (trees,) how many points a tree needs
    points: NDArray[np.float64]  # (most points + 1, most points) Gauss-Legendre on [0, 1] with as many points as the line's number
    weights: NDArray[np.float64]  # same
    fallen: NDArray[np.float64]  # same: -w / (1 - t), the weight of an edge that does not hold
    expected: NDArray[np.float64]  # (outputs,) the trees' sum over the training cover
    n_features: int

    @property
    def size(self) -> int:
        """Bytes in memory."""
        arrays = (self.depth, self.seen, self.feature, self.threshold, self.is_left, self.is_leaf, self.z, self.value)
        return int(sum(array.nbytes for array in arrays))


def plan_paths(ensemble: TreeEnsemble) -> PathPlan:
    """Look once at every edge of an ensemble."""
    nodes = ensemble.feature.shape[0]
    parent, distinct = np.zeros(nodes, dtype=np.int64), np.zeros(nodes, dtype=np.int64)
    depth, seen = np.zeros(nodes, dtype=np.uint32), np.zeros(nodes, dtype=np.uint32)
    z, reach = np.ones(nodes), np.ones(nodes)
    _walk(ensemble.feature, ensemble.left, ensemble.right, ensemble.cover, parent, distinct, depth, seen, z, reach)
    widest = np.maximum.reduceat(distinct, ensemble.tree_start[:-1])
    tree_points = LANE * np.maximum(1, -(-widest // (2 * LANE))).astype(np.int64)
    most = int(tree_points.max())
    points, weights, fallen = (np.zeros((most + 1, most)) for _ in range(3))
    for many in range(LANE, most + 1, LANE):
        on_both_sides, masses = np.polynomial.legendre.leggauss(many)
        points[many, :many], weights[many, :many] = (on_both_sides + 1) / 2, masses / 2
        fallen[many, :many] = -weights[many, :many] / (1 - points[many, :many])
    return PathPlan(
        depth=depth,
        seen=seen,
        feature=np.maximum(ensemble.feature[parent], 0).astype(np.uint32),
        threshold=ensemble.threshold[parent],
        is_left=ensemble.left[parent] == np.arange(nodes),
        is_leaf=ensemble.feature < 0,
        z=z,
        value=np.ascontiguousarray(ensemble.value),
        tree_start=ensemble.tree_start.astype(np.int64),
        tree_points=tree_points,
        points=points,
        weights=weights,
        fallen=fallen,
        expected=np.asarray(reach[ensemble.feature < 0] @ ensemble.value[ensemble.feature < 0]),
        n_features=ensemble.n_features,
    )


def path_contributions(plan: PathPlan, rows: NDArray[np.float32], column: int) -> NDArray[np.float64]:
    """Return the contributions (rows, features) to one output. `rows` is (rows, features)."""
    found = np.zeros((plan.n_features, rows.shape[0]))
    turned = np.ascontiguousarray(rows.T, dtype=np.float64)
    value = np.ascontiguousarray(plan.value[:, column])
    for first in range(0, rows.shape[0], ROWS_TOGETHER):
        lanes = np.ascontiguousarray(turned[:, first : first + ROWS_TOGETHER])
        gained = np.zeros((plan.n_features, lanes.shape[1], LANE))
        integrate(
            plan.depth, plan.seen, plan.feature, plan.threshold, plan.is_left, plan.is_leaf, plan.z, value,
            plan.tree_start, plan.tree_points, plan.points, plan.weights, plan.fallen, lanes, gained, *_slots(plan, lanes=lanes.shape[1]),
        )  # fmt: skip
        found[:, first : first + ROWS_TOGETHER] = gained.sum(axis=2)
    return np.ascontiguousarray(found.T)


def path_interactions(plan: PathPlan, rows: NDArray[np.float32], column: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the contributions (rows, features) to one output and the interaction values (rows, features, features) they are made of.

    Off the diagonal stands half of each pair's interaction index, on it what is left of the feature's contribution (Lundberg et al. 2018).
    """
    many = plan.n_features
    found, pairs = np.zeros((many, rows.shape[0])), np.zeros((many, many, rows.shape[0]))
    turned = np.ascontiguousarray(rows.T, dtype=np.float64)
    value = np.ascontiguousarray(plan.value[:, column])
    for first in range(0, rows.shape[0], ROWS_TOGETHER):
        lanes = np.ascontiguousarray(turned[:, first : first + ROWS_TOGETHER])
        gained, joint = np.zeros(lanes.shape), np.zeros((many, *lanes.shape))
        integrate_pairs(
            plan.depth, plan.seen, plan.feature, plan.threshold, plan.is_left, plan.is_leaf, plan.z, value, plan.tree_start,
            plan.tree_points, plan.points, plan.weights, plan.fallen, lanes, gained, joint, *_slots(plan, lanes=lanes.shape[1]),
        )  # fmt: skip
        found[:, first : first + ROWS_TOGETHER], pairs[:, :, first : first + ROWS_TOGETHER] = gained, joint
    halves = (pairs + pairs.transpose(1, 0, 2)) / 2
    diagonal = np.arange(many)
    halves[diagonal, diagonal] = found - halves.sum(axis=1)
    return np.ascontiguousarray(found.T), np.ascontiguousarray(halves.transpose(2, 0, 1))


def _slots(plan: PathPlan, *, lanes: int) -> tuple[NDArray[Any], ...]:
    """Return what the open nodes of a path keep: one slot for each depth, as preorder never has two nodes of one depth open.

    Slot 0 is as an edge that always holds, with z = 1.
    """
    deep, most = int(plan.depth.max()) + 1, plan.points.shape[1]
    path, state = np.zeros(deep, np.uint32), np.full((deep, lanes), HOLDS, np.uint8)
    share, inverse = np.ones(deep), np.ones((deep, most))
    factors, gains = np.ones((deep, 3, most)), np.zeros((deep, 3, most))
    return path, state, share, inverse, factors, gains, np.ones((deep, lanes, most)), np.zeros((deep, lanes, most))


@compiled
def _walk(
    feature: NDArray[np.int32],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    cover: NDArray[np.float64],
    parent: NDArray[np.int64],
    distinct: NDArray[np.int64],
    depth: NDArray[np.uint32],
    seen: NDArray[np.uint32],
    z: NDArray[np.float64],
    reach: NDArray[np.float64],
) -> None:
    for node in range(feature.shape[0]):
        if feature[node] < 0:
            continue
        above = node
        while depth[above] > 0 and feature[parent[above]] != feature[node]:
            above = parent[above]
        for child in (left[node], right[node]):
            # A node that no training weight reached is halved, so that every share stays a share.
            ratio = cover[child] / cover[node] if cover[node] > 0.0 else 0.5
            parent[child] = node
            depth[child] = depth[node] + 1
            seen[child] = depth[above]
            reach[child] = ratio * reach[node]
            z[child] = ratio * z[above] if depth[above] > 0 else ratio
            distinct[child] = distinct[node] + (1 if depth[above] == 0 else 0)
