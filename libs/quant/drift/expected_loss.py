"""How far a model of values is off on rows whose truth is not known yet: DLE."""

from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.drift.boosting import fit_trees, said_by, stretches
from libs.quant.drift.dependence import autocorrelation_time
from libs.quant.drift.expected_performance import NO_ROWS, NORMAL, Estimate, Estimated

METRICS: Final = ("mae", "rmse")
FEWEST_ROWS: Final = 200
MOST_ROWS: Final = 50_000
TOO_UNLIKE: Final = "What is expected comes out below zero: these rows are too unlike those of the reference for a loss to be told."
TOO_FEW: Final = "Of {rows} reference rows the truth is known; it takes {least} to learn how far the model is off."


def expected_loss(rows: Floats, *, reference: Floats, errors: Floats, seed: int = 0, ordered: bool = False) -> Estimated:
    """Estimate the mean absolute and the root mean squared error on rows (rows, columns) whose truth is not known.

    Direct loss estimation: trees learn, on `reference` rows (rows, columns) that the model has not learned from, how large its `errors`
    (rows,; truth less answer) are, from all that the model looks at and its answer, which is to be among the columns (Kivimäki et al. 2025;
    for squared losses the learned loss of Yoo and Kweon 2019). It holds as long as the model is off as far as before on like rows. Rows in
    order of time are judged in stretches; `ordered` widens the intervals by how long errors stay together.
    """
    known = np.flatnonzero(np.isfinite(errors))
    if not len(rows) or len(known) < FEWEST_ROWS:
        why = TOO_FEW.format(rows=len(known), least=FEWEST_ROWS) if len(rows) else NO_ROWS
        return Estimated(dict.fromkeys(METRICS), dict.fromkeys(METRICS, why))
    if len(known) > MOST_ROWS:
        known = known[np.linspace(0, len(known) - 1, MOST_ROWS).astype(np.int64)]
    learned, off = reference[known], errors[known]
    absolute = _mean_of(np.abs(off), rows=rows, learned=learned, seed=seed, ordered=ordered)
    squared = _mean_of(off**2, rows=rows, learned=learned, seed=seed, ordered=ordered)
    root = squared and Estimate(*(float(np.sqrt(each)) for each in (squared.value, squared.lower, squared.upper)))
    values = {"mae": absolute, "rmse": root}
    return Estimated(values, {name: TOO_UNLIKE for name, value in values.items() if value is None})


def _mean_of(losses: Floats, *, rows: Floats, learned: Floats, seed: int, ordered: bool) -> Estimate | None:
    """Return the mean loss that is expected of rows: what trees say of them, moved by what they miss on rows not learned from.

    None where that is below zero, as no loss is.
    """
    missed = np.empty(len(losses))
    for number, (others, judged) in enumerate(stretches(len(losses))):
        trees = fit_trees(learned[others], losses[others], objective="regression", seed=seed + number)
        missed[judged] = losses[judged] - said_by(trees, learned[judged])
    said = said_by(fit_trees(learned, losses, objective="regression", seed=seed), rows)
    value = float(said.mean()) + float(missed.mean())
    if value < 0:
        return None
    wider = autocorrelation_time(missed) if ordered else 1.0
    reach = NORMAL * float(np.sqrt(wider * missed.var() * (1 / len(rows) + 1 / len(losses))))
    return Estimate(value, max(0.0, value - reach), value + reach)
