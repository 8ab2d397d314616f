"""Leaves as boxes: which bins of each feature lead to a leaf, and what share of the training weight does when a feature is unknown."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.compiled import compiled, inlined
from libs.quant.lanes import in_lines
from libs.quant.trees import TreeEnsemble

WORD: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """An ensemble's leaves over bins. A tree's thresholds on a feature divide it into bins: x is in bin b when b of them are below x."""

    used: NDArray[np.int64]  # (M,) the columns that any tree splits on
    thresholds: NDArray[np.float32]  # ascending within each feature, over all trees
    of_tree: NDArray[np.uint32]  # whose threshold each of them is
    feature_start: NDArray[np.int64]  # (M + 1,)
    known_bins: NDArray[np.uint16]  # (blocks, trees) how many of each tree's thresholds come before each `stride` of a feature's
    stride: int
    threshold_start: NDArray[np.int64]  # (trees * M + 1,)
    leaf_start: NDArray[np.int64]  # (trees + 1,)
    node: NDArray[np.int64]  # (leaves,) index into the ensemble's arrays
    low: NDArray[np.uint16]  # (leaves, M) first bin that satisfies all of the leaf's splits on a feature
    high: NDArray[np.uint16]  # (leaves, M) last such bin
    z: NDArray[np.float64]  # (leaves, M) product of the cover ratios of the leaf's splits on a feature
    bits: NDArray[np.uint64]  # for each tree, feature and bin: a bit per leaf of the tree, in whole words
    bits_start: NDArray[np.int64]  # (trees * M,)

    @property
    def bins(self) -> int:
        """How many bins all thresholds of a feature make, over all features."""
        return int(self.thresholds.shape[0] + self.feature_start.shape[0] - 1)

    @property
    def size(self) -> int:
        """Bytes in memory."""
        arrays = (
            self.thresholds,
            self.of_tree,
            self.known_bins,
            self.threshold_start,
            self.low,
            self.high,
            self.z,
            self.bits,
            self.bits_start,
        )
        return int(sum(array.nbytes for array in arrays))


def float32_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round towards minus infinity: for every float32 x, x <= threshold is the same before and after."""
    with np.errstate(over="ignore"):
        near = thresholds.astype(np.float32)
    return np.where(near.astype(np.float64) > thresholds, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float32)


