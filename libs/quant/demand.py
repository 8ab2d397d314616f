"""How well forecasts of demand met what came, over many series of different size; what is missing in the truth is not measured."""

from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.measured import Measured, Measuring, nothing

POINT: Final = ("mape", "wape", "mase", "rmse", "bias")
INTERVAL: Final = ("coverage", "interval_width", "pinball")
NO_ROWS: Final = "there are no rows to measure"


def seasonal_scale(history: Floats, *, season: int) -> Floats:
    """Return the mean absolute change from one season to the next of each series, (series,) of history (series, time).

    What MASE divides by (Hyndman & Koehler 2006, eq. 3, for seasonal data). NaN where there is no such pair, or where nothing ever changes.
    """
    changes = np.abs(history[:, season:] - history[:, :-season])
    known = np.isfinite(changes)
    total = np.where(known, changes, 0.0).sum(axis=1)
    scale = np.divide(total, known.sum(axis=1), out=np.full(len(history), np.nan), where=known.any(axis=1))
    return np.where(scale > 0, scale, np.nan)


def point_metrics(truth: Floats, forecast: Floats, *, scale: Floats) -> Measured:
    """Measure forecasts (series, …) against the truth of the same shape, each series' `scale`.

    mape: mean |error| / |truth| where the truth is not zero. wape: Σ |error| / Σ |truth|. mase: mean over series of mean |error| / scale.
    rmse: √ mean error². bias: Σ error / Σ |truth|, error = forecast - truth. Fractions, but for rmse in the data's units.
    """
    series = len(truth)
    truth, forecast = truth.reshape(series, -1), forecast.reshape(series, -1)
    known = np.isfinite(truth) & np.isfinite(forecast)
    if not known.any():
        return nothing(POINT, reason=NO_ROWS)
    out = Measuring()
    error = np.where(known, forecast - np.where(known, truth, 0.0), 0.0)
    size = np.where(known, np.abs(truth), 0.0)
    some = known & (size > 0)
    if some.any():
        out.set("mape", float((np.abs(error[some]) / size[some]).mean()))
    else:
        out.lacking("mape", reason="the true values are all zero")
    out.divide("wape", float(np.abs(error).sum()), float(size.sum()), reason="the true values are all zero")
    counts = known.sum(axis=1)
    usable = (counts > 0) & np.isfinite(scale)
    if usable.any():
        out.set("mase", float((np.abs(error).sum(axis=1)[usable] / counts[usable] / scale[usable]).mean()))
    else:
        out.lacking("mase", reason="no series has two seasons of a history that varies")
    out.set("rmse", float(np.sqrt((error[known] ** 2).mean())))
    out.divide("bias", float(error.sum()), float(size.sum()), reason="the true values are all zero")
    return out.done()


def interval_metrics(truth: Floats, low: Floats, middle: Floats, high: Floats, *, level: float) -> Measured:
    """Measure intervals that hold the truth as often as `level`; all of one shape, NaN where there is no interval.

    coverage: the share that lies within. interval_width: Σ width / Σ |truth|.
    pinball: Σ max(q e, (q - 1) e) / Σ |truth|, e = truth - quantile,
    averaged over the levels q = (1 - level) / 2, 0.5, (1 + level) / 2 (Koenker & Bassett 1978).
    """
    known = np.isfinite(truth) & np.isfinite(low) & np.isfinite(middle) & np.isfinite(high)
    if not known.any():
        return nothing(INTERVAL, reason="no interval could be made")
    came, ends = truth[known], [each[known] for each in (low, middle, high)]
    out = Measuring()
    out.set("coverage", float(((came >= ends[0]) & (came <= ends[2])).mean()))
    size = float(np.abs(came).sum())
    out.divide("interval_width", float((ends[2] - ends[0]).sum()), size, reason="the true values are all zero")
    losses = 0.0
    for share, quantile in zip(((1 - level) / 2, 0.5, (1 + level) / 2), ends, strict=True):
        error = came - quantile
        losses += float(np.maximum(share * error, (share - 1) * error).sum())
    out.divide("pinball", losses / 3, size, reason="the true values are all zero")
    return out.done()
