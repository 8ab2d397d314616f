"""XGBOOST: gradient-boosted trees with one margin a class, read out of XGBoost's own JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xgboost
from numpy.typing import NDArray

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.trees import Tree, TreeEnsemble, assemble
from services.training.learners.learner import Epoch, OnEpoch, Rows, Sample
from services.training.learners.tree_model import SizeWatch, TreeModel, check_size, narrow

_OURS: Final = frozenset({"n_estimators", "random_state"})


@dataclass(frozen=True, slots=True, kw_only=True)
class XgboostBooster:
    """A booster of `classes` classes (softmax, also for two), or of real values when there are none."""

    hyperparameters: Mapping[str, HyperparameterValue]
    classes: int

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> TreeModel:
        """Boost round by round, telling the loss after each."""
        rounds = int(self.hyperparameters["n_estimators"] or 0)
        rows = _matrix(training)
        judged = _matrix(watched) if watched else rows
        told = _Told(total=rounds, on_epoch=on_epoch)
        booster = xgboost.train(self._settings(), rows, rounds, evals=[(judged, "watched")], verbose_eval=False, callbacks=[told])
        features = training.rows.shape[1]
        return TreeModel(
            ensemble=_ensemble(booster, outputs=self.classes or 1, features=features),
            library=lambda rows: _margins(booster, rows),
            scale="log-odds" if self.classes else "value",
            epochs=rounds,
            library_precision=float(np.finfo(np.float32).eps),
        )

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {name: value for name, value in self.hyperparameters.items() if name not in _OURS}
        objective: dict[str, Any] = {"objective": "reg:squarederror", "eval_metric": ["rmse"]}
        if self.classes:
            objective = {"objective": "multi:softprob", "num_class": self.classes, "eval_metric": ["merror", "mlogloss"]}
        fixed = {"tree_method": "hist", "nthread": 1, "verbosity": 0, "seed": self.hyperparameters["random_state"]}
        return settings | objective | fixed


class _Told(xgboost.callback.TrainingCallback):
    """Passes each round's loss on, and stops a model that grows too large."""

    def __init__(self, *, total: int, on_epoch: OnEpoch) -> None:
        super().__init__()
        self._total = total
        self._on_epoch = on_epoch
        self._size = SizeWatch(total)

    def after_iteration(self, model: Any, epoch: int, evals_log: dict[str, Any]) -> bool:
        """Tell the round's loss; never ask to stop."""
        latest = {name: float(values[-1]) for name, values in evals_log["watched"].items()}
        loss = latest["mlogloss"] if "mlogloss" in latest else latest["rmse"] ** 2
        accuracy = 1.0 - latest["merror"] if "merror" in latest else None
        if self._size.due(epoch):
            self._size.see(epoch, nodes=sum(len(tree["left_children"]) for tree in _grown(model[epoch : epoch + 1])["model"]["trees"]))
        self._on_epoch(Epoch(number=epoch + 1, total=self._total, loss=loss, accuracy=accuracy))
        return False


def _matrix(sample: Sample) -> Any:
    return xgboost.DMatrix(narrow(sample.rows), label=sample.targets, weight=sample.weights, nthread=1)


def _margins(booster: Any, rows: Rows) -> NDArray[np.float64]:
    margins = booster.predict(xgboost.DMatrix(narrow(rows), nthread=1), output_margin=True)
    return np.asarray(margins, dtype=np.float64).reshape(rows.shape[0], -1)


def _grown(booster: Any) -> dict[str, Any]:
    return dict(json.loads(booster.save_raw("json"))["learner"]["gradient_booster"])


def _ensemble(booster: Any, *, outputs: int, features: int) -> TreeEnsemble:
    """Read the trees. XGBoost goes left when float32(x) < t, which is x <= the float32 before t; the base score is a margin here."""
    whole = json.loads(booster.save_raw("json"))["learner"]
    model = whole["gradient_booster"]["model"]
    check_size(sum(len(tree["left_children"]) for tree in model["trees"]))
    trees = [_tree(tree, output=output, outputs=outputs) for tree, output in zip(model["trees"], model["tree_info"], strict=True)]
    base = np.asarray(json.loads(whole["learner_model_param"]["base_score"]), dtype=np.float32).astype(np.float64)
    return assemble(trees, base=np.broadcast_to(base, (outputs,)).copy(), n_features=features)


def _tree(grown: Mapping[str, Any], *, output: int, outputs: int) -> Tree:
    left = np.asarray(grown["left_children"])
    conditions = np.asarray(grown["split_conditions"], dtype=np.float32)
    before = np.nextafter(conditions, np.float32(-np.inf))
    value = np.zeros((left.shape[0], outputs))
    value[:, output] = conditions  # a leaf keeps its value where a split keeps its threshold
    return Tree(
        feature=np.where(left < 0, -1, np.asarray(grown["split_indices"])),
        threshold=np.where(left < 0, 0.0, before.astype(np.float64)),
        left=left,
        right=np.asarray(grown["right_children"]),
        cover=np.asarray(grown["sum_hessian"], dtype=np.float64),
        value=value,
    )