def boxes_of(ensemble: TreeEnsemble) -> Boxes:
    """Look once at every leaf of an ensemble that has at least one split."""
    split = ensemble.feature >= 0
    used = np.unique(ensemble.feature[split]).astype(np.int64)
    many, trees = used.shape[0], ensemble.n_trees
    near = float32_down(ensemble.threshold)
    place = np.where(split, np.searchsorted(used, ensemble.feature), -1)
    group = np.repeat(np.arange(trees), np.diff(ensemble.tree_start)) * many + place
    order = np.lexsort((near[split], group[split]))
    groups, sorted_ = group[split][order], near[split][order]
    fresh = np.ones(order.shape[0], dtype=np.bool_)
    fresh[1:] = (groups[1:] != groups[:-1]) | (sorted_[1:] != sorted_[:-1])
    thresholds = np.ascontiguousarray(sorted_[fresh])
    threshold_start = np.concatenate(([0], np.cumsum(np.bincount(groups[fresh], minlength=trees * many)))).astype(np.int64)
    node = np.flatnonzero(~split)
    leaf_start = np.searchsorted(node, ensemble.tree_start).astype(np.int64)
    shape = (split.shape[0], many)
    low, high, z = np.zeros(shape, np.int32), np.zeros(shape, np.int32), np.ones(shape)
    _boxes(place, near, ensemble.left, ensemble.right, ensemble.cover, ensemble.tree_start, thresholds, threshold_start, low, high, z)
    bits, bits_start = _bits(low[node], high[node], leaf_start=leaf_start, threshold_start=threshold_start)
    features, of_tree = groups[fresh] % many, groups[fresh] // many
    ascending = np.lexsort((thresholds, features))
    feature_start = np.concatenate(([0], np.cumsum(np.bincount(features, minlength=many)))).astype(np.int64)
    stride = max(trees, WORD)
    known_bins = np.zeros((thresholds.shape[0] // stride + many, trees), dtype=np.uint16)
    _know_bins(of_tree[ascending], feature_start, stride, known_bins)
    return Boxes(
        used=used,
        thresholds=np.ascontiguousarray(thresholds[ascending]),
        of_tree=of_tree[ascending].astype(np.uint32),
        feature_start=feature_start,
        known_bins=known_bins,
        stride=stride,
        threshold_start=threshold_start,
        leaf_start=leaf_start,
        node=node,
        low=low[node].astype(np.uint16),
        high=high[node].astype(np.uint16),
        z=np.ascontiguousarray(z[node]),
        bits=in_lines(bits),
        bits_start=bits_start,
    )


def _bits(
    low: NDArray[np.int32], high: NDArray[np.int32], *, leaf_start: NDArray[np.int64], threshold_start: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    many = low.shape[1]
    words = -(-np.diff(leaf_start) // WORD)
    sizes = (np.diff(threshold_start) + 1) * np.repeat(words, many)
    start = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    bits = np.zeros(int(start[-1]), dtype=np.uint64)
    _set_bits(low, high, leaf_start, start, bits)
    return bits, start[:-1]


@inlined
def _place_of(threshold: np.float32, thresholds: NDArray[np.float32], first: int, last: int) -> int:
    """Return the index of a threshold that is there (numpy's searchsorted takes seconds to compile)."""
    while first < last:
        middle = (first + last) // 2
        if thresholds[middle] < threshold:
            first = middle + 1
        else:
            last = middle
    return first


@compiled
def _boxes(
    place: NDArray[np.int64],
    near: NDArray[np.float32],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    cover: NDArray[np.float64],
    tree_start: NDArray[np.int32],
    thresholds: NDArray[np.float32],
    threshold_start: NDArray[np.int64],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    z: NDArray[np.float64],
) -> None:
    many = low.shape[1]
    for tree in range(tree_start.shape[0] - 1):
        root = tree_start[tree]
        for j in range(many):
            high[root, j] = threshold_start[tree * many + j + 1] - threshold_start[tree * many + j]
        for node in range(root, tree_start[tree + 1]):
            j = place[node]
            if j < 0:
                continue
            group = tree * many + j
            at = _place_of(near[node], thresholds, threshold_start[group], threshold_start[group + 1]) - threshold_start[group]
            # A node that no training weight reached is halved, so that every share stays a share.
            ratio = cover[left[node]] / cover[node] if cover[node] > 0.0 else 0.5
            other = cover[right[node]] / cover[node] if cover[node] > 0.0 else 0.5
            for k in range(many):
                low[left[node], k] = low[right[node], k] = low[node, k]
                high[left[node], k] = high[right[node], k] = high[node, k]
                z[left[node], k] = z[right[node], k] = z[node, k]
            high[left[node], j] = min(high[node, j], at)
            low[right[node], j] = max(low[node, j], at + 1)
            z[left[node], j] *= ratio
            z[right[node], j] *= other


@compiled
def _know_bins(of_tree: NDArray[np.int64], feature_start: NDArray[np.int64], stride: int, known: NDArray[np.uint16]) -> None:
    """Count each tree's thresholds among the first 0, `stride`, 2 `stride` ... of a feature."""
    bins = np.empty(known.shape[1], np.uint16)
    for j in range(feature_start.shape[0] - 1):
        bins[:] = 0
        begin = feature_start[j]
        line = begin // stride + j
        known[line] = bins
        for place in range(begin, feature_start[j + 1]):
            bins[of_tree[place]] += 1
            rank = place + 1 - begin
            if rank % stride == 0:
                known[line + rank // stride] = bins


@compiled
def _set_bits(
    low: NDArray[np.int32], high: NDArray[np.int32], leaf_start: NDArray[np.int64], start: NDArray[np.int64], bits: NDArray[np.uint64]
) -> None:
    many = low.shape[1]
    for tree in range(leaf_start.shape[0] - 1):
        words = (leaf_start[tree + 1] - leaf_start[tree] + 63) // 64
        for leaf in range(leaf_start[tree], leaf_start[tree + 1]):
            at = leaf - leaf_start[tree]
            mask = np.uint64(1) << np.uint64(at % 64)
            for j in range(many):
                for bin_ in range(low[leaf, j], high[leaf, j] + 1):
                    bits[start[tree * many + j] + bin_ * words + at // 64] |= mask


def unknown_shares(z: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (leaves, sets): the product of z over the features not in each of the sets `known` (sets, M)."""
    shares = np.ones((z.shape[0], known.shape[0]))
    for j in range(z.shape[1]):
        shares[:, ~known[:, j]] *= z[:, j, None]
    return shares
