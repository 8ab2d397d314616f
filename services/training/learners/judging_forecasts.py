"""How good forecasts of the close and their intervals are, beside the simplest of them: that the close stays where it is."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from libs.quant.candles import Floats, Integers
from libs.quant.forecasts import close_metrics, interval_metrics
from libs.quant.measured import Measured
from libs.quant.metrics import regression_metrics
from libs.quant.windows import Windows
from services.training.learners.learner import Fitted, Sample
from services.training.learners.series import Series
from services.training.learners.table import Table

LAST_VALUE = "last_value"


@runtime_checkable
class Forecasting(Protocol):
    """What a fitted forecaster has besides."""

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantiles it says."""
        ...

    def scores(self, rows: Windows) -> Floats:
        """Return the median of the simple return over the horizon (rows, 1)."""
        ...

    def quantiles(self, rows: Windows) -> Floats:
        """Return quantiles of the cumulative log return up to each bar of the horizon (rows, horizon, levels)."""
        ...

    def paths(self, rows: Windows) -> Floats:
        """Return the cumulative log returns that came (rows, horizon)."""
        ...


def forecast_metrics(fitted: Fitted, sample: Sample, *, series: Sequence[Series]) -> Measured:
    """Return what is measured of a forecaster alone; nothing for other models."""
    if not isinstance(fitted, Forecasting) or not isinstance(sample.rows, Windows):
        return Measured({})
    point = close_metrics(_latest(sample.rows, series), truth=sample.targets, predicted=fitted.scores(sample.rows)[:, 0])
    return point | interval_metrics(fitted.paths(sample.rows), fitted.quantiles(sample.rows), levels=fitted.levels)


def last_value_metrics(fitted: Fitted, sample: Sample, *, series: Sequence[Series]) -> Measured | None:
    """Return what the forecast of an unchanged close would be measured with; None for models that forecast no close."""
    if not isinstance(fitted, Forecasting) or not isinstance(sample.rows, Windows):
        return None
    still = np.zeros(len(sample))
    return regression_metrics(sample.targets, still) | close_metrics(_latest(sample.rows, series), truth=sample.targets, predicted=still)


def unchanged_metrics(column: str | None, table: Table, rows: Integers, *, series: Sequence[Series]) -> Measured | None:
    """Return what saying that a further column stays as it is would be measured with, on these rows of a table; None without a column.

    A row at which it has no value yet counts as none.
    """
    if column is None:
        return None
    now = np.full(len(rows), np.nan)
    for place, each in enumerate(series):
        own = table.symbol[rows] == place
        now[own] = each.candles.columns[column][np.searchsorted(each.candles.time, table.time[rows[own]])]
    known = np.isfinite(now)
    return regression_metrics(table.targets[rows][known], now[known]) if known.any() else None


def _latest(rows: Windows, series: Sequence[Series]) -> Floats:
    """Return the close at the end of each window; a table's windows lie in the bars of all series, one after the other."""
    return np.concatenate([each.candles.close for each in series])[rows.last]
