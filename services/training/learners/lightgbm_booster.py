"""LIGHTGBM: gradient-boosted trees with one margin a class, read out of LightGBM's own model text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import lightgbm
import numpy as np
from numpy.typing import NDArray

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.trees import Tree, TreeEnsemble, assemble
from services.training.learners.class_weights import joined_weights, row_weights
from services.training.learners.learner import Epoch, OnEpoch, Rows, Sample
from services.training.learners.tree_model import SizeWatch, TreeModel, check_size, narrow

_OURS: Final = frozenset({"n_estimators", "random_state", "class_weight"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LightgbmBooster:
    """A booster of `classes` classes (softmax, also for two), or of real values when there are none."""

    hyperparameters: Mapping[str, HyperparameterValue]
    classes: int

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> TreeModel:
        """Boost round by round, telling the loss after each; ends early when no tree can be split any more."""
        rounds = int(self.hyperparameters["n_estimators"] or 0)
        balanced = bool(self.classes and self.hyperparameters["class_weight"])
        weights = joined_weights(training.weights, row_weights(training.targets) if balanced else None)
        rows = lightgbm.Dataset(_wide(training.rows), label=training.targets, weight=weights)
        judged = lightgbm.Dataset(_wide(watched.rows), label=watched.targets, reference=rows) if watched else rows
        told = _Told(total=rounds, on_epoch=on_epoch)
        booster = lightgbm.train(self._settings(), rows, rounds, valid_sets=[judged], valid_names=["watched"], callbacks=[told])
        done = int(booster.current_iteration())
        return TreeModel(
            ensemble=_ensemble(booster, outputs=self.classes or 1, features=training.rows.shape[1]),
            library=lambda rows: _margins(booster, rows),
            scale="log-odds" if self.classes else "value",
            epochs=done,
            warnings=(f"LightGBM stopped after {done} of {rounds} rounds: no leaf could be split any more",) if done < rounds else (),
        )

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {name: value for name, value in self.hyperparameters.items() if name not in _OURS}
        objective: dict[str, Any] = {"objective": "regression", "metric": ["l2"]}
        if self.classes:
            objective = {"objective": "multiclass", "num_class": self.classes, "metric": ["multi_error", "multi_logloss"]}
        # Left to itself LightGBM times two layouts and takes the faster, which may differ from run to run.
        fixed = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}
        return settings | objective | fixed | {"seed": self.hyperparameters["random_state"]}


class _Told:
    """Passes each round's loss on, and stops a model that grows too large."""

    def __init__(self, *, total: int, on_epoch: OnEpoch) -> None:
        self._total = total
        self._on_epoch = on_epoch
        self._size = SizeWatch(total)

    def __call__(self, env: Any) -> None:
        latest = {entry[1]: float(entry[2]) for entry in env.evaluation_result_list}
        if self._size.due(env.iteration):
            grown = env.model.dump_model(start_iteration=env.iteration, num_iteration=1)["tree_info"]
            self._size.see(env.iteration, nodes=sum(2 * tree["num_leaves"] - 1 for tree in grown))
        loss = latest["multi_logloss"] if "multi_logloss" in latest else latest["l2"]
        accuracy = 1.0 - latest["multi_error"] if "multi_error" in latest else None
        self._on_epoch(Epoch(number=env.iteration + 1, total=self._total, loss=loss, accuracy=accuracy))


def _wide(rows: Rows) -> NDArray[np.float64]:
    """Return the rows as float32 numbers in float64: LightGBM compares in float64, serving in float32, and so they agree."""
    return narrow(rows).astype(np.float64)


def _margins(booster: Any, rows: Rows) -> NDArray[np.float64]:
    return np.asarray(booster.predict(_wide(rows), raw_score=True, num_threads=1), dtype=np.float64).reshape(rows.shape[0], -1)


def _ensemble(booster: Any, *, outputs: int, features: int) -> TreeEnsemble:
    """Read the trees. Leaf values are shrunk already, and the first round's hold the starting margin, so the base is 0."""
    blocks = list(_blocks(booster.model_to_string(num_iteration=-1)))
    check_size(sum(2 * int(block["num_leaves"]) - 1 for block in blocks))
    trees = [_tree(block, output=number % outputs, outputs=outputs) for number, block in enumerate(blocks)]
    return assemble(trees, base=np.zeros(outputs), n_features=features)


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Yield each tree's `name=values` lines."""
    trees = text.partition("\nend of trees")[0].split("\nTree=")[1:]
    for tree in trees:
        yield dict(line.split("=", 1) for line in tree.splitlines()[1:] if "=" in line)


def _tree(block: Mapping[str, str], *, output: int, outputs: int) -> Tree:
    """Lay out splits first, then leaves: LightGBM numbers them apart and writes leaf i as the child ~i."""
    leaves = int(block["num_leaves"])
    splits = leaves - 1

    def numbers(name: str, count: int) -> NDArray[np.float64]:
        return np.asarray(block.get(name, "").split(), dtype=np.float64)[:count] if count else np.empty(0)

    def children(name: str) -> NDArray[np.int64]:
        child = numbers(name, splits).astype(np.int64)
        return np.concatenate((np.where(child < 0, ~child + splits, child), np.full(leaves, -1)))

    value = np.zeros((splits + leaves, outputs))
    value[splits:, output] = numbers("leaf_value", leaves)
    # A tree that is one leaf may come without its count; a lone leaf's cover cancels out.
    counts = numbers("leaf_count", leaves)
    return Tree(
        feature=np.concatenate((numbers("split_feature", splits), np.full(leaves, -1))).astype(np.int32),
        threshold=np.concatenate((numbers("threshold", splits), np.zeros(leaves))),
        left=children("left_child").astype(np.int32),
        right=children("right_child").astype(np.int32),
        cover=np.concatenate((numbers("internal_count", splits), counts if counts.shape[0] == leaves else np.ones(leaves))),
        value=value,
    )
