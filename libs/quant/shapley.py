"""Exact path-dependent TreeSHAP contributions (Lundberg et al. 2018), fast enough for the hot path.

Two ways to the same numbers, both exact in float64: with few features what the trees answer for every set of known features is summed
(`shapley_subsets`, a tenth of a millisecond a row for 100 trees of depth 10), otherwise each path's integral is taken (`shapley_paths`).
Either way takes interaction values in the same pass where they are asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.shapley_paths import path_contributions, path_interactions, plan_paths
from libs.quant.shapley_subsets import few_enough, plan_subsets, subset_contributions, subset_interactions
from libs.quant.trees import LEAF, Tree, TreeEnsemble, assemble

# What the tables of one model may take in memory, in bytes; beyond it, its paths are integrated for each row.
TABLES_MOST: Final = 256 * 2**20
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Explainer:
    """A tree ensemble made ready to be explained. `base` (outputs,) is the expected output over the training cover."""

    base: Floats
    size: int  # bytes in memory, with the tables of all outputs
    explain: Callable[[NDArray[np.float32], int], Floats]  # rows and an output's column to contributions (rows, features)
    interact: Callable[[NDArray[np.float32], int], tuple[Floats, Floats]]  # the same, and interaction values (rows, features, features)


def prepare(ensemble: TreeEnsemble, *, tables_most: int = TABLES_MOST) -> Explainer:
    """Make an ensemble ready; with `tables_most` 0 no tables are made. An output's tables are made when it is first explained."""
    paths = plan_paths(ensemble)
    base = ensemble.base + paths.expected
    if few_enough(ensemble, most_bytes=tables_most):
        subsets = plan_subsets(ensemble, most_bytes=tables_most)
        return Explainer(base, subsets.size, partial(subset_contributions, subsets), partial(subset_interactions, subsets))
    return Explainer(base, paths.size, partial(path_contributions, paths), partial(path_interactions, paths))


def tree_contributions(explainer: Explainer, rows: NDArray[np.float32], outputs: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return contributions (rows, features) and base values (rows,) for one output of each row.

    `rows` is (rows, features) float32, as the model is served; `outputs` (rows,) names the column explained. Base value plus the sum
    of a row's contributions is the ensemble's output.
    """
    given = np.ascontiguousarray(rows, dtype=np.float32)
    columns = np.asarray(outputs)
    wanted = set(columns.tolist())
    if len(wanted) == 1:
        return explainer.explain(given, int(columns[0])), explainer.base[columns]
    found = np.zeros(given.shape)
    for column in wanted:
        chosen = columns == column
        found[chosen] = explainer.explain(given[chosen], column)
    return found, explainer.base[columns]


def tree_interactions(explainer: Explainer, rows: NDArray[np.float32], outputs: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Return interaction values (rows, features, features) too, after what `tree_contributions` returns, of the same pass.

    A row's matrix is symmetric: a pair's interaction is shared between its two places, the diagonal holds what a feature does alone. Each
    line adds up to the feature's contribution (SHAP interaction values, Lundberg et al. 2018).
    """
    given = np.ascontiguousarray(rows, dtype=np.float32)
    columns = np.asarray(outputs)
    contributions, interactions = np.zeros(given.shape), np.zeros((*given.shape, given.shape[1]))
    for column in set(columns.tolist()):
        chosen = columns == column
        contributions[chosen], interactions[chosen] = explainer.interact(given[chosen], column)
    return contributions, explainer.base[columns], interactions


def warm(*, interactions: bool = False) -> None:
    """Compile all of this, or load it from its cache, so that nobody's first question waits for it.

    What `interactions` need besides is compiled on request: few ask for them, and every start would load it.
    """
    feature = np.array([0, 1, LEAF, LEAF, LEAF], dtype=np.int32)
    left, right = np.array([1, 2, LEAF, LEAF, LEAF], dtype=np.int32), np.array([4, 3, LEAF, LEAF, LEAF], dtype=np.int32)
    cover, value = np.array([3.0, 2.0, 1.0, 1.0, 1.0]), np.array([[0.0], [0.0], [1.0], [2.0], [3.0]])
    tree = Tree(feature=feature, threshold=np.zeros(5), left=left, right=right, cover=cover, value=value)
    ensemble = assemble([tree], base=np.zeros(1), n_features=2)
    for tables_most in (0, TABLES_MOST):
        explainer, row, output = prepare(ensemble, tables_most=tables_most), np.zeros((1, 2), np.float32), np.zeros(1, np.int64)
        tree_contributions(explainer, row, output)
        if interactions:
            tree_interactions(explainer, row, output)
