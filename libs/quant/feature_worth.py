"""What features are worth to a model: which go together, what mixing a column up costs, what trees gain by it, how stable that is.

`units` are lists of columns that are looked at as one: each feature by itself, then each group of features that go together.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from libs.quant.candles import Floats
from libs.quant.trees import LEAF, TreeEnsemble

Units: TypeAlias = Sequence[Sequence[int]]
# From rows (rows, features), or windows (rows, steps, features), to each row's loss.
Losses: TypeAlias = Callable[[Floats], Floats]
STRETCHES: Final = 5


def groups_of(bars: Floats, *, above: float) -> list[list[int]]:
    """Return the columns of `bars` (rows, features) that go together, two or more each: rank correlation `above` at least, either way.

    Average linkage on 1 - |Spearman's rho|; a column that does not change goes with none.
    """
    spread = np.ptp(bars, axis=0) > 0
    moving = np.flatnonzero(spread)
    if len(moving) < 2:  # noqa: PLR2004 - one goes with no other
        return []
    ranks = np.apply_along_axis(rankdata, 0, bars[:, moving])
    apart = np.clip(1.0 - np.abs(np.corrcoef(ranks, rowvar=False)), 0.0, 1.0)
    np.fill_diagonal(apart, 0.0)
    labels = fcluster(linkage(squareform((apart + apart.T) / 2, checks=False), "average"), 1.0 - above, criterion="distance")
    found = [moving[labels == label].tolist() for label in np.unique(labels)]
    return sorted(group for group in found if len(group) > 1)


def mixed_up(losses: Losses, rows: Floats, *, units: Units, repeats: int, seed: int) -> Iterator[Floats]:
    """Yield, for each repeat, by how much each row's loss grows when a unit is another row's (rows, units).

    Permutation importance (Breiman 2001; Fisher et al. 2019): a unit's columns, all of their steps, are dealt out among the rows at once.
    """
    rng = np.random.default_rng(seed)
    before = losses(rows)
    for _ in range(repeats):
        grown = np.empty((len(rows), len(units)))
        for place, columns in enumerate(units):
            mixed = rows.copy()
            mixed[..., columns] = rows[rng.permutation(len(rows))][..., columns]
            grown[:, place] = losses(mixed) - before
        yield grown


def gains_of(trees: TreeEnsemble) -> Floats:
    """Return what each feature gains (features,): over all splits on it, how far they part the answer, by the weight that reaches them.

    Friedman (2001), squared relevance: a split's gain is w_l w_r / (w_l + w_r) |v_l - v_r|², of the children's weights and mean answers.
    """
    cover, mean = trees.cover, trees.value.astype(np.float64).copy()
    gains = np.zeros(trees.n_features)
    # A split's children come after it: from the last node on, each split finds theirs done.
    for node in range(len(trees.feature) - 1, -1, -1):
        if trees.feature[node] == LEAF:
            continue
        left, right = trees.left[node], trees.right[node]
        whole = cover[left] + cover[right]
        if whole > 0:
            mean[node] = (cover[left] * mean[left] + cover[right] * mean[right]) / whole
            gains[trees.feature[node]] += cover[left] * cover[right] / whole * float(((mean[left] - mean[right]) ** 2).sum())
    return gains


def stability_of(by_stretch: Floats) -> float | None:
    """Return the mean rank correlation between stretches (stretches, features); None where there are not two of each, or ranks are tied."""
    if min(by_stretch.shape) < 2:  # noqa: PLR2004 - as said above
        return None
    ranks = np.apply_along_axis(rankdata, 1, by_stretch)
    if (np.ptp(ranks, axis=1) == 0).any():
        return None
    pairs = np.corrcoef(ranks)[np.triu_indices(len(ranks), k=1)]
    return float(pairs.mean())


def shares_of(worth: Floats) -> Floats:
    """Return each feature's share of what is above zero (features,); zeros where nothing is."""
    kept = np.maximum(worth, 0.0)
    total = kept.sum()
    return kept / total if total > 0 else kept
