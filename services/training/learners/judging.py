"""How good predictions are: their metrics, those of the simplest guess, and which features they rest on."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.calibration_maps import Calibration
from libs.quant.candles import Floats
from libs.quant.labels import CLASSES
from libs.quant.measured import Measured
from libs.quant.metrics import buy_sell_metrics, classification_metrics, regression_metrics
from services.training.learners.learner import Estimating, Fitted, Inputs, Scale, loss_of, probabilities

EXPLAINED_ROWS: Final = 1000
DOUBTED_ROWS: Final = 100


def judge(scores: Floats, targets: NDArray[Any], *, scale: Scale, calibration: Calibration | None = None) -> Measured:
    """Return the metrics of a model's scores against the true classes or values."""
    if scale == "value":
        return regression_metrics(targets, scores[:, 0])
    return classification_metrics(targets, probabilities(scores, scale=scale, calibration=calibration))


def direction_metrics(
    scores: Floats,
    targets: NDArray[Any],
    *,
    scale: Scale,
    classes: Sequence[str] = CLASSES,
    calibration: Calibration | None = None,
) -> Measured:
    """Return how well BUY is told from SELL; nothing for values, whose directional accuracy says it."""
    if scale == "value":
        return Measured({})
    chances = probabilities(scores, scale=scale, calibration=calibration)
    return buy_sell_metrics(targets, chances, rising=classes.index("BUY"), falling=classes.index("SELL"))


def most_telling(metrics: Mapping[str, float | None]) -> str:
    """Say the one metric a person looks at first."""
    if "accuracy" in metrics:
        return f"accuracy {metrics['accuracy']:.3f}"
    return f"root mean squared error {metrics['rmse']:.4g}"


def training_metrics(
    scores: Floats, targets: NDArray[Any], *, scale: Scale, epochs: int, calibration: Calibration | None = None
) -> Measured:
    """Return how well the final model fits what it learned from. The loss is log loss, or mean squared error."""
    loss, accuracy = loss_of(scores, targets, scale=scale, calibration=calibration)
    reasons = {} if accuracy is not None else {"final_accuracy": "a regression has no accuracy; final_loss is its mean squared error"}
    return Measured({"final_accuracy": accuracy, "final_loss": loss, "epochs": epochs}, reasons)


def simplest_guess(
    training: NDArray[Any], targets: NDArray[Any], *, classification: bool, classes: Sequence[str] = CLASSES
) -> tuple[str, dict[str, Any], dict[str, str]]:
    """Return the baseline's name, its metrics on the test rows, and reasons for null ones.

    Classification: always the training part's most frequent class, with the classes' frequencies as probabilities. Regression: always the
    training part's mean.
    """
    if classification:
        counts = np.bincount(training, minlength=len(classes))
        chances = np.tile(counts / counts.sum(), (len(targets), 1))
        measured = classification_metrics(targets, chances)
        return "majority_class", {"class": classes[int(counts.argmax())], **measured.values}, dict(measured.reasons)
    mean = float(np.mean(training))
    measured = regression_metrics(targets, np.full(len(targets), mean))
    return "mean_return", {"value": mean, **measured.values}, dict(measured.reasons)


def answered(fitted: Fitted, rows: Inputs, *, calibration: Calibration | None = None) -> NDArray[np.int64]:
    """Return the output that is answered for each row (rows,): the likeliest class once calibrated, or the only one."""
    scores = fitted.scores(rows)
    found: NDArray[np.int64] = (scores if calibration is None else calibration.of_scores(scores, scale=fitted.scale)).argmax(axis=1)
    return found


def importance(
    fitted: Fitted, rows: Inputs, *, features: Sequence[str], calibration: Calibration | None = None
) -> tuple[dict[str, float], dict[str, Any], str | None]:
    """Return each feature's share of the mean |SHAP value| of the predicted output over out-of-sample rows, how it was made, and a reason.

    At most `EXPLAINED_ROWS` rows, evenly spaced. When no feature moves any prediction all shares are 0, and the reason says so.
    """
    some = rows[np.unique(np.linspace(0, rows.shape[0] - 1, EXPLAINED_ROWS).astype(int))]
    contributions, _ = fitted.explain(some, outputs=answered(fitted, some, calibration=calibration))
    mean = np.abs(contributions).mean(axis=0)
    total = float(mean.sum())
    shares = mean / total if total > 0 else np.zeros(len(features))
    made: dict[str, Any] = {
        "method": "mean |SHAP value| of the predicted output, out of sample",
        "scale": fitted.scale,
        "rows": int(some.shape[0]),
    }
    if isinstance(fitted, Estimating):
        few = some[:: -(-some.shape[0] // DOUBTED_ROWS)]
        error = fitted.standard_error(few, outputs=answered(fitted, few, calibration=calibration))
        made |= {"estimated": error is not None, "standard_error": error}
    reason = None if total > 0 else "no feature changes any prediction"
    return dict(zip(features, shares.tolist(), strict=True)), made, reason
