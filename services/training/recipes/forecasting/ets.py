"""Exponential smoothing by statsmodels: a model for each series, formed by the corrected AIC. Imports statsmodels, which takes seconds."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.forecasting import EtsHyperparameters
from libs.quant.candles import Floats
from services.training.learners.run_card import canonical_json
from services.training.learners.unfinished import FitMemory
from services.training.recipes.forecasting.forecaster import STATE, filled_by_season
from services.training.recipes.forecasting.panel import Panel

LONGEST_SEASON: Final = 60
"""Beyond it a season has more states than series have values to learn them from."""
SEASONS_LEAST: Final = 2
PERIODS_LEAST: Final = 10
ITERATIONS: Final = 200
MODELS: Final = "models"
Form = tuple[str | None, bool, str | None]
"""Trend, whether it is damped, and seasonality: each `add` or None."""


@dataclass(frozen=True, slots=True)
class Smoothing:
    """The form and the parameters of one series' model."""

    form: Form
    season: int
    parameters: tuple[float, ...]

    def forecast(self, history: Floats, *, horizon: int) -> Floats:
        """Return forecasts (horizon,): states are made anew of the history (periods,) by the same parameters."""
        with _quietly():
            return np.asarray(_model(history, form=self.form, season=self.season).smooth(np.array(self.parameters)).forecast(horizon))


@dataclass(frozen=True, slots=True)
class Ets:
    """A model for each node; None where its history was too short."""

    models: tuple[Smoothing | None, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        panel: Panel,
        *,
        end: int,
        settings: EtsHyperparameters,
        on_node: Callable[[int], None] = lambda _: None,
        memory: FitMemory | None = None,
    ) -> "Ets":
        """Fit each node to the periods after its last gap before `end`; with a `memory` it goes on where an attempt before was."""
        models = _recalled(memory)
        for place in range(len(models), len(panel.nodes)):
            models.append(_fit(after_gap(panel.values[place, :end]), season=panel.season, settings=settings))
            on_node(place)
            if memory is not None:
                memory.keep({MODELS: _written(models)}, dict)
        return cls(tuple(models), _notes(models, panel, end=end))

    def forecast(self, panel: Panel, *, origin: int, horizon: int) -> Floats:
        """Return forecasts (nodes, horizon)."""
        found = np.full((len(panel.nodes), horizon), np.nan)
        for place, model in enumerate(self.models):
            history = after_gap(panel.values[place, :origin])
            if model is not None and len(history) >= _least(model.form, season=model.season):
                found[place] = model.forecast(history, horizon=horizon)
        return filled_by_season(found, panel, origin=origin)

    @property
    def files(self) -> dict[str, bytes]:
        """The models as JSON, null where there is none."""
        return {STATE: canonical_json({MODELS: _written(self.models)})}

    @property
    def importance(self) -> dict[str, float]:
        """None."""
        return {}

    @classmethod
    def from_json(cls, told: list[Mapping[str, Any] | None]) -> "Ets":
        """Read the models of `files`."""
        return cls(tuple(_read(told)))


def _written(models: Sequence[Smoothing | None]) -> list[JsonObject | None]:
    return [
        None if each is None else {"form": list(each.form), "season": each.season, "parameters": list(each.parameters)} for each in models
    ]


def _read(told: Sequence[Mapping[str, Any] | None]) -> list[Smoothing | None]:
    return [None if each is None else Smoothing(tuple(each["form"]), each["season"], tuple(each["parameters"])) for each in told]


def _recalled(memory: FitMemory | None) -> list[Smoothing | None]:
    found = None if memory is None else memory.recall()
    if memory is None or found is None:
        return []
    models = _read(found[0][MODELS])
    memory.tell(f"Goes on after {len(models)} series, which the attempt before had smoothed")
    return models


def _notes(models: Sequence[Smoothing | None], panel: Panel, *, end: int) -> tuple[str, ...]:
    """Say of how many series there is no model, and why."""
    without = [after_gap(panel.values[place, :end]) for place, each in enumerate(models) if each is None]
    flat = sum(len(each) >= PERIODS_LEAST and np.ptp(each) == 0 for each in without)
    return tuple(
        f"{count} series {why}: one season before stands for them."
        for count, why in (
            (len(without) - flat, "are too short after their last gap to be smoothed"),
            (flat, "have not changed since their last gap, so that there is nothing to smooth"),
        )
        if count
    )


def after_gap(values: Floats) -> Floats:
    """Return the values (periods,) after the last one that is unknown; none where the last one is."""
    gaps = np.flatnonzero(~np.isfinite(values))
    return values[gaps[-1] + 1 :] if len(gaps) else values


def _fit(history: Floats, *, season: int, settings: EtsHyperparameters) -> Smoothing | None:
    best: tuple[float, Smoothing] | None = None
    for form in _forms(settings, season=season):
        if len(history) < _least(form, season=season) or np.ptp(history) == 0:
            continue
        with _quietly():
            found = _model(history, form=form, season=season).fit(disp=False, maxiter=ITERATIONS)
        # The corrected AIC is infinite where there are hardly more values than parameters.
        worth = float(found.aicc)
        if np.isfinite(worth) and (best is None or worth < best[0]):
            best = worth, Smoothing(form, season, tuple(map(float, found.params)))
    return best[1] if best else None


def _forms(settings: EtsHyperparameters, *, season: int) -> list[Form]:
    trends: dict[str, list[tuple[str | None, bool]]] = {"none": [(None, False)], "additive": [("add", False)], "damped": [("add", True)]}
    trends["auto"] = [*trends["none"], *trends["damped"]]
    seasons: dict[str, list[str | None]] = {"none": [None], "additive": ["add"], "auto": ["add", None]}
    usable = seasons[settings.seasonal] if 1 < season <= LONGEST_SEASON else [None]
    return [(trend, damped, seasonal) for trend, damped in trends[settings.trend] for seasonal in usable]


def _least(form: Form, *, season: int) -> int:
    return max(PERIODS_LEAST, SEASONS_LEAST * season + 1 if form[2] else 0)


def _model(history: Floats, *, form: Form, season: int) -> Any:
    trend, damped, seasonal = form
    # Initial states are of the first periods: estimating them takes five times as long, and is forgotten over a history.
    return ETSModel(
        np.ascontiguousarray(history),
        error="add",
        trend=trend,
        damped_trend=damped,
        seasonal=seasonal,
        seasonal_periods=season if seasonal else None,
        initialization_method="heuristic",
    )


def _quietly() -> Any:
    # It warns where an optimum is flat, and what it then has is as good.
    return warnings.catch_warnings(action="ignore")
