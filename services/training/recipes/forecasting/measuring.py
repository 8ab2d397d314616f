"""What forecasts are worth: figures over the items, level by level, and of the series that went worst."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.demand import interval_metrics, point_metrics, seasonal_scale
from libs.quant.measured import Measured
from services.training.recipes.forecasting.panel import Panel
from services.training.recipes.forecasting.rolling import Told

NAMES: Final = ("wape", "mase", "mape", "rmse", "bias", "coverage", "interval_width", "pinball", "total_wape", "incoherence", "skill")
ROWS_MOST: Final = 200
SAMPLES_LEAST: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Measuring:
    """How forecasts of a panel are measured: `scale` (nodes,) is that of MASE by what was learned from, `level` that of intervals."""

    panel: Panel
    scale: Floats
    level: float

    @classmethod
    def of(cls, panel: Panel, *, end: int, level: float) -> "Measuring":
        """Take MASE's scale of the first `end` periods, so that it is no more than was known."""
        return cls(panel, seasonal_scale(panel.values[:, :end], season=panel.season), level)

    def metrics(self, told: Told) -> Measured:
        """Return all figures but `skill`: of the items, and of the total the wape; `incoherence` is how far forecasts are from adding up.

        incoherence: the largest |node - sum of its items| over the mean absolute forecast of the total; 0 where forecasts are reconciled.
        """
        items = self._of(told, nodes=np.arange(len(self.panel.nodes) - self.panel.items, len(self.panel.nodes)))
        whole = self._of(told, nodes=np.array([0]))
        out = Measured(
            {**items.values, "total_wape": whole.values["wape"], "incoherence": self._incoherence(told)},
            {**items.reasons, **({"total_wape": whole.reasons["wape"]} if "wape" in whole.reasons else {})},
        )
        if out.values["incoherence"] is None:
            return out | Measured({}, {"incoherence": "no forecast was made of all series at once"})
        return out

    def by_level(self, told: Told) -> tuple[dict[str, Any], ...]:
        """Return a row a level: its series and figures."""
        rows = []
        for name, places in self.panel.levels.items():
            measured = self._of(told, nodes=places)
            shown = ("wape", "mase", "mape", "bias", "coverage", "interval_width", "pinball")
            rows.append({"level": name, "series": len(places), **{each: measured.values[each] for each in shown}})
        return tuple(rows)

    def by_series(self, told: Told) -> tuple[dict[str, Any], ...]:
        """Return a row a series, those that went worst first by MASE, as many as are kept."""
        rows: list[dict[str, Any]] = []
        for place, node in enumerate(self.panel.nodes):
            measured = self._of(told, nodes=np.array([place]))
            shown = {each: measured.values[each] for each in ("wape", "mase", "bias", "coverage")}
            rows.append({"level": node.level, "name": node.name, "place": " / ".join(node.place), **shown})
        rows.sort(key=lambda row: -(row["mase"] if row["mase"] is not None else -1.0))
        return tuple(rows[:ROWS_MOST])

    def by_step(self, told: Told) -> dict[str, list[tuple[float, float]]]:
        """Return WAPE of the items by how many periods ahead, and the coverage of their intervals."""
        first = len(self.panel.nodes) - self.panel.items
        wape: list[tuple[float, float]] = []
        coverage: list[tuple[float, float]] = []
        for step in range(told.forecast.shape[2]):
            part = np.s_[first:, :, step : step + 1]
            one = Told(told.forecast[part], told.truth[part], told.low[part], told.high[part])
            point = point_metrics(one.truth, one.forecast, scale=self.scale[first:])
            held = interval_metrics(one.truth, one.low, one.forecast, one.high, level=self.level)
            for found, value in ((wape, point.values["wape"]), (coverage, held.values["coverage"])):
                if value is not None:
                    found.append((float(step + 1), value))
        return {"wape": wape, "coverage": coverage}

    def wape_samples(self, told: Told, *, resamples: int, seed: int) -> Floats:
        """Return WAPEs (resamples,) of items drawn with replacement; empty where there are too few of them."""
        first = len(self.panel.nodes) - self.panel.items
        truth, forecast = told.truth[first:].reshape(self.panel.items, -1), told.forecast[first:].reshape(self.panel.items, -1)
        known = np.isfinite(truth) & np.isfinite(forecast)
        error = np.where(known, np.abs(forecast - np.where(known, truth, 0.0)), 0.0).sum(axis=1)
        size = np.where(known, np.abs(truth), 0.0).sum(axis=1)
        if self.panel.items < SAMPLES_LEAST or size.sum() == 0:
            return np.array([])
        drawn = np.random.default_rng(seed).integers(0, self.panel.items, size=(resamples, self.panel.items))
        total = size[drawn].sum(axis=1)
        found: Floats = error[drawn].sum(axis=1)[total > 0] / total[total > 0]
        return found

    def _of(self, told: Told, *, nodes: Any) -> Measured:
        truth, forecast, low, high = (each[nodes] for each in (told.truth, told.forecast, told.low, told.high))
        point = point_metrics(truth, forecast, scale=self.scale[nodes])
        return point | interval_metrics(truth, low, forecast, high, level=self.level)

    def _incoherence(self, told: Told) -> float | None:
        items = told.forecast[len(self.panel.nodes) - self.panel.items :]
        gap = np.abs(np.tensordot(self.panel.summing, items, axes=1) - told.forecast)
        size = float(np.abs(np.nan_to_num(told.forecast[0])).mean())
        if not np.isfinite(gap).any() or size == 0:
            return None
        # Sums of doubles differ in their last places.
        return round(float(np.nanmax(gap)) / size, 9)


def with_skill(own: Measured, *, beside: Measured, baseline: str) -> Measured:
    """Return figures with `skill`: 1 - mase / mase of the baseline, above 0 where it is better; by wape where MASE is not to be had."""
    for name in ("mase", "wape"):
        one, other = own.values[name], beside.values[name]
        if one is not None and other:
            return own | Measured({"skill": 1.0 - one / other})
    return own | Measured({"skill": None}, {"skill": f"{baseline} was never off, or there is nothing to measure"})
