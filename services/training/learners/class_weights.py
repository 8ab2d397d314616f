"""What `class_weight = balanced` means, the same for every learner."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def class_weights(targets: NDArray[Any]) -> dict[int, float]:
    """Return n / (classes seen * rows of the class) by class, as scikit-learn's "balanced" (King and Zeng 2001)."""
    seen, counts = np.unique(targets, return_counts=True)
    return {int(each): float(targets.shape[0] / (seen.shape[0] * count)) for each, count in zip(seen, counts, strict=True)}


def row_weights(targets: NDArray[Any]) -> NDArray[np.float64]:
    """Return each row's balanced weight."""
    weights = class_weights(targets)
    return np.asarray([weights[int(target)] for target in targets])


def joined_weights(given: NDArray[np.float64] | None, balanced: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    """Return what rows count for that are weighed twice: the product; None where they all count alike."""
    if given is None or balanced is None:
        return balanced if given is None else given
    return np.asarray(given * balanced)
