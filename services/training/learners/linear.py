"""LOGISTIC_REGRESSION and RIDGE: linear models on standardised features, with the scaler folded into the weights."""

import warnings as python_warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.linear import LinearModel
from services.training.learners.learner import Epoch, OnEpoch, Rows, Sample, SavedModel, Scale, loss_of
from services.training.learners.onnx_files import linear_to_onnx

UNSEEN_MARGIN: Final = -50.0
"""Margin of a class that the training rows had none of: a chance of about 1e-22."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedLinear:
    """`weights` are what is served and explained, in raw features; `model` answers with scikit-learn itself, on standardised rows."""

    weights: LinearModel
    spread: NDArray[np.float64]  # (features,) standard deviations of the training rows
    model: Any
    classes: int
    scale: Scale
    epochs: int
    warnings: tuple[str, ...] = ()
    best_epoch: int | None = None

    @property
    def rounding(self) -> float:
        """Nothing worth speaking of: a handful of addends in float64."""
        return 0.0

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """Return scikit-learn's answer (rows, outputs)."""
        standard = (rows - self.weights.mean) / self.spread
        if not self.classes:
            return np.asarray(self.model.predict(standard)).reshape(-1, 1)
        return _margin_of_each_class(self.model.decision_function(standard).reshape(rows.shape[0], -1), self.model.classes_, self.classes)

    def explain(self, rows: Rows, *, outputs: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the exact SHAP values of a linear model with independent features, and the score at the features' means."""
        return self.weights.contributions(rows, outputs)

    def save(self) -> SavedModel:
        """Write the weights in raw feature space, twice: to answer and to explain."""
        file = BytesIO()
        np.savez_compressed(file, allow_pickle=False, **asdict(self.weights))
        onnx = linear_to_onnx(self.weights.coef, self.weights.intercept)
        return SavedModel(onnx=onnx, explanation=file.getvalue(), explainer="linear", scale=self.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """Logistic regression over `classes` classes, or ridge regression when there are none."""

    hyperparameters: Mapping[str, HyperparameterValue]
    classes: int

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> FittedLinear:
        """Solve; there is one epoch to tell of, the last."""
        mean, spread = training.rows.mean(axis=0), training.rows.std(axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        model = LogisticRegression(**self.hyperparameters) if self.classes else Ridge(**self.hyperparameters, solver="cholesky")
        with python_warnings.catch_warnings(record=True) as caught:
            python_warnings.simplefilter("always", ConvergenceWarning)
            model.fit((training.rows - mean) / spread, training.targets, sample_weight=training.weights)
        stuck = any(issubclass(each.category, ConvergenceWarning) for each in caught)
        epochs = int(np.max(model.n_iter_)) if self.classes else 1
        fitted = self._folded(model, mean=mean, spread=spread, epochs=epochs, stuck=stuck)
        judged = watched or training
        loss, accuracy = loss_of(fitted.scores(judged.rows), judged.targets, scale=fitted.scale)
        on_epoch(Epoch(number=epochs, total=epochs, loss=loss, accuracy=accuracy))
        return fitted

    def _folded(self, model: Any, *, mean: NDArray[np.float64], spread: NDArray[np.float64], epochs: int, stuck: bool) -> FittedLinear:
        """Fold (x - mean) / spread into weights and intercepts of raw features."""
        own = np.atleast_2d(model.coef_).T / spread[:, None]
        offset = np.atleast_1d(model.intercept_) - mean @ own
        if self.classes:
            # Each output is linear, so spreading the outputs over the classes spreads their weights.
            own = _margin_of_each_class(own, model.classes_, self.classes, unseen=0.0)
            offset = _margin_of_each_class(offset[None, :], model.classes_, self.classes)[0]
        return FittedLinear(
            weights=LinearModel(coef=np.ascontiguousarray(own), intercept=offset, mean=mean),
            spread=spread,
            model=model,
            classes=self.classes,
            scale="log-odds" if self.classes else "value",
            epochs=epochs,
            warnings=(f"The solver did not converge in {epochs} iterations: raise max_iter or tol",) if stuck else (),
        )


def _margin_of_each_class(
    margins: NDArray[np.float64], seen: NDArray[np.int64], classes: int, *, unseen: float = UNSEEN_MARGIN
) -> NDArray[np.float64]:
    """Return (n, classes) margins from those of the classes seen; two classes share scikit-learn's single margin d as -d/2 and d/2."""
    if margins.shape[1] == 1:
        margins = np.hstack((-margins / 2, margins / 2))
    wide = np.full((margins.shape[0], classes), unseen)
    wide[:, seen] = margins
    return wide
