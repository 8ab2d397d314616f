"""How far a model was off on rows that it had never seen, kept with the version: what its intervals are made of."""

from typing import Any, Final

import numpy as np

from libs.quant.calibration_maps import Calibration
from libs.quant.candles import Floats
from libs.quant.conformal import Conformal, Kind, coverage
from libs.quant.windows import Windows
from services.training.learners.judging_forecasts import Forecasting
from services.training.learners.learner import Fitted, Inputs, probabilities
from services.training.learners.result import Evidence

LEVELS: Final = (0.5, 0.8, 0.9, 0.95)
METHODS: Final[dict[Kind, str]] = {
    "residual": "split conformal: forecast plus and minus a quantile of |error| (Lei et al. 2018)",
    "quantiles": "conformalised quantiles: the network's own, widened by a quantile of what they missed by (Romano et al. 2019)",
    "classes": "conformal set: the classes whose probability is at least 1 less a quantile of 1 - p(truth) (Sadinle et al. 2019)",
}


def conformal_of(fitted: Fitted, *, evidence: Evidence) -> tuple[Conformal | None, dict[str, Any]]:
    """Return the scores of the test rows, which nothing was learned or chosen from, and what the run card says of them.

    Coverage is that of the later half by the earlier half's scores, a horizon apart for each symbol; what serves rests on both halves.
    """
    table, test = evidence.table, evidence.parts.test
    ordered = test[np.argsort(table.time[test], kind="stable")]
    kind, scores = _scores(fitted, table.rows[ordered], truth=table.targets[ordered], calibration=evidence.calibration)
    found = Conformal.of(scores.tolist(), kind=kind)
    gap = evidence.config.horizon * len(np.unique(table.symbol[test]))
    measured = coverage(scores.tolist(), kind=kind, levels=LEVELS, gap=gap)
    return found, {"method": METHODS[kind], "rows": len(ordered), "coverage": measured, "reach": _reaches(found)}


def _reaches(found: Conformal | None) -> dict[str, float | None]:
    return {f"{level:g}": found.reach(level) if found else None for level in LEVELS}


def _scores(fitted: Fitted, rows: Inputs, *, truth: Any, calibration: Calibration | None) -> tuple[Kind, Floats]:
    if isinstance(fitted, Forecasting) and isinstance(rows, Windows):
        # The outermost quantiles of the log return over the whole horizon, as simple returns: as they are served.
        ends = np.expm1(fitted.quantiles(rows)[:, -1, [0, -1]])
        return "quantiles", np.maximum(ends[:, 0] - truth, truth - ends[:, 1])
    scores = fitted.scores(rows)
    if fitted.scale == "value":
        return "residual", np.abs(truth - scores[:, 0])
    chances = probabilities(scores, scale=fitted.scale, calibration=calibration)
    return "classes", 1.0 - chances[np.arange(len(chances)), truth]
