"""RANDOM_FOREST and EXTRA_TREES: averaged scikit-learn trees, grown in batches so that one can watch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.trees import Tree, TreeEnsemble, assemble
from services.training.learners.class_weights import class_weights
from services.training.learners.learner import Epoch, OnEpoch, Rows, Sample, loss_of
from services.training.learners.tree_model import TreeModel, check_size, narrow

BATCHES: Final = 10
FORESTS: Final[Mapping[tuple[str, bool], Any]] = {
    ("RANDOM_FOREST", True): RandomForestClassifier,
    ("RANDOM_FOREST", False): RandomForestRegressor,
    ("EXTRA_TREES", True): ExtraTreesClassifier,
    ("EXTRA_TREES", False): ExtraTreesRegressor,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """A forest of `classes` classes, or of real values when `classes` is 0."""

    algorithm: str
    hyperparameters: Mapping[str, HyperparameterValue]
    classes: int

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> TreeModel:
        """Grow the trees in batches: scikit-learn draws each tree's seed in turn, so the forest is the one grown at once."""
        total = int(self.hyperparameters["n_estimators"] or 0)
        forest = self._forest(training)
        rows, judged = narrow(training.rows), watched or training
        seen = narrow(judged.rows)
        summed = np.zeros((len(judged), self.classes or 1))
        done = 0
        for goal in sorted({-(-total * (batch + 1) // BATCHES) for batch in range(BATCHES)}):
            forest.set_params(n_estimators=goal)
            forest.fit(rows, training.targets, sample_weight=training.weights)
            check_size(sum(tree.tree_.node_count for tree in forest.estimators_) * total / goal)
            for tree in forest.estimators_[done:]:
                summed += self._answer(tree.predict_proba(seen) if self.classes else tree.predict(seen), forest)
            loss, accuracy = loss_of(summed / goal, judged.targets, scale="probability" if self.classes else "value")
            on_epoch(Epoch(number=goal, total=total, loss=loss, accuracy=accuracy))
            done = goal
        return TreeModel(
            ensemble=self._ensemble(forest, features=rows.shape[1]),
            library=lambda rows: self._library(forest, rows),
            scale="probability" if self.classes else "value",
            epochs=total,
        )

    def _forest(self, training: Sample) -> Any:
        settings: dict[str, Any] = {
            name: value for name, value in self.hyperparameters.items() if name not in {"class_weight", "n_estimators"}
        }
        if self.classes and self.hyperparameters["class_weight"]:
            settings["class_weight"] = class_weights(training.targets)
        return FORESTS[self.algorithm, bool(self.classes)](**settings, warm_start=True, n_jobs=1)

    def _library(self, forest: Any, rows: Rows) -> NDArray[np.float64]:
        answer = forest.predict_proba(narrow(rows)) if self.classes else forest.predict(narrow(rows))
        return self._answer(answer, forest)

    def _answer(self, answer: NDArray[np.float64], forest: Any) -> NDArray[np.float64]:
        """Return one column per class, also for classes the training rows had none of."""
        if not self.classes:
            return answer.reshape(-1, 1)
        wide = np.zeros((answer.shape[0], self.classes))
        wide[:, forest.classes_] = answer
        return wide

    def _ensemble(self, forest: Any, *, features: int) -> TreeEnsemble:
        number = len(forest.estimators_)
        trees = []
        for grown in (each.tree_ for each in forest.estimators_):
            values = grown.value[:, 0, :]
            if self.classes:
                # scikit-learn keeps shares at each node; dividing again makes them sum to one to the last bit it answers with.
                values = values / values.sum(axis=1, keepdims=True)
            trees.append(
                Tree(
                    feature=np.where(grown.children_left < 0, -1, grown.feature),
                    threshold=grown.threshold,
                    left=grown.children_left,
                    right=grown.children_right,
                    cover=grown.weighted_n_node_samples,
                    value=self._answer(values, forest) / number,
                )
            )
        return assemble(trees, base=np.zeros(self.classes or 1), n_features=features)
