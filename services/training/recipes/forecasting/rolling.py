"""Forecasts from origins that roll through time: what was said from each and what came, with weights and intervals that fit."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.forecasting import ForecastingManifest
from libs.quant.candles import Floats, Integers
from libs.quant.conformal import Conformal
from libs.quant.reconciliation import bottom_up_weights, mint_weights, shrunk_covariance
from services.training.learners.errors import NotEnoughDataError
from services.training.recipes.forecasting.forecaster import Forecaster
from services.training.recipes.forecasting.panel import Panel

SHARE_OF_CALIBRATION: Final = 0.2
"""Of the periods that are learned from, those whose forecasts weights and intervals are made of."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Which periods are learned from.

    A trial fit learns from the first `trial_end`; its forecasts from the `calibration` origins make weights and intervals. The fit that
    counts learns from the first `end`.
    """

    trial_end: int
    end: int
    calibration: Integers


@dataclass(frozen=True, slots=True, eq=False)
class Corrections:
    """What forecasts are corrected by.

    Weights (items, nodes) make them add up, None: nothing does. `reach` (nodes,) is that of the interval one step ahead, NaN where errors
    are too few to say; `growth` (horizon,) is how it grows with steps.
    """

    weights: Floats | None
    reach: Floats
    growth: Floats
    nonnegative: bool
    shrinkage: float | None = None

    def written(self) -> JsonObject:
        """Return them as plain JSON, from which `read` makes the same, bit for bit."""
        return {
            "weights": None if self.weights is None else self.weights.tolist(),
            "reach": [None if np.isnan(each) else float(each) for each in self.reach],
            "growth": self.growth.tolist(),
            "nonnegative": self.nonnegative,
            "shrinkage": self.shrinkage,
        }

    @classmethod
    def read(cls, told: JsonObject) -> "Corrections":
        """Return what was written so."""
        weights = None if told["weights"] is None else np.array(told["weights"], dtype=np.float64)
        reach = np.array([np.nan if each is None else each for each in told["reach"]], dtype=np.float64)
        return cls(weights, reach, np.array(told["growth"], dtype=np.float64), bool(told["nonnegative"]), told["shrinkage"])

    def apply(self, base: Floats, *, panel: Panel) -> Floats:
        """Return forecasts (nodes, horizon) that add up, where they are made to, and are not below zero where demand never was.

        A node without a forecast leaves the others as they are.
        """
        floor = 0.0 if self.nonnegative else -np.inf
        if self.weights is None or not np.isfinite(base).all():
            return np.maximum(base, floor)
        items = self.weights @ base
        kept = np.maximum(items, floor)
        # What was below zero is taken from the others, so that totals are as they were.
        whole, more = np.maximum(items.sum(axis=0), 0.0), kept.sum(axis=0)
        if self.nonnegative:
            kept = kept * np.divide(whole, more, out=np.ones_like(whole), where=more > 0)
        found: Floats = panel.summing @ kept
        return found

    def interval(self, forecast: Floats) -> tuple[Floats, Floats]:
        """Return the ends (nodes, horizon) of the interval."""
        wide = self.reach[:, None] * self.growth[None, : forecast.shape[1]]
        low = forecast - wide
        return np.maximum(low, 0.0) if self.nonnegative else low, forecast + wide


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """Forecasts, what came, and interval ends, each (nodes, origins, horizon); `apart` counts origins at which nothing made them add up."""

    forecast: Floats
    truth: Floats
    low: Floats
    high: Floats
    apart: int = 0


def plan_of(*, end: int, manifest: ForecastingManifest) -> Plan:
    """Return the plan of a fit to the first `end` periods. Raise NotEnoughDataError where these are too few."""
    horizon = manifest.objective.horizon
    calibrating = max(horizon + 1, round(SHARE_OF_CALIBRATION * end))
    trial_end = end - calibrating
    if trial_end < max(2, horizon):
        message = (
            f"{end} periods are too few to learn to forecast {horizon} ahead: {calibrating} make the intervals, so "
            f"{max(trial_end, 0)} are left. Ask for a shorter horizon, or bring a longer history."
        )
        raise NotEnoughDataError(message, details={"manifest.objective.horizon": [message]})
    return Plan(trial_end, end, spread_origins(trial_end, end - horizon, most=manifest.evaluation.calibration_origins))


def corrections_of(trial: Forecaster, panel: Panel, *, plan: Plan, manifest: ForecastingManifest) -> Corrections:
    """Return weights by the errors of the earlier half of the calibration's origins, and intervals by those of the later half.

    Errors are of periods that the trial fit has not seen, of all steps, where Wickramasuriya et al. (2019) take residuals of one step.
    """
    horizon = manifest.objective.horizon
    base, came = _from(trial, panel, origins=plan.calibration, horizon=horizon)
    half = max(1, len(plan.calibration) // 2)
    weights, shrinkage = None, None
    if panel.items < len(panel.nodes):
        match manifest.objective.reconciliation:
            case "bottom_up":
                weights = bottom_up_weights(panel.summing)
            case "mint_shrink":
                errors = (came - base)[:, :half].reshape(len(panel.nodes), -1).T
                covariance, shrinkage = shrunk_covariance(errors, together=horizon)
                weights = mint_weights(panel.summing, covariance=covariance)
            case "none":
                pass
    nonnegative = not (panel.values[:, : plan.end] < 0).any()
    plain = Corrections(weights, np.full(len(panel.nodes), np.nan), np.ones(horizon), nonnegative, shrinkage)
    told = np.stack([plain.apply(base[:, place], panel=panel) for place in range(len(plan.calibration))], axis=1)
    later = slice(half, None) if len(plan.calibration) > 1 else slice(None)
    reach, growth = _reach((came - told)[:, later], level=manifest.evaluation.confidence)
    return replace(plain, reach=reach, growth=growth)


def tell(fitted: Forecaster, panel: Panel, *, origins: Integers, horizon: int, corrections: Corrections) -> Told:
    """Return what is forecast from each origin and what came, NaN where it has not come yet."""
    base, came = _from(fitted, panel, origins=origins, horizon=horizon)
    told, lows, highs = [], [], []
    for place in range(len(origins)):
        forecast = corrections.apply(base[:, place], panel=panel)
        low, high = corrections.interval(forecast)
        told.append(forecast)
        lows.append(low)
        highs.append(high)
    whole = np.isfinite(base).all(axis=(0, 2))
    apart = 0 if corrections.weights is None else int((~whole).sum())
    return Told(np.stack(told, axis=1), came, np.stack(lows, axis=1), np.stack(highs, axis=1), apart)


def _from(fitted: Forecaster, panel: Panel, *, origins: Integers, horizon: int) -> tuple[Floats, Floats]:
    """Return base forecasts and what came, each (nodes, origins, horizon)."""
    base = np.stack([fitted.forecast(panel, origin=int(origin), horizon=horizon) for origin in origins], axis=1)
    ahead = np.concatenate([panel.values, np.full((len(panel.nodes), horizon), np.nan)], axis=1)
    came = np.stack([ahead[:, origin : origin + horizon] for origin in origins], axis=1)
    return base, came


def _reach(errors: Floats, *, level: float) -> tuple[Floats, Floats]:
    """Return how far each node's interval reaches at the first step (nodes,), and how it grows with steps (horizon,).

    Split conformal by node over origins and steps, each |error| divided by how much larger than the first step's it usually is.
    """
    size = np.abs(errors)
    own = _means(size, axis=(1, 2))
    relative = size / np.where(own > 0, own, np.nan)[:, None, None]
    by_step = _means(relative, axis=(0, 1))
    # Later steps are no surer than earlier ones, and one lucky step is no rule.
    growth = np.maximum.accumulate(np.where(np.isfinite(by_step) & (by_step > 0), by_step, 1e-9))
    growth = growth / growth[0] if growth[0] > 1e-6 else np.ones_like(growth)  # noqa: PLR2004 - a first step without any error
    reach = np.full(len(errors), np.nan)
    for place, scores in enumerate(size / growth):
        known = scores[np.isfinite(scores)]
        found = Conformal.of(known.tolist(), kind="residual")
        widest = found.reach(level) if found else None
        reach[place] = np.nan if widest is None else widest
    return reach, growth


def _means(values: Floats, *, axis: Any) -> Floats:
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    found: Floats = np.divide(np.where(known, values, 0.0).sum(axis=axis), count, out=np.full(count.shape, np.nan), where=count > 0)
    return found


def spread_origins(first: int, last: int, *, most: int) -> Integers:
    """Return up to `most` origins from first to last, evenly, the last among them."""
    origins = np.arange(first, max(first, last) + 1)
    if len(origins) <= most:
        return origins
    return origins[np.unique(np.linspace(len(origins) - 1, 0, most).round().astype(np.int64))]
