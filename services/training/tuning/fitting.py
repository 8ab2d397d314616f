"""One fold of one trial: the learner is fitted, judged on rows that it has not seen, and its signals are played over their time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.candles import Floats, Integers
from libs.quant.costs import Costs
from libs.quant.measured import Measured
from libs.quant.playing import Rules, hold, play_positions, positions_of
from libs.quant.trading import returns_of
from services.training.learners.judging import judge, simplest_guess
from services.training.learners.learner import Epoch, Fitted, Inputs, Sample, loss_of, probabilities
from services.training.tuning.ground import Ground

Point = Mapping[str, HyperparameterValue]
Check = Callable[[], None]


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """What was earned over one group of bars: simple returns (bars,), the same where trading costs twice as much, and when bars closed.

    `traded` is the value that was bought and sold, in times of the equity.
    """

    group: int
    time: Integers
    returns: Floats
    dearer: Floats
    traded: float
    bars_per_year: float


@dataclass(frozen=True, slots=True, eq=False)
class FoldDone:
    """What one fold has shown."""

    metrics: Mapping[str, float | None]
    reasons: Mapping[str, str]
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What a model fitted on all that is searched has shown on the hold-out, beside the simplest guess and buy and hold."""

    metrics: Mapping[str, float | None]
    reasons: Mapping[str, str]
    path: Path | None
    guess: Mapping[str, Any]
    bought: Floats


def fit_fold(ground: Ground, point: Point, step: int, check: Check) -> FoldDone:
    """Fit on a fold's training rows, and measure. Raise what the learner refuses."""
    settings = ground.settings(point)
    made = ground.rows(settings)
    fold, table = made.folds[step], made.table.part(made.searched)
    learned, unseen = table.sample(fold.split.train), table.sample(fold.split.test)
    fitted = _fit(ground, settings, learned, watched=unseen, check=check)
    measured = _measured(fitted, unseen)
    rules, paths = ground.rules(settings, learned=learned.rows), []
    for group, (opens, closes) in zip(fold.groups, fold.spans, strict=True):
        found = _played(fitted, ground, opens=opens, closes=closes, rules=rules, group=group)
        paths += [found] if found else []
    return FoldDone(dict(measured.values), dict(measured.reasons), tuple(paths))


def fit_held(ground: Ground, point: Point, check: Check) -> Held:
    """Fit on everything that is searched, and measure on the hold-out."""
    settings = ground.settings(point)
    rows = ground.rows(settings)
    assert rows.holdout is not None
    unseen = rows.table.sample(rows.holdout.test)
    training = rows.table.sample(rows.searched)
    fitted = _fit(ground, settings, training, watched=None, check=check)
    measured = _measured(fitted, unseen)
    opens = ground.holdout_opens(rows)
    learned, classes = rows.table.targets[rows.searched], ground.classes
    name, guess, _ = simplest_guess(learned, unseen.targets, classification=bool(classes), classes=classes)
    bought = returns_of(hold(ground.parts(opens, None)).equity)
    rules = ground.rules(settings, learned=training.rows)
    path = _played(fitted, ground, opens=opens, closes=None, rules=rules, group=0)
    return Held(dict(measured.values), dict(measured.reasons), path, {name: guess}, bought)


def _fit(ground: Ground, settings: Point, training: Sample, *, watched: Sample | None, check: Check) -> Fitted:
    def on_epoch(_: Epoch) -> None:
        check()

    check()
    return ground.learner(settings).fit(training, watched=watched, on_epoch=on_epoch)


def _measured(fitted: Fitted, unseen: Sample) -> Measured:
    """Return the learner's own metrics on rows that it has not seen, and its loss: log loss, or the mean squared error."""
    scores = fitted.scores(unseen.rows)
    loss, _ = loss_of(scores, unseen.targets, scale=fitted.scale)
    return judge(scores, unseen.targets, scale=fitted.scale) | Measured({"loss": loss})


def _played(fitted: Fitted, ground: Ground, *, opens: int, closes: int | None, rules: Rules, group: int) -> Path | None:
    """Play the model's signals over a stretch of time, and the same signals where trading costs twice as much."""
    parts = ground.parts(opens, closes)
    if not parts:
        return None
    wanted = [positions_of(partial(_answers, fitted), part, rules=rules) for part in parts]
    played = play_positions(wanted, parts)
    dearer = play_positions(wanted, [replace(part, costs=_twice(part.costs)) for part in parts])
    trades = played.trades
    # What was put in is bought once and sold once; both in times of what there was then, at the mean.
    traded = float((2 * trades.stake + trades.profit).sum() / played.equity.mean()) if len(trades) else 0.0
    return Path(group, played.time, returns_of(played.equity), returns_of(dearer.equity), traded, played.bars_per_year)


def _twice(costs: Costs) -> Costs:
    return replace(costs, commission=2 * costs.commission, slippage=2 * costs.slippage)


def _answers(fitted: Fitted, rows: Inputs) -> NDArray[Any]:
    """Return the predicted classes, or values."""
    scores = fitted.scores(rows)
    return scores[:, 0] if fitted.scale == "value" else np.asarray(probabilities(scores, scale=fitted.scale).argmax(axis=1))
