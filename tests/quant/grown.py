"""Trees for tests: drawn at random node by node, or grown by scikit-learn."""

from typing import Any

import numpy as np

from libs.quant.trees import LEAF, Tree, TreeEnsemble, assemble


def drawn(seed: int, *, features: int, trees: int, depth: int, outputs: int = 1, empty: float = 0.0) -> TreeEnsemble:
    """Trees of any shape: features repeat on a path, some are single leaves, a share `empty` of the sides was reached by no training row."""
    random = np.random.default_rng(seed)
    return assemble(
        [_draw(random, features=features, depth=depth, outputs=outputs, empty=empty) for _ in range(trees)],
        base=random.normal(size=outputs),
        n_features=features,
    )


def _draw(random: Any, *, features: int, depth: int, outputs: int, empty: float) -> Tree:
    nodes: list[dict[str, Any]] = []

    def grow(left_to_go: int, cover: float) -> int:
        at = len(nodes)
        nodes.append({"feature": LEAF, "threshold": 0.0, "left": LEAF, "right": LEAF, "cover": cover, "value": np.zeros(outputs)})
        if left_to_go == 0 or random.random() < 0.15:
            nodes[at]["value"] = random.normal(size=outputs)
            return at
        share = float(random.random() >= 0.5) if random.random() < empty else random.uniform(0.05, 0.95)
        nodes[at]["feature"] = int(random.integers(features))
        nodes[at]["threshold"] = round(random.normal(), 1)
        nodes[at]["left"] = grow(left_to_go - 1, cover * share)
        nodes[at]["right"] = grow(left_to_go - 1, cover * (1 - share))
        return at

    grow(depth, 100.0)
    return Tree(**{name: np.array([node[name] for node in nodes]) for name in nodes[0]})


def rows_for(seed: int, *, many: int, features: int) -> Any:
    """Rows that often lie exactly on a threshold of `drawn` trees, as float32."""
    return np.random.default_rng(seed + 1).normal(size=(many, features)).round(1).astype(np.float32)


def grown(model: Any) -> TreeEnsemble:
    """A fitted scikit-learn forest (its mean) or gradient booster (its margins, apart from the start)."""
    forest = not hasattr(model, "learning_rate")
    columns = np.atleast_2d(np.asarray(model.estimators_, dtype=object).T if not forest else np.asarray(model.estimators_, dtype=object))
    trees = []
    for output, column in enumerate(columns):
        for estimator in column:
            tree = estimator.tree_
            value = tree.value[:, 0, :] / len(column)
            if not forest:
                value = np.zeros((tree.node_count, len(columns)))
                value[:, output] = tree.value[:, 0, 0] * model.learning_rate
            trees.append(Tree(tree.feature, tree.threshold, tree.children_left, tree.children_right, tree.weighted_n_node_samples, value))
    return assemble(trees, base=np.zeros(trees[0].value.shape[1]), n_features=model.n_features_in_)
