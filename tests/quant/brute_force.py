"""Shapley values by their definition: every set of features is counted out. The oracle of the kernel's tests."""

from math import comb

import numpy as np

from libs.quant.trees import TreeEnsemble

Game = np.ndarray  # (2^features,) the expected output when the features in the set of bits are known


def game(ensemble: TreeEnsemble, row: np.ndarray, *, output: int = 0) -> Game:
    """Path-dependent expectations: a split on an unknown feature goes both ways, weighed by training cover."""

    def expected(node: int, known: int) -> float:
        feature = ensemble.feature[node]
        if feature < 0:
            return float(ensemble.value[node, output])
        left, right = int(ensemble.left[node]), int(ensemble.right[node])
        if known >> feature & 1:
            return expected(left if np.float64(row[feature]) <= ensemble.threshold[node] else right, known)
        whole = ensemble.cover[node]
        shares = (ensemble.cover[left] / whole, ensemble.cover[right] / whole) if whole > 0 else (0.5, 0.5)
        return float(shares[0] * expected(left, known) + shares[1] * expected(right, known))

    roots = ensemble.tree_start[:-1].tolist()
    sets = range(1 << ensemble.n_features)
    return np.array([ensemble.base[output] + sum(expected(root, known) for root in roots) for known in sets])


def shapley(values: Game) -> np.ndarray:
    """The mean over all orders of what a feature adds when it becomes known (Shapley 1953)."""
    many = int(values.shape[0]).bit_length() - 1
    found = np.zeros(many)
    for feature in range(many):
        for known in range(1 << many):
            if not known >> feature & 1:
                size = known.bit_count()
                found[feature] += (values[known | 1 << feature] - values[known]) / (many * comb(many - 1, size))
    return found


def interactions(values: Game) -> np.ndarray:
    """SHAP interaction values (features, features): half of each pair's Shapley interaction index, the rest on the diagonal."""
    many = int(values.shape[0]).bit_length() - 1
    found = np.zeros((many, many))
    for i in range(many):
        for j in range(many):
            pair = 1 << i | 1 << j
            for known in range(1 << many):
                if i != j and not known & pair:
                    together = values[known | pair] - values[known | 1 << i] - values[known | 1 << j] + values[known]
                    found[i, j] += together / (2 * (many - 1) * comb(many - 2, known.bit_count()))
    return found + np.diag(shapley(values) - found.sum(axis=1))
