"""How far a classifier's chances can be taken at their word: calibration error, Brier score, and what a reliability plot shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats
from libs.quant.measured import Measured, nothing

BINS: Final = 10
RELIABILITY: Final = ("ece", "brier_score")


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows that were said with like confidence: how many, their mean confidence, and the share of them that came true."""

    rows: int
    said: float
    came_true: float


def reliability_bins(chances: Floats, truth: NDArray[np.int64], *, bins: int = BINS) -> tuple[Bin, ...]:
    """Return bins of like many rows, by the chance of the class answered; `chances` (rows, classes), `truth` (rows,).

    Bins of equal mass, as those of equal width leave most rows of a market's classifier, which is seldom sure, in one (Nixon et al. 2019).
    """
    sure = chances.max(axis=1)
    right = chances.argmax(axis=1) == truth
    parts = np.array_split(np.argsort(sure, kind="stable"), min(bins, len(sure)))
    return tuple(Bin(len(part), float(sure[part].mean()), float(right[part].mean())) for part in parts)


def reliability_metrics(truth: NDArray[np.int64], chances: Floats) -> Measured:
    """Measure class chances (rows, classes) against true classes (rows,).

    ece: the expected calibration error, mean of |share that came true - mean chance| over bins of equal mass, by the class answered
    (Guo et al. 2017). brier_score: mean over rows of the sum over classes of (chance - outcome)², 0 to 2 (Brier 1950). 0 is best of both.
    """
    if len(truth) == 0:
        return nothing(RELIABILITY, reason="there are no rows to measure")
    outcome = np.eye(chances.shape[1])[truth]
    return Measured(
        {"ece": error_of(reliability_bins(chances, truth)), "brier_score": float(((chances - outcome) ** 2).sum(axis=1).mean())}
    )


def error_of(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error of bins."""
    return sum(each.rows * abs(each.came_true - each.said) for each in bins) / sum(each.rows for each in bins)
