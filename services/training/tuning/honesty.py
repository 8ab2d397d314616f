"""What the best of many trials is worth: deflated for their number, overfitting, neighbours, importance. Nothing here fits anything."""

import warnings
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import optuna
from optuna.importance import get_param_importances
from optuna.trial import FrozenTrial, TrialState

from libs.quant.candles import Floats
from libs.quant.deflated import deflated_sharpe_ratio, null_variance
from libs.quant.neighbourhood import Neighbourhood, judge_neighbourhood
from libs.quant.overfitting import Overfitting, block_edges, overfitting_of
from services.training.tuning.measuring import shape_of
from services.training.tuning.rows import Row
from services.training.tuning.search import Direction
from services.training.tuning.space import Space

FEWEST: Final = 2
NO_SHARPE: Final = "the best trial's signals have no Sharpe ratio: they did not trade, or earned the same in each bar"


def best_of(rows: Sequence[Row], *, directions: Sequence[Direction]) -> Row | None:
    """Return the best completed trial by the first objective; the earliest of equals. None where there is none."""
    completed = [row for row in rows if row.status == "completed" and row.values]
    sign = -1 if directions[0] == "maximize" else 1
    return min(completed, key=lambda row: (sign * (row.values or (0.0,))[0], row.number), default=None)


def front_of(rows: Sequence[Row], *, directions: Sequence[Direction]) -> list[Row]:
    """Return the completed trials that no other one beats: as good in all objectives, and better in one; in their order."""
    completed = [row for row in rows if row.status == "completed" and row.values]
    if not completed:
        return []
    signs = np.array([1.0 if each == "maximize" else -1.0 for each in directions])
    values = np.array([row.values for row in completed]) * signs
    kept = []
    for row, own in zip(completed, values, strict=True):
        beaten = (values >= own).all(axis=1) & (values > own).any(axis=1)
        kept += [] if beaten.any() else [row]
    return kept


def count_of(rows: Sequence[Row]) -> int:
    """Return how many different points were looked at, whether to the end or not: that many had the chance to be the best by luck."""
    seen = (row for row in rows if row.status in {"completed", "pruned"})
    return len({tuple(sorted((name, str(value)) for name, value in row.point.items())) for row in seen})


def deflated(rows: Sequence[Row], *, best: Row, trials: int) -> tuple[float | None, str | None]:
    """Return the best trial's deflated Sharpe ratio (`libs/quant/deflated.py`) for so many trials, or why there is none.

    The variance of the tries' ratios is never below what ratios without skill have: trials that a sampler put close together say nothing
    of how far apart all tries were.
    """
    own, shape = best.evidence.get("sharpe"), shape_of(best.evidence)
    if own is None or shape is None:
        return None, NO_SHARPE
    ratios = [each for row in rows if row.status == "completed" and (each := row.evidence.get("sharpe")) is not None]
    bars = int(best.evidence["bars"])
    spread = float(np.var(ratios, ddof=1)) if len(ratios) >= FEWEST else 0.0
    found = deflated_sharpe_ratio(own, bars=bars, shape=shape, trials=max(trials, 1), variance=max(spread, null_variance(bars=bars)))
    return found, None if found is not None else "the moments of so few returns allow no such probability"


def overfit(rows: Sequence[Row], *, best: Row) -> tuple[Overfitting | None, str | None]:
    """Return the probability that the best trial was only lucky (`libs/quant/overfitting.py`), over all that were played on its bars."""
    if "sums" not in best.evidence:
        return None, "there are too few bars for four blocks"
    bars = best.evidence["bars"]
    same = [row.evidence for row in rows if row.status == "completed" and row.evidence.get("bars") == bars]
    edges = block_edges(bars)
    if len(same) < FEWEST or edges is None:
        return None, "there are fewer than two completed trials over the same bars"
    sums, squares = (np.array([each[name] for each in same]).T for name in ("sums", "squares"))
    return overfitting_of(sums, squares, lengths=np.diff(edges)), None


def robustness(rows: Sequence[Row], *, space: Space, direction: Direction) -> Neighbourhood:
    """Return whether the best trial's neighbours are good, too."""
    completed = [row for row in rows if row.status == "completed" and row.values]
    sign = 1.0 if direction == "maximize" else -1.0
    scores: Floats = np.array([sign * row.values[0] for row in completed if row.values])
    return judge_neighbourhood(
        space.places_of([row.point for row in completed]), scores, ordered=np.array([each.is_ordered for each in space.dimensions])
    )


def importance_of(study: optuna.Study, *, objective: int, direction: Direction) -> tuple[dict[str, float], str | None]:
    """Return each hyperparameter's share of what decides whether a trial is among the best tenth, or why there is none.

    PED-ANOVA (Watanabe, Bansal and Hutter 2023), as Optuna computes it; shares sum to 1. Pruned trials have no value, and no say.
    """
    sign = -1.0 if direction == "maximize" else 1.0

    def target(trial: FrozenTrial) -> float:
        return sign * float(trial.values[objective])  # With a target of one's own, less is better, whatever the study's direction.

    completed = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(completed) < FEWEST or len({each.values[objective] for each in completed}) < FEWEST:
        return {}, "there are fewer than two different completed trials"
    with warnings.catch_warnings(action="ignore", category=UserWarning):
        try:
            found: dict[str, Any] = get_param_importances(study, target=target)
        except (ValueError, RuntimeError) as error:
            return {}, str(error)
    return {name: float(share) for name, share in found.items()}, None
