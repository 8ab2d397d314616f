"""The one interface of all learners: fit, then ask the fitted model for scores, contributions and files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.calibration_maps import Calibration
from libs.quant.candles import Integers

Rows = NDArray[np.float64]  # (rows, features)
Inputs: TypeAlias = Any
"""What a learner learns from and is asked about: Rows, or `libs.quant.windows.Windows` for a learner on windows of bars."""
Scale = Literal["probability", "log-odds", "value"]


def steps_of(settings: Mapping[str, HyperparameterValue]) -> int:
    """Return how many bars in a row a learner with these hyperparameters looks at; 0 when its rows are single bars' features."""
    return int(settings.get("sequence_length") or settings.get("encoder_length") or 0)


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """When rows were decided (`time`), from when on they rest on data (`begins`) and when their labels were known; nanoseconds, (rows,)."""

    begins: Integers
    time: Integers
    known: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows to learn from or to be judged on.

    `targets` are class indices 0 … K-1 (int64) for classification and real values (float64) for regression. `spans` is for learners that
    set rows aside by time. `weights` (rows,) say how much each counts, with a mean of about 1; None: all alike.
    """

    rows: Inputs
    targets: NDArray[Any]
    spans: Spans | None = None
    weights: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return int(self.rows.shape[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """How far a fit has come: a boosting round, a batch of trees, a network's epoch or a solver's end.

    `loss` is the log loss (classification) or the mean squared error (regression) on the watched rows, or on the training rows without any.
    `accuracy` is null for regression. `validation_loss` is the loss on what the learner itself has set aside to stop early, if it has, and
    `best` the epoch that it would keep, were this the last one. `member` names the network that learned in it, of an ensemble, whose epochs
    are counted on from one member to the next.
    """

    number: int
    total: int
    loss: float
    accuracy: float | None
    validation_loss: float | None = None
    best: int | None = None
    member: str | None = None


OnEpoch = Callable[[Epoch], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedModel:
    """A model as files: `onnx` answers, `explanation` (an .npz without pickle) is what its contributions are computed from.

    `inputs` says what each of the ONNX file's inputs is given: a `row` (rows, features), or a `window` (rows, steps, features) of
    `sequence_length` bars, the newest last. `calibration` is of a classifier whose probabilities were calibrated: its scores are from
    before. `forecast` is for forecasters: `horizon` and `levels` of a second output
    `quantiles` (rows, horizon, levels) of cumulative log returns.
    """

    onnx: bytes
    explanation: bytes
    explainer: Literal["trees", "linear", "coalitions"]
    scale: Scale
    sequence_length: int | None = None
    forecast: Mapping[str, Any] | None = None
    calibration: Calibration | None = None

    @property
    def inputs(self) -> dict[str, Literal["row", "window"]]:
        """Each input of the ONNX file by name, and what it is given."""
        return {"x": "window" if self.sequence_length else "row"}


class Fitted(Protocol):
    """A trained model."""

    @property
    def epochs(self) -> int:
        """Boosting rounds, trees, epochs or iterations done."""
        ...

    @property
    def best_epoch(self) -> int | None:
        """The epoch that is kept, of a learner that chooses one by itself; None for others."""
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

    def scores(self, rows: Inputs) -> NDArray[np.float64]:
        """Return the library's own answer (rows, outputs), on `scale`; K outputs for K classes, 1 for regression."""
        ...

    def explain(self, rows: Inputs, *, outputs: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return SHAP values (rows, features) of the output chosen for each row, and the base values (rows,)."""
        ...

    def save(self) -> SavedModel:
        """Return the model as files."""
        ...


@runtime_checkable
class Estimating(Protocol):
    """A trained model whose contributions may be estimates."""

    def standard_error(self, rows: Inputs, *, outputs: NDArray[np.int64]) -> float | None:
        """Return what contributions may be off by (root mean square, on `scale`); None where they are exact."""
        ...


@runtime_checkable
class Counted(Protocol):
    """A trained network."""

    @property
    def parameters(self) -> int:
        """How many numbers it has learned."""
        ...


@runtime_checkable
class Pooled(Protocol):
    """A trained ensemble."""

    @property
    def pool(self) -> Mapping[str, Any]:
        """What it is made of, as plain JSON: see `EnsembleClassifier`."""
        ...


@runtime_checkable
class ExplainsEvery(Protocol):
    """A trained model that explains all of its outputs for little more than one."""

    def explain_every(self, rows: Inputs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return SHAP values (outputs, rows, features) and base values (outputs,)."""
        ...


class Learner(Protocol):
    """An algorithm with its hyperparameters set, ready to fit."""

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> Fitted:
        """Train on the rows; report after each epoch. The same sample gives the same model, bit for bit, on the same machine."""
        ...


def probabilities(scores: NDArray[np.float64], *, scale: Scale, calibration: Calibration | None = None) -> NDArray[np.float64]:
    """Return class probabilities (rows, classes) from scores on `scale`; the softmax of log-odds. Calibrated, where there is a map."""
    if calibration is not None:
        return calibration.of_scores(scores, scale=scale)
    if scale == "probability":
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def loss_of(
    scores: NDArray[np.float64], targets: NDArray[Any], *, scale: Scale, calibration: Calibration | None = None
) -> tuple[float, float | None]:
    """Return the loss and the accuracy of scores: log loss clipped at 1e-15 and accuracy, or mean squared error and None."""
    if scale == "value":
        return float(np.mean((scores[:, 0] - targets) ** 2)), None
    chances = probabilities(scores, scale=scale, calibration=calibration)
    own = chances[np.arange(chances.shape[0]), targets]
    return float(-np.log(np.clip(own, 1e-15, 1.0)).mean()), float(np.mean(chances.argmax(axis=1) == targets))
