"""The one interface of all that forecasts: fitted once, asked from any origin, knowing only what came before; and the simplest two."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from libs.quant.candles import Floats
from services.training.learners.run_card import canonical_json
from services.training.recipes.forecasting.panel import Panel

STATE: Final = "forecaster.json"
"""Where a forecaster keeps what is no table of weights."""


class Forecaster(Protocol):
    """What was fitted to the first periods of a panel."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What should be known of the fit."""
        ...

    @property
    def files(self) -> dict[str, bytes]:
        """What is kept of it, by name: text, JSON or safetensors, nothing that is pickled."""
        ...

    @property
    def importance(self) -> dict[str, float]:
        """Each feature's share, summing to 1; empty where it has none."""
        ...

    def forecast(self, panel: Panel, *, origin: int, horizon: int) -> Floats:
        """Return forecasts (nodes, horizon) of the periods from `origin` on by the values before it; NaN where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class SeasonalNaive:
    """The value of the same part of the last season in which it is known."""

    notes: tuple[str, ...] = ()

    @property
    def files(self) -> dict[str, bytes]:
        """None."""
        return {}

    @property
    def importance(self) -> dict[str, float]:
        """None."""
        return {}

    def forecast(self, panel: Panel, *, origin: int, horizon: int) -> Floats:
        """Return forecasts (nodes, horizon)."""
        found = np.full((len(panel.nodes), horizon), np.nan)
        for step in range(horizon):
            places = np.arange(origin + step - panel.season * (step // panel.season + 1), -1, -panel.season)
            past = panel.values[:, places]
            newest = np.isfinite(past).argmax(axis=1) if len(places) else None
            if newest is not None:
                found[:, step] = past[np.arange(len(past)), newest]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Mean:
    """The mean (nodes,) of what was learned from."""

    means: Floats
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> dict[str, bytes]:
        """The means as JSON, null where none is known."""
        return {STATE: canonical_json({"means": [None if np.isnan(each) else float(each) for each in self.means]})}

    @property
    def importance(self) -> dict[str, float]:
        """None."""
        return {}

    @classmethod
    def fit(cls, panel: Panel, *, end: int) -> "Mean":
        """Take the mean of the first `end` periods of each node; NaN where none is known."""
        values = panel.values[:, :end]
        known = np.isfinite(values)
        total, count = np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1)
        return cls(np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0))

    def forecast(self, panel: Panel, *, origin: int, horizon: int) -> Floats:
        """Return forecasts (nodes, horizon)."""
        del panel, origin
        return np.repeat(self.means[:, None], horizon, axis=1)


def filled_by_season(found: Floats, panel: Panel, *, origin: int) -> Floats:
    """Return forecasts (nodes, horizon), those that could not be made replaced by the value of one season before."""
    missing = ~np.isfinite(found)
    if not missing.any():
        return found
    return np.where(missing, SeasonalNaive().forecast(panel, origin=origin, horizon=found.shape[1]), found)
