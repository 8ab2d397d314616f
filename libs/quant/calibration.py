"""Makes a classifier's probabilities as sure as they are right, and averages several classifiers by how much each helps."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HOTTEST: Final = 20.0
"""Bounds of a temperature: of margins that tell nothing, or everything, none would be best."""
HALVINGS: Final = 60
MOST_ROUNDS: Final = 2000
NEAR_ENOUGH: Final = 1e-6
"""How far from the lowest log loss the weights may be."""
LEAST_WEIGHT: Final = 1e-3
"""A member that counts for less is left out."""


def temperature_of(margins: Floats, targets: NDArray[np.int64]) -> float:
    """Return the temperature T for which the softmax of `margins` (rows, classes) / T has the lowest log loss on `targets` (rows,).

    Above 1 the margins were too sure, below 1 not sure enough; which class comes first stays as it is (Guo et al. 2017, temperature
    scaling). The log loss is convex in 1 / T, so its slope is halved in on; T lies between 1 / `HOTTEST` and `HOTTEST`.
    """
    margins = margins - margins.max(axis=1, keepdims=True)
    own = margins[np.arange(len(targets)), targets].mean()
    low, high = 1 / HOTTEST, HOTTEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = (chances_of(margins, temperature=1 / middle) * margins).sum(axis=1).mean() - own
        low, high = (middle, high) if slope < 0 else (low, middle)
    return 2 / (low + high)


def chances_of(margins: Floats, *, temperature: float = 1.0) -> Floats:
    """Return the softmax of `margins` (rows, classes) / `temperature`."""
    powers = np.exp((margins - margins.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def pool_weights(own: Floats) -> Floats:
    """Return weights (members,), none below 0, which sum to 1: those of the average of probabilities with the lowest log loss.

    `own` (members, rows) is what each member gives each row's true class. The average is the linear opinion pool (Stone 1961); its weights
    are found by expectation maximisation as the shares of a mixture are (Dempster, Laird & Rubin 1977). As the loss is convex, it is no
    farther from the lowest than the largest gain less 1, which ends the search.
    """
    own = np.maximum(own, np.finfo(np.float64).tiny)
    weights: Floats = np.full(len(own), 1 / len(own))
    for _ in range(MOST_ROUNDS):
        gains = (own / (weights @ own)).mean(axis=1)
        if gains.max() - 1 < NEAR_ENOUGH:
            break
        weights = weights * gains
    weights = np.where(weights < LEAST_WEIGHT, 0.0, weights)
    return np.asarray(weights / weights.sum())
