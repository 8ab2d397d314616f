"""How far base value plus contributions may miss the output that was served: what rounding explains, no more."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ADDS_UP: Final = 1e-6
# Trees answer in float32, and the margins that boosters add up to are larger than probabilities.
BOOSTERS_ADD_UP: Final = 1e-5


def additivity_tolerance(explainer: str, *, scale: str, served: Floats) -> Floats:
    """Return the largest miss for each served output, on its own scale: 1e-6, and 1e-5 in the log-odds of boosters.

    Values, and all that linear models answer, have no bound: from 1 on it is relative to the output, as rounding is. So it is where sets
    of features are evaluated (`coalitions`), whose sum is made of what was served.
    """
    if explainer == "trees" and scale == "log-odds":
        return np.full_like(served, BOOSTERS_ADD_UP)
    if explainer in {"linear", "coalitions"} or scale == "value":
        return np.asarray(ADDS_UP * np.maximum(1.0, np.abs(served)))
    return np.full_like(served, ADDS_UP)
