"""Decision trees as flat arrays: what a forest or a booster is to the code that explains it, whichever library grew it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from io import BytesIO
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

LEAF: Final = -1


class BadTreesError(ValueError):
    """The arrays do not describe trees."""


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """One tree with local indices, nodes in any order, the root first.

    `feature` is LEAF (-1) at leaves; `left` and `right` are read at splits only. A row goes left when float32(x) <= threshold.
    `cover` is the training weight that reached a node (samples, or the sum of hessians). `value` is (nodes, outputs), read at leaves only.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    cover: NDArray[np.float64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TreeEnsemble:
    """A sum of trees: output = base + the sum over trees of the value of the leaf a row reaches.

    All trees' nodes lie one after another, each tree in preorder with the left child first, so a split's left child is the node after it.
    Made by `assemble`; the constructor takes what it is given, `check` tells whether it can be trusted.
    """

    feature: NDArray[np.int32]  # (nodes,) LEAF or the column a split looks at
    threshold: NDArray[np.float64]  # (nodes,) go left when float32(x) <= threshold
    left: NDArray[np.int32]  # (nodes,) index into these arrays; LEAF at leaves
    right: NDArray[np.int32]  # (nodes,)
    cover: NDArray[np.float64]  # (nodes,) training weight
    value: NDArray[np.float64]  # (nodes, outputs) 0 at splits
    tree_start: NDArray[np.int32]  # (trees + 1,) tree t is nodes tree_start[t] to tree_start[t + 1]
    base: NDArray[np.float64]  # (outputs,) what is added to the trees' sum (a booster's starting margin; 0 for forests)
    n_features: int

    @property
    def n_outputs(self) -> int:
        """How many outputs there are: classes, or 1 for regression."""
        return int(self.base.shape[0])

    @property
    def n_trees(self) -> int:
        """How many trees there are."""
        return int(self.tree_start.shape[0]) - 1

    def to_bytes(self) -> bytes:
        """Return a compressed .npz file."""
        file = BytesIO()
        np.savez_compressed(file, allow_pickle=False, **{field.name: np.asarray(getattr(self, field.name)) for field in fields(self)})
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote, and check it. Raises BadTreesError."""
        with np.load(BytesIO(data), allow_pickle=False) as file:
            missing = [field.name for field in fields(cls) if field.name not in file.files]
            if missing:
                msg = f"the file lacks {', '.join(missing)}"
                raise BadTreesError(msg)
            arrays = {name: file[name] for name in file.files if name != "n_features"}
            ensemble = cls(**arrays, n_features=int(file["n_features"]))
        ensemble.check()
        return ensemble

    def check(self) -> None:
        """Raise BadTreesError unless every index is in range and every tree is in preorder, so that compiled code may trust them."""
        nodes = self.feature.shape[0]
        at = np.arange(nodes)
        split = self.feature >= 0
        ends = np.repeat(self.tree_start[1:], np.diff(self.tree_start)) if self.tree_start.shape[0] > 1 else np.empty(0, np.int32)
        one_each = [array.shape == (nodes,) for array in (self.threshold, self.left, self.right, self.cover)]
        divided = ends.shape == (nodes,) and self.tree_start[0] == 0 and bool(np.all(np.diff(self.tree_start) > 0))
        rules = {
            "an array's length differs from the number of nodes": all(one_each) and self.value.shape == (nodes, self.n_outputs),
            "tree_start does not divide the nodes": divided,
        }
        _refuse(rules)
        rules = {
            "a split looks at a feature that is not there": bool(np.all(self.feature < self.n_features)),
            "a left child is not the node after its parent": bool(np.all(self.left[split] == at[split] + 1)),
            "a right child is outside its tree": bool(np.all((self.right[split] > at[split] + 1) & (self.right[split] < ends[split]))),
            "a value or threshold is not finite": bool(np.isfinite(self.value).all() and np.isfinite(self.threshold[split]).all()),
            "a cover is negative or not finite": bool(np.all(self.cover >= 0) and np.isfinite(self.cover).all()),
        }
        _refuse(rules)

    def predict(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the outputs (rows, outputs) by walking the trees: plain and slow, for parity checks."""
        narrow = np.asarray(rows, dtype=np.float32).astype(np.float64)
        at = np.broadcast_to(self.tree_start[:-1], (narrow.shape[0], self.n_trees)).copy()
        while True:
            feature = self.feature[at]
            split = feature >= 0
            if not split.any():
                break
            goes_left = np.take_along_axis(narrow, np.maximum(feature, 0), axis=1) <= self.threshold[at]
            at = np.where(split, np.where(goes_left, self.left[at], self.right[at]), at)
        return np.asarray(self.base + self.value[at].sum(axis=1))


def assemble(trees: Sequence[Tree], *, base: NDArray[np.float64], n_features: int) -> TreeEnsemble:
    """Lay trees out in preorder, one after another, and check them. `base` is (outputs,). Raises BadTreesError."""
    if not trees:
        msg = "there is no tree"
        raise BadTreesError(msg)
    orders = [_preorder(tree) for tree in trees]
    starts = np.concatenate(([0], np.cumsum([order.shape[0] for order in orders]))).astype(np.int32)
    parts = [_moved(tree, order=order, start=int(start)) for tree, order, start in zip(trees, orders, starts[:-1], strict=True)]
    joined = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Tree)}
    ensemble = TreeEnsemble(**joined, tree_start=starts, base=np.asarray(base, dtype=np.float64), n_features=n_features)
    ensemble.check()
    return ensemble


def _refuse(rules: dict[str, bool]) -> None:
    for complaint, holds in rules.items():
        if not holds:
            raise BadTreesError(complaint)


def _preorder(tree: Tree) -> NDArray[np.int64]:
    """Return the nodes reachable from the root, left before right."""
    order: list[int] = []
    waiting = [0]
    while waiting:
        node = waiting.pop()
        order.append(node)
        if len(order) > tree.feature.shape[0]:
            msg = "a node is reached twice"
            raise BadTreesError(msg)
        if tree.feature[node] >= 0:
            waiting += [int(tree.right[node]), int(tree.left[node])]
    return np.asarray(order)


def _moved(tree: Tree, *, order: NDArray[np.int64], start: int) -> Tree:
    """Return the tree with its nodes in this order and its indices counted from `start`."""
    place = np.full(tree.feature.shape[0], LEAF, dtype=np.int64)
    place[order] = np.arange(order.shape[0]) + start
    feature = np.asarray(tree.feature)[order].astype(np.int32)
    split = feature >= 0
    return Tree(
        feature=np.where(split, feature, LEAF).astype(np.int32),
        threshold=np.where(split, np.asarray(tree.threshold, dtype=np.float64)[order], 0.0),
        left=np.where(split, place[np.where(split, np.asarray(tree.left)[order], 0)], LEAF).astype(np.int32),
        right=np.where(split, place[np.where(split, np.asarray(tree.right)[order], 0)], LEAF).astype(np.int32),
        cover=np.asarray(tree.cover, dtype=np.float64)[order],
        value=np.where(split[:, None], 0.0, np.asarray(tree.value, dtype=np.float64)[order]),
    )
