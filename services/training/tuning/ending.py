"""What comes after the last trial: the best one on the hold-out, beside the defaults and the simplest guess, and again with other seeds."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from libs.chassis.errors import InvalidError
from libs.contracts.tuning import SeedsNoise
from libs.quant.measured import Measured
from libs.quant.trading import sharpe_ratio
from services.training.tuning.fitting import Held, fit_fold, fit_held
from services.training.tuning.ground import SEED, Ground
from services.training.tuning.measuring import OWN, measure, named, ratios_of
from services.training.tuning.rows import Row
from services.training.tuning.slots import Slots

SEEDS: Final = 3
"""The best trial is done again with so many other seeds."""
UNTUNED: Final = "untuned"


@dataclass(frozen=True, slots=True)
class Ending:
    """What was measured of the best trial: on the hold-out, of what it is compared with there, and with other seeds."""

    holdout: Measured
    baselines: Mapping[str, Mapping[str, Any]]
    noise: SeedsNoise | None


def end(best: Row, *, ground: Ground, slots: Slots, objective: str) -> Ending:
    """Measure, all side by side. The hold-out is looked at by the best trial alone, and nothing is chosen by it."""
    held = slots.begin(fit_held, dict(best.point)) if ground.has_holdout else None
    defaults = slots.begin(fit_held, {}) if ground.has_holdout else None
    again = _begin_again(best, ground=ground, slots=slots)
    if held is None or defaults is None:
        return Ending(Measured({}, {"holdout_metrics": "no part of the time was held out"}), {}, _noise(again, objective=objective))
    found: Held = held.result()
    return Ending(_told(found), _baselines(found, defaults), _noise(again, objective=objective))


def _begin_again(best: Row, *, ground: Ground, slots: Slots) -> list[list[Future[Any]]]:
    """Have all folds of the best trial done with other seeds."""
    settings = ground.settings(best.point)
    folds, own = len(ground.rows(settings).folds), settings.get(SEED)
    if not isinstance(own, int) or SEED in best.point:
        return []
    return [
        [slots.begin(fit_fold, {**best.point, SEED: (own + more) % 2**31}, fold) for fold in range(folds)] for more in range(1, SEEDS + 1)
    ]


def _noise(again: list[list[Future[Any]]], *, objective: str) -> SeedsNoise | None:
    values = [value for each in again if (value := _value(each, objective=objective)) is not None]
    if not again:
        return None
    return SeedsNoise(
        metric=objective,
        seeds=len(values),
        mean=float(np.mean(values)) if values else None,
        std=float(np.std(values, ddof=1)) if len(values) > 1 else None,
    )


def _value(folds: list[Future[Any]], *, objective: str) -> float | None:
    try:
        return measure([fold.result() for fold in folds]).metrics.values.get(objective)
    except InvalidError:
        return None  # With this seed the learner refuses, as it may a trial.


def _told(held: Held) -> Measured:
    own = named(Measured(dict(held.metrics), dict(held.reasons)), OWN)
    return own | ratios_of(held.path) if held.path else own


def _baselines(held: Held, defaults: Future[Any]) -> dict[str, Mapping[str, Any]]:
    """Return what the best trial has to beat on the same bars: guessing, holding, and the hyperparameters that it had before."""
    per_year = held.path.bars_per_year if held.path else 1.0
    bought = {"sharpe": sharpe_ratio(held.bought, bars_per_year=per_year), "total_return": float(np.prod(1.0 + held.bought) - 1.0)}
    found: dict[str, Mapping[str, Any]] = {**held.guess, "buy_and_hold": bought}
    try:
        plain: Held = defaults.result()
    except InvalidError as error:
        return found | {UNTUNED: {"reason": error.message}}
    return found | {UNTUNED: dict(_told(plain).values)}
