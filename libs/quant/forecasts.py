"""How well forecasts of a close and their intervals met what came."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.measured import Measured, Measuring, nothing

POINT: Final = ("close_mae", "close_rmse", "mape", "smape")
INTERVAL: Final = ("interval_coverage", "interval_level", "interval_width", "pinball_loss")


def close_metrics(latest: Floats, *, truth: Floats, predicted: Floats) -> Measured:
    """Measure forecasts of the close, by the close known then and the true and predicted simple returns from it, each (rows,).

    close_mae and close_rmse are in prices. mape = mean |error| / truth; smape = mean 2 |error| / (truth + forecast), from 0 to 2
    (Makridakis 1993). Both are fractions.
    """
    if len(latest) == 0:
        return nothing(POINT, reason="there are no rows to measure")
    out = Measuring()
    came, told = latest * (1 + truth), latest * (1 + predicted)
    error = np.abs(came - told)
    out.set("close_mae", float(error.mean()))
    out.set("close_rmse", float(np.sqrt((error**2).mean())))
    out.set("mape", float((error / came).mean()))
    out.set("smape", float((2 * error / (came + np.abs(told))).mean()))
    return out.done()


def interval_metrics(paths: Floats, quantiles: Floats, *, levels: Sequence[float]) -> Measured:
    """Measure quantiles (rows, horizon, levels) of the cumulative log returns (rows, horizon).

    interval_coverage: share of rows whose return over the whole horizon lies between the outermost quantiles, which `interval_level` should
    be; interval_width: their mean distance. pinball_loss: mean over rows, bars and levels of max(q e, (q - 1) e), e = truth - quantile
    (Koenker & Bassett 1978).
    """
    if len(paths) == 0:
        return nothing(INTERVAL, reason="there are no rows to measure")
    low, high, came = quantiles[:, -1, 0], quantiles[:, -1, -1], paths[:, -1]
    share = np.asarray(levels)
    error = paths[:, :, None] - quantiles
    return Measured(
        {
            "interval_coverage": float(((came >= low) & (came <= high)).mean()),
            "interval_level": round(float(share[-1] - share[0]), 6),
            "interval_width": float((high - low).mean()),
            "pinball_loss": float(np.maximum(share * error, (share - 1) * error).mean()),
        }
    )
