"""LightGBM over lags: one model for all series and steps, of values relative to the size that a series has at the origin."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from libs.contracts.manifests.forecasting import BoostedHyperparameters
from libs.quant.candles import Floats, Integers
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.run_card import canonical_json
from services.training.recipes.boosting import answers, boost, shares, written
from services.training.recipes.forecasting.forecaster import STATE, filled_by_season
from services.training.recipes.forecasting.panel import Panel

BOOSTER: Final = "booster.txt"
SIZED_BY: Final = 24
ROWS_MOST: Final = 150_000
"""Of more, origins are taken evenly."""
ROWS_LEAST: Final = 50
SAME_SEASONS: Final = 2
"""How many of the seasons before are looked at in the same place."""
CODES: Final = ("in_season", "level", "series")
"""Columns of codes, not of sizes."""
FIRST: Final = ("step", "in_season", "level", "series", "season_mean", "trend")


@dataclass(frozen=True, slots=True, eq=False)
class Boosted:
    """A booster, and what its columns are made of."""

    booster: Any
    lags: int
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = field(default=())

    @classmethod
    def fit(
        cls,
        panel: Panel,
        *,
        end: int,
        horizon: int,
        settings: BoostedHyperparameters,
        seed: int,
        on_tree: Callable[[int], None] = lambda _: None,
    ) -> "Boosted":
        """Learn from every origin whose whole horizon lies before `end`. Raise NotEnoughDataError where these are too few."""
        origins = _origins(panel, end=end, horizon=horizon)
        rows, targets = [], []
        for step in range(horizon):
            found, size = _columns(panel, origins=origins, step=step, lags=settings.lags)
            came = (panel.values[:, origins + step] / size).reshape(-1)
            usable = np.isfinite(came)
            rows.append(found[usable])
            targets.append(came[usable])
        x, y = np.concatenate(rows), np.concatenate(targets)
        if len(y) < ROWS_LEAST:
            msg = f"{len(y)} values after a season of history are too few to learn from, {ROWS_LEAST} are needed: take another learner"
            raise NotEnoughDataError(msg, details={"manifest.learner.name": [msg]})
        names = names_of(panel, lags=settings.lags)
        categorical = [names.index(name) for name in CODES]
        # Medians: an item that sold a hundredfold once does not move them.
        booster = boost(
            x, y, settings=settings, objective="regression_l1", seed=seed, categorical=categorical, on_round=lambda done, _: on_tree(done)
        )
        return cls(booster, settings.lags, (), names)

    def forecast(self, panel: Panel, *, origin: int, horizon: int) -> Floats:
        """Return forecasts (nodes, horizon); a series without any history has none."""
        found = np.full((len(panel.nodes), horizon), np.nan)
        for step in range(horizon):
            rows, size = _columns(panel, origins=np.array([origin]), step=step, lags=self.lags)
            found[:, step] = answers(self.booster, rows) * size[:, 0]
        return filled_by_season(found, panel, origin=origin)

    @property
    def files(self) -> dict[str, bytes]:
        """LightGBM's own text, and what its columns are made of."""
        state = canonical_json({"lags": self.lags, "names": list(self.names)})
        return {BOOSTER: written(self.booster), STATE: state}

    @property
    def importance(self) -> dict[str, float]:
        """Each column's share of what splits have gained."""
        return shares(self.booster, self.names)


def names_of(panel: Panel, *, lags: int) -> tuple[str, ...]:
    """Return the names of the columns, in order."""
    same = [f"same_season_{back}" for back in range(1, SAME_SEASONS + 1)]
    return (*FIRST, *same, *(f"lag_{back}" for back in range(1, lags + 1)), *panel.covariates)


def _origins(panel: Panel, *, end: int, horizon: int) -> Integers:
    first = min(panel.season, max(1, (end - horizon) // 2))
    origins = np.arange(first, end - horizon + 1)
    most = max(1, ROWS_MOST // (len(panel.nodes) * horizon))
    return origins if len(origins) <= most else origins[np.unique(np.linspace(0, len(origins) - 1, most).astype(np.int64))]


def _columns(panel: Panel, *, origins: Integers, step: int, lags: int) -> tuple[Floats, Floats]:
    """Return what is known at each origin of the value `step` periods after it (nodes times origins, columns), and sizes (nodes, origins).

    All values are relative to a size: the mean absolute value of the last whole seasons, two dozen periods at least, as a week without
    demand says little of an item's size.
    """
    nodes, count = len(panel.nodes), len(origins)
    sized = panel.season * -(-SIZED_BY // panel.season)
    season = max(sized, lags)
    window = np.stack([_at(panel.values, origins - back) for back in range(1, season + 1)], axis=2)
    size = _mean(np.abs(window[:, :, :sized]))
    size = np.where(size > 0, size, np.nan)
    levels = {name: code for code, name in enumerate(panel.levels)}
    mean = _mean(window[:, :, : panel.season])
    half = max(1, panel.season // 2)
    columns: list[Floats] = [
        np.full((nodes, count), float(step)),
        np.broadcast_to(panel.in_season(origins + step).astype(np.float64), (nodes, count)),
        np.repeat(np.array([float(levels[node.level]) for node in panel.nodes])[:, None], count, axis=1),
        np.repeat(np.arange(nodes, dtype=np.float64)[:, None], count, axis=1),
        mean / size,
        (_mean(window[:, :, :half]) - mean) / size,
    ]
    # Of the seasons before, those whose value is known at the origin.
    nearest = step // panel.season + 1
    columns += [_at(panel.values, origins + step - panel.season * (nearest + back)) / size for back in range(SAME_SEASONS)]
    columns += [window[:, :, back] / size for back in range(lags)]
    ahead = np.minimum(origins + step, panel.known.shape[1] - 1)
    beyond = origins + step >= panel.known.shape[1]
    columns += [np.where(beyond, np.nan, panel.known[:, ahead, place]) for place in range(len(panel.covariates))]
    return np.stack(columns, axis=2).reshape(nodes * count, -1), size


def _at(values: Floats, places: Integers) -> Floats:
    """Return the values (nodes, places), NaN before the first."""
    found: Floats = np.where(places >= 0, values[:, np.maximum(places, 0)], np.nan)
    return found


def _mean(values: Floats) -> Floats:
    """Return the mean over the last axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    found: Floats = np.divide(np.where(known, values, 0.0).sum(axis=-1), count, out=np.full(count.shape, np.nan), where=count > 0)
    return found
