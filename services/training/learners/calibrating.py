"""Calibrates a classifier by what its folds said of rows that they had not learned from, and says what that made of the test."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.calibrations import FIELD
from libs.contracts.training_config import CheckedConfig
from libs.quant.calibration_maps import Calibration, Method, TooFewRowsError
from libs.quant.candles import Floats
from libs.quant.measured import Measured
from libs.quant.metrics import classification_metrics
from libs.quant.reliability import Bin, reliability_bins, reliability_metrics
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.learner import Scale, probabilities

MOST_ROWS: Final = 20_000
"""Held-out rows that are kept of all folds together: a map's form needs no more, and a checkpoint stays small."""
METHODS: Final[dict[Method, str]] = {
    "isotonic": "isotonic regression (Ayer et al. 1955), each class against the rest, scaled to sum to 1 (Zadrozny and Elkan 2002)",
    "platt": "a sigmoid of log-odds (Platt 1999; Lin, Lin and Weng 2007), each class against the rest, scaled to sum to 1",
}
LEARNED_FROM: Final = "held-out rows of the validation's folds, whose models had not learned from them; none of the test"
MORE: Final = "Ask for more days or symbols, for another validation, or leave calibration out"
BEFORE: Final = "_uncalibrated"


def method_of(config: CheckedConfig) -> Method | None:
    """Return how probabilities are to be calibrated; None where they are not."""
    return None if config.calibration is None or config.calibration == "none" else config.calibration


def held_out(scores: Floats, truth: NDArray[Any], *, scale: Scale, folds: int) -> tuple[list[list[float]], list[int]]:
    """Return what a fold's model says of its held-out rows (rows, classes), and their classes (rows,); of many rows evenly spaced ones."""
    some = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), max(1, MOST_ROWS // folds))).astype(int))
    return probabilities(scores[some], scale=scale).tolist(), truth[some].tolist()


def calibration_of(said: Sequence[Sequence[float]], truth: Sequence[int], *, config: CheckedConfig) -> Calibration | None:
    """Return the maps learned from what all folds `said` (rows, classes) and the `truth` (rows,); None where none are asked for.

    Raise NotEnoughDataError for too few rows.
    """
    if (method := method_of(config)) is None:
        return None
    try:
        return Calibration.learned(np.array(said, dtype=np.float64), np.array(truth, dtype=np.int64), method=method)
    except TooFewRowsError as error:
        message = f"The probabilities cannot be calibrated: {error}. {MORE}"
        raise NotEnoughDataError(message, details={FIELD: [message]}) from error


def reliability(scores: Floats, truth: NDArray[Any], *, scale: Scale, calibration: Calibration | None) -> Measured:
    """Return ece and brier_score of the test, of a calibrated model also those from before; nothing of values."""
    if scale == "value":
        return Measured({})
    found = reliability_metrics(truth, probabilities(scores, scale=scale, calibration=calibration))
    if calibration is None:
        return found
    before = reliability_metrics(truth, probabilities(scores, scale=scale))
    return found | Measured({f"{name}{BEFORE}": value for name, value in before.values.items()})


def calibration_card(
    scores: Floats, truth: NDArray[Any], *, scale: Scale, calibration: Calibration | None, classes: Sequence[str]
) -> dict[str, Any]:
    """Return what the run card says: how it was calibrated, and the test's figures before and after; nothing where it was not."""
    if calibration is None:
        return {}
    told = {}
    for name, chances in (
        ("before", probabilities(scores, scale=scale)),
        ("after", probabilities(scores, scale=scale, calibration=calibration)),
    ):
        loss = classification_metrics(truth, chances).values["log_loss"]
        told[name] = {**reliability_metrics(truth, chances).values, "log_loss": loss}
    return {
        "calibration": {
            "method": calibration.method,
            "how": METHODS[calibration.method],
            "learned_from": LEARNED_FROM,
            "rows": calibration.rows,
            # Of these classes what the model says tells nothing: they get the same chance, whatever it says.
            "flat": [name for name, each in zip(classes, calibration.maps, strict=True) if each.is_flat],
            **told,
        }
    }


def bins_of(scores: Floats, truth: NDArray[Any], *, scale: Scale, calibration: Calibration | None) -> dict[str, tuple[Bin, ...]]:
    """Return the bins of a reliability plot by the name of their curve; none of values."""
    if scale == "value":
        return {}
    own = reliability_bins(probabilities(scores, scale=scale), truth)
    if calibration is None:
        return {"the model's own": own}
    return {"before": own, calibration.method: reliability_bins(probabilities(scores, scale=scale, calibration=calibration), truth)}
