"""The one interface of all learners: fit, then ask the fitted model for scores, contributions and files."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]  # (rows, features)
Scale = Literal["probability", "log-odds", "value"]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows to learn from or to be judged on.

    `targets` are class indices 0 … K-1 (int64) for classification and real values (float64) for regression.
    """

    rows: Rows
    targets: NDArray[Any]

    def __len__(self) -> int:
        return int(self.rows.shape[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How far a fit has come: a boosting round, a batch of trees or a solver's end.

    `loss` is the log loss (classification) or the mean squared error (regression) on the watched rows, or on the training rows without any.
    `accuracy` is null for regression.
    """

    number: int
    total: int
    loss: float
    accuracy: float | None


OnEpoch = Callable[[Epoch], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedModel:
    """A model as files: `onnx` answers, `explanation` (an .npz without pickle) is what its contributions are computed from."""

    onnx: bytes
    explanation: bytes
    explainer: Literal["trees", "linear"]
    scale: Scale


class Fitted(Protocol):
    """A trained model."""

    @property
    def epochs(self) -> int:
        """Boosting rounds, trees or iterations done."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know about the fit, such as a solver that did not converge."""
        ...

    @property
    def scale(self) -> Scale:
        """What the scores are: probabilities, margins before softmax, or values."""
        ...

    @property
    def rounding(self) -> float:
        """How far the library's own scores may be off by the precision it adds up in, relative to the scores."""
        ...

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """Return the library's own answer (rows, outputs), on `scale`; K outputs for K classes, 1 for regression."""
        ...

    def explain(self, rows: Rows, *, outputs: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return exact SHAP values (rows, features) of the output chosen for each row, and the base values (rows,)."""
        ...

    def save(self) -> SavedModel:
        """Return the model as files."""
        ...


class Learner(Protocol):
    """An algorithm with its hyperparameters set, ready to fit."""

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> Fitted:
        """Train on the rows; report after each epoch. The same sample gives the same model, bit for bit, on the same machine."""
        ...


def probabilities(scores: NDArray[np.float64], *, scale: Scale) -> NDArray[np.float64]:
    """Return class probabilities (rows, classes) from scores on `scale`; the softmax of log-odds."""
    if scale == "probability":
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def loss_of(scores: NDArray[np.float64], targets: NDArray[Any], *, scale: Scale) -> tuple[float, float | None]:
    """Return the loss and the accuracy of scores: log loss clipped at 1e-15 and accuracy, or mean squared error and None."""
    if scale == "value":
        return float(np.mean((scores[:, 0] - targets) ** 2)), None
    chances = probabilities(scores, scale=scale)
    own = chances[np.arange(chances.shape[0]), targets]
    return float(-np.log(np.clip(own, 1e-15, 1.0)).mean()), float(np.mean(chances.argmax(axis=1) == targets))
