"""Purged k-fold validation, one finished fold at a time: a later attempt takes over what an earlier one finished."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from libs.contracts.training_config import CheckedConfig
from libs.quant.candles import Floats
from libs.quant.measured import Measured
from libs.quant.splits import Split
from services.training.learners.calibrating import held_out, method_of
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.folding import Stretch, Tested, rule_of, stretch_of, tested_of
from services.training.learners.judging import judge, most_telling
from services.training.learners.learner import Epoch, Fitted, Inputs, Learner
from services.training.learners.narrator import EACH_FOLD, Narrator
from services.training.learners.progress import Checkpoints
from services.training.learners.table import FEWEST_TEST_ROWS, FEWEST_TRAINING_ROWS, Table
from services.training.learners.unfinished import Memory, with_memory


@dataclass(frozen=True, slots=True)
class Fold:
    """A fold's out-of-fold metrics, its loss after each epoch: (epoch, loss) pairs, and what its signals made of each tested group.

    `said` (rows, classes) are the chances of its held-out rows, and `truth` (rows,) their classes, where probabilities are calibrated.
    """

    metrics: dict[str, float | None]
    reasons: dict[str, str]
    losses: list[tuple[int, float]]
    stretches: list[Stretch] = field(default_factory=list)
    said: list[list[float]] = field(default_factory=list)
    truth: list[int] = field(default_factory=list)


# From a fitted model, and the first and last close of a stretch of time, to its signals' returns, bar by bar.
Plays = Callable[[Fitted, Inputs, int, int], Floats]


@dataclass(frozen=True, slots=True)
class Validation:
    """Runs the folds of one training. `key` names everything that decides their numbers; a checkpoint with another key is not used.

    Where `plays` is given, each fold's signals are played over what it tests on.
    """

    learner: Learner
    table: Table
    config: CheckedConfig
    job_id: str
    key: str
    checkpoints: Checkpoints
    narrator: Narrator
    plays: Plays | None = None

    def __call__(self) -> list[Fold]:
        """Return the folds' results, those in the checkpoint as they were. Raises NotEnoughDataError."""
        tested = self._splits()
        if not tested:
            return []
        finished, results = self._finished(), list[Fold]()
        for number, split in enumerate(tested, start=1):
            self.narrator.begin_fit(f"validating fold {number} of {len(tested)}", "")
            start = self.narrator.step
            if number <= len(finished):
                results.append(finished[number - 1])
                words = "taken over from the attempt before"
            else:
                results.append(self._run(split, number=number))
                self.checkpoints.save({"job_id": self.job_id, "key": self.key, "folds": [asdict(fold) for fold in results]})
                words = most_telling(results[-1].metrics)
            self.narrator.say(f"Fold {number} of {len(tested)}: {words}", metrics=results[-1].metrics)
            self.narrator.end_of(start=start, steps=EACH_FOLD)
        return results

    def _splits(self) -> list[Tested]:
        try:
            return tested_of(self.table, rule=rule_of(self.config), horizon=self.config.horizon)
        except ValueError as error:
            msg = f"The folds cannot be made: {error}"
            raise _too_many_folds(msg) from error

    def _finished(self) -> list[Fold]:
        state = self.checkpoints.load()
        if state is None:
            return []
        if state.get("key") != self.key:
            self.narrator.warn("What an earlier attempt finished rests on other candles or libraries: it begins anew")
            return []
        return [_fold_from(each) for each in state["folds"]]

    def _run(self, tested: Tested, *, number: int) -> Fold:
        split: Split = tested.split
        if len(split.train) < FEWEST_TRAINING_ROWS // 2 or len(split.test) < FEWEST_TEST_ROWS // 2:
            msg = f"Fold {number} has {len(split.train)} rows to learn from and {len(split.test)} to test on"
            raise _too_many_folds(msg)
        training, unseen = self.table.sample(split.train), self.table.sample(split.test)
        if self.table.classes is not None and np.unique(training.targets).size == 1:
            msg = f"Fold {number} has rows of one class only to learn from"
            raise _too_many_folds(msg)
        losses: list[tuple[int, float]] = []
        told = self.narrator.epochs(steps=EACH_FOLD, noun="")

        def on_epoch(epoch: Epoch) -> None:
            losses.append((epoch.number, epoch.loss))
            told(epoch)

        memory = Memory(self.checkpoints, f"{self.key} fold {number}", self.narrator.say)
        fitted = with_memory(self.learner, memory).fit(training, watched=unseen, on_epoch=on_epoch)
        scores = fitted.scores(unseen.rows)
        measured = judge(scores, unseen.targets, scale=fitted.scale)
        said: tuple[list[list[float]], list[int]] = ([], [])
        if method_of(self.config):
            said = held_out(scores, unseen.targets, scale=fitted.scale, folds=len(self._splits()))
        return Fold(dict(measured.values), dict(measured.reasons), losses, self._played(fitted, training.rows, tested), *said)

    def _played(self, fitted: Fitted, learned: Inputs, tested: Tested) -> list[Stretch]:
        if self.plays is None:
            return []
        spans = zip(tested.groups, tested.spans, strict=True)
        return [stretch_of(self.plays(fitted, learned, first, last), group=group) for group, (first, last) in spans]


def held_out_of(folds: list[Fold]) -> tuple[list[list[float]], list[int]]:
    """Return what all folds said of their held-out rows (rows, classes), and the classes of these (rows,)."""
    return [row for fold in folds for row in fold.said], [label for fold in folds for label in fold.truth]


def mean_of(folds: list[Fold]) -> Measured:
    """Return each metric's mean over the folds that have it; None, with a fold's reason, where none has."""
    values: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    for name in folds[0].metrics:
        known = [value for fold in folds if (value := fold.metrics[name]) is not None]
        values[name] = float(np.mean(known)) if known else None
        if not known:
            reasons[name] = folds[0].reasons[name]
    return Measured(values, reasons)


def best_epoch(folds: list[Fold]) -> Measured:
    """Return the epoch with the lowest mean loss over the folds, out of fold; None where there is nothing to choose from."""
    name = "best_epoch"
    shortest = min((len(fold.losses) for fold in folds), default=0)
    if not folds:
        return Measured({name: None}, {name: "there are no folds to choose an epoch by"})
    if shortest <= 1:
        return Measured({name: None}, {name: "this learner has a single solution, so there is no epoch to choose"})
    losses = np.mean([[loss for _, loss in fold.losses[:shortest]] for fold in folds], axis=0)
    return Measured({name: folds[0].losses[int(losses.argmin())][0]})


def _fold_from(state: Mapping[str, Any]) -> Fold:
    losses = [(int(epoch), float(loss)) for epoch, loss in state["losses"]]
    stretches = [Stretch(**each) for each in state.get("stretches", ())]
    said = ([*state.get("said", ())], [*state.get("truth", ())])
    return Fold(dict(state["metrics"]), dict(state["reasons"]), losses, stretches, *said)


def _too_many_folds(message: str) -> NotEnoughDataError:
    whole = (
        f"{message}. Ask for fewer cross_validation_folds, for more days or symbols, or for a shorter sequence_length where there is one"
    )
    return NotEnoughDataError(whole, details={"training_config": [whole]})
