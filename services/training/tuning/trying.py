"""A trial of a learner, as the search sees it: folds on the slots, and values for the objectives."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.measured import Measured
from services.training.tuning.fitting import FoldDone, fit_fold
from services.training.tuning.measuring import evidence_of, measure
from services.training.tuning.slots import Slots
from services.training.tuning.work import Outcome

NOT_MEASURED: Final = "this learner has no such metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """Implements `Work`. `objectives` are the names of the metrics that are searched by."""

    slots: Slots
    folds: int
    objectives: tuple[str, ...]

    @property
    def steps(self) -> int:
        """One fold after the other."""
        return self.folds

    def begin(self, point: Mapping[str, HyperparameterValue], *, step: int) -> Future[Any]:
        """Have a fold fitted and measured."""
        return self.slots.begin(fit_fold, dict(point), step)

    def so_far(self, done: Sequence[FoldDone]) -> float | None:
        """Return the first objective over the folds done."""
        return measure(done).metrics.values.get(self.objectives[0])

    def outcome(self, done: Sequence[FoldDone]) -> Outcome:
        """Return all metrics of a trial; it has failed where an objective cannot be computed."""
        told = measure(done)
        measured = told.metrics
        return Outcome(
            values=self._values(measured),
            metrics=dict(measured.values),
            reasons=dict(measured.reasons),
            spread=told.spread,
            evidence=evidence_of(done),
            reason=_lacking(measured, objectives=self.objectives),
        )

    def stop(self) -> None:
        """End what runs."""
        self.slots.stop()

    def _values(self, measured: Measured) -> tuple[float, ...] | None:
        values = tuple(value for name in self.objectives if (value := measured.values.get(name)) is not None)
        return values if len(values) == len(self.objectives) else None


def _lacking(measured: Measured, *, objectives: Sequence[str]) -> str | None:
    """Return why an objective cannot be computed; None where all can."""
    lacking = [name for name in objectives if measured.values.get(name) is None]
    return f"{lacking[0]}: {measured.reasons.get(lacking[0], NOT_MEASURED)}" if lacking else None
