"""The area under the ROC curve of scores, with its standard error."""

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats


def midranks(values: Floats) -> Floats:
    """Return the ranks of values (rows,), from 1; equal ones have the mean of theirs."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff(begins, append=len(values))
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(begins + (lengths + 1) / 2, lengths)
    return ranks


def area_under_curve(positive: NDArray[np.bool_], scores: Floats) -> tuple[float, float]:
    """Return the area and its standard error, for scores (rows,) of rows that are positive or not; both must occur.

    The error is that of DeLong, DeLong and Clarke-Pearson (1988), by midranks as in Sun and Xu (2014).
    """
    yes, no = scores[positive], scores[~positive]
    everywhere = midranks(np.concatenate([yes, no]))
    above_no = (everywhere[: len(yes)] - midranks(yes)) / len(no)
    above_yes = 1 - (everywhere[len(yes) :] - midranks(no)) / len(yes)
    variance = sum(float(part.var(ddof=1)) / len(part) if len(part) > 1 else 0.25 for part in (above_no, above_yes))
    return float(above_no.mean()), float(np.sqrt(variance))
