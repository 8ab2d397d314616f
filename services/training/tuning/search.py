"""The search: trials are asked of Optuna, done side by side, told in their order, and kept, so that the same seed tries the same.

Trial n is asked when all trials up to n - `parallel` have been told, whichever of the others ends first, and trials are told in the order
in which they were asked. So what is known when a trial is drawn depends on no clock. With a pruner the trials go in rounds of `parallel`,
fold by fold, since what is pruned depends on what the others have shown by then.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState, create_trial

from libs.chassis.errors import InvalidError, UnavailableError
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.training.tuning.rows import Row
from services.training.tuning.samplers import make_pruner, make_sampler
from services.training.tuning.slots import StoppedError
from services.training.tuning.space import Space
from services.training.tuning.work import Outcome, Work

# Nothing has ended well by then: the request is at fault, and not some of its points.
HOPELESS: Final = 10
# What is no fault of one point: the search is over, something is away, or there is no memory for any.
ENDS_ALL: Final = (StoppedError, UnavailableError, MemoryError)
REASON_MOST: Final = 200
STATES: Final = {
    "running": TrialState.RUNNING,
    "completed": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}
Direction = Literal["minimize", "maximize"]
Ended = Literal["max_trials", "grid", "early_stopping"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a space is searched. `patience` trials without a gain of more than `min_delta` end it; None for as many as there are.

    Trials without a gain are counted from number `counted_from` on: a search that is extended has its patience anew.
    """

    space: Space
    directions: tuple[Direction, ...]
    sampler: str
    pruner: str
    seed: int
    trials: int
    parallel: int
    patience: int | None = None
    counted_from: int = 0
    min_delta: float = 0.0


@dataclass(slots=True)
class _Trial:
    """A trial under way: its steps begun, and what came of those done; `twin` is a trial that has ended at the same point."""

    row: Row
    begun: list[Future[Any]] = field(default_factory=list)
    done: list[Any] = field(default_factory=list)
    twin: Row | None = None


class Search:
    """One search. `rows` are those of a search before that this one goes on from; `keep` hears of all rows after each change."""

    def __init__(self, plan: Plan, *, work: Work, rows: Sequence[Row], keep: Callable[[Sequence[Row]], None]) -> None:
        self._plan, self._work, self._keep = plan, work, keep
        self._rows = {row.number: row for row in rows}
        self._grid = plan.space.grid(seed=plan.seed) if plan.sampler == "grid" else None
        self._most = min(plan.trials, len(self._grid)) if self._grid is not None else plan.trials
        self._study = optuna.create_study(
            directions=list(plan.directions), pruner=make_pruner(plan.pruner, steps=work.steps), study_name=f"seed {plan.seed}"
        )
        self._distributions = plan.space.distributions()
        for row in rows:
            self._study.add_trial(self._frozen(row))
        self._running = [_Trial(row) for row in rows if row.status == "running"]

    @property
    def rows(self) -> list[Row]:
        """All trials, in their order."""
        return [self._rows[number] for number in sorted(self._rows)]

    def told(self) -> list[FrozenTrial]:
        """Return what Optuna knows of the trials."""
        return [each for each in self._study.get_trials(deepcopy=False) if each.state != TrialState.RUNNING]

    @property
    def study(self) -> optuna.Study:
        """The study, for what Optuna computes of it."""
        return self._study

    def run(self) -> Ended:
        """Search until there is an end; say which. Raise InvalidError when nothing can be tried."""
        ended = self._end()
        for trial in self._running if ended is None else ():
            self._begin(trial)
        while ended is None:
            self._fill()
            if self._plan.pruner == "none":
                self._settle_oldest()
            else:
                self._settle_round()
            ended = self._end()
        self._let_go()
        return ended

    def _let_go(self) -> None:
        """End the trials that still run: the search has ended early, and nobody waits for them."""
        if self._running:
            self._work.stop()
        for trial in self._running:
            del self._rows[trial.row.number]
        self._running = []

    def _end(self) -> Ended | None:
        told = len(self._rows) - len(self._running)
        if told >= HOPELESS and not any(row.status in {"completed", "pruned"} for row in self._rows.values()):
            raise _hopeless(self.rows)
        if self._is_stale():
            return "early_stopping"
        if told < self._most:
            return None
        if not any(row.status == "completed" for row in self._rows.values()):
            raise _hopeless(self.rows)
        return "grid" if self._grid is not None and self._most == len(self._grid) else "max_trials"

    def _is_stale(self) -> bool:
        """Tell whether the last `patience` trials, in their order, have brought no gain of more than `min_delta`."""
        plan = self._plan
        if plan.patience is None or len(plan.directions) > 1:
            return False
        sign, best, since = (1 if plan.directions[0] == "maximize" else -1), None, 0
        for row in self.rows:
            if row.status == "running":
                break
            gained = row.status == "completed" and row.values is not None and (best is None or sign * row.values[0] > best + plan.min_delta)
            if gained and row.values is not None:
                best, since = sign * row.values[0], 0
            elif best is not None and row.number >= plan.counted_from:
                since += 1
        return since >= plan.patience

    def _fill(self) -> None:
        """Ask for as many trials as run side by side."""
        if self._plan.pruner != "none" and self._running:
            return
        asked = []
        while len(self._running) < self._plan.parallel and len(self._rows) < self._most:
            trial = _Trial(self._ask())
            self._running.append(trial)
            asked.append(trial)
        if asked:
            self._keep(self.rows)  # Before they begin: whoever goes on tries the same points.
        for trial in asked:
            self._begin(trial)

    def _ask(self) -> Row:
        number = len(self._rows)
        self._study.sampler = make_sampler(self._plan.sampler, seed=self._plan.seed, trial=number)
        if self._grid is not None:
            self._study.enqueue_trial(self._grid[number])
        asked = self._study.ask(self._distributions)
        raws = dict(asked.params)
        row = Row(
            number=number,
            trial_id=new_id("trial"),
            status="running",
            raws=raws,
            point=self._plan.space.point_of(raws),
            began=now().isoformat(),
            notes=self._notes(number),
        )
        self._rows[number] = row
        return row

    def _notes(self, number: int) -> dict[str, Any]:
        return dict(self._study.get_trials(deepcopy=False)[number].system_attrs)

    def _begin(self, trial: _Trial) -> None:
        if self._plan.pruner == "none":
            # What was done once is not done again: a trial's numbers come of its point alone.
            trial.twin = next((row for row in self._rows.values() if row.status == "completed" and row.raws == trial.row.raws), None)
        # With a pruner each step may be the last one.
        steps = 0 if trial.twin else 1 if self._plan.pruner != "none" else self._work.steps
        trial.begun = [self._work.begin(trial.row.point, step=step) for step in range(steps)]

    def _settle_oldest(self) -> None:
        """Wait until the oldest trial has ended, and tell of it."""
        oldest = self._running.pop(0)
        wait(oldest.begun)
        self._close(oldest, [each.exception() or each.result() for each in oldest.begun])
        self._keep(self.rows)

    def _settle_round(self) -> None:
        """Do all trials of a round, fold by fold, and tell of them."""
        live, pruned = list(self._running), set()
        for step in range(self._work.steps):
            wait([trial.begun[step] for trial in live])
            going = []
            for trial in live:
                broken = trial.begun[step].exception()
                trial.done.append(broken or trial.begun[step].result())
                if broken is None and step < self._work.steps - 1:
                    if self._is_pruned(trial, step=step):
                        pruned.add(trial.row.number)
                    else:
                        going.append(trial)
            for trial in going:
                trial.begun.append(self._work.begin(trial.row.point, step=step + 1))
            live = going
        for trial in self._running:
            self._close(trial, trial.done, pruned=trial.row.number in pruned)
        self._running = []
        self._keep(self.rows)

    def _is_pruned(self, trial: _Trial, *, step: int) -> bool:
        value = self._work.so_far(trial.done if self._plan.pruner != "wilcoxon" else trial.done[-1:])
        if value is None:
            return False
        known = Trial(self._study, self._study.get_trials(deepcopy=False)[trial.row.number]._trial_id)  # noqa: SLF001 - Optuna's own way to a trial
        known.report(value, step)
        return bool(known.should_prune())

    def _close(self, trial: _Trial, done: Sequence[Any], *, pruned: bool = False) -> None:
        """Tell Optuna how a trial has ended, and write it down."""
        number, broken = trial.row.number, next((each for each in done if isinstance(each, BaseException)), None)
        if isinstance(broken, ENDS_ALL) or (broken is not None and not isinstance(broken, Exception)):
            raise broken
        outcome = trial.twin.outcome if trial.twin else Outcome(values=None, reason=_why(broken)) if broken else self._work.outcome(done)
        if pruned:
            # It is told by its last report; what it has shown until then stands beside it.
            self._study.tell(number, state=TrialState.PRUNED)
        elif outcome.values is None:
            self._study.tell(number, state=TrialState.FAIL)
        else:
            self._study.tell(number, list(outcome.values))
        status: Literal["completed", "pruned", "failed"] = "pruned" if pruned else "failed" if outcome.values is None else "completed"
        told = self._study.get_trials(deepcopy=False)[number]
        self._rows[number] = trial.row.ends(
            status,
            at=now().isoformat(),
            values=None if pruned else outcome.values,
            metrics=outcome.metrics,
            reasons=outcome.reasons,
            spread=outcome.spread,
            evidence={} if pruned else outcome.evidence,
            seen=dict(told.intermediate_values),
            notes=dict(told.system_attrs),
            reason=f"after {len(done)} of {self._work.steps} folds" if pruned else outcome.reason,
        )

    def _frozen(self, row: Row) -> FrozenTrial:
        """Return a trial as Optuna knew it."""
        seen = list(row.seen.values())
        value: dict[str, Any] = {"value": seen[-1] if seen else None} if row.status == "pruned" else {"values": row.values}
        return create_trial(
            state=STATES[row.status],
            params=dict(row.raws),
            distributions=self._distributions,
            intermediate_values=dict(row.seen),
            system_attrs=dict(row.notes),
            **value,
        )


def _why(broken: BaseException) -> str:
    """Return why a trial has failed: what its learner refuses, else by the kind of what a library has raised."""
    return broken.message if isinstance(broken, InvalidError) else f"{type(broken).__name__}: {broken}"[:REASON_MOST]


def _hopeless(rows: Sequence[Row]) -> InvalidError:
    """Return why no trial has ended well, as the first one that failed says it."""
    why = next((row.reason for row in rows if row.reason), None)
    msg = f"None of {len(rows)} trials could be measured. {why or ''}".strip()
    return InvalidError(msg, details={"hyperparameter_space": [msg]})
