"""What a search needs of whatever it tries: steps that can run anywhere, and what comes of them. The port of `search`."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

from libs.contracts.hyperparameters import HyperparameterValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a trial: a value for each objective, and all that is told of it.

    `evidence` is plain JSON that the search keeps with the trial, and does not look at. A trial without `values` has failed; `reason` says
    why.
    """

    values: tuple[float, ...] | None
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    spread: Mapping[str, float] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


class Work(Protocol):
    """Something that is tried in steps, such as the folds of a validation; a step depends on its hyperparameters and its number alone."""

    @property
    def steps(self) -> int:
        """How many steps a trial has."""
        ...

    def begin(self, point: Mapping[str, HyperparameterValue], *, step: int) -> Future[Any]:
        """Have a step done."""
        ...

    def so_far(self, done: Sequence[Any]) -> float | None:
        """Return the objective over the steps done; None where it cannot be told yet."""
        ...

    def outcome(self, done: Sequence[Any]) -> Outcome:
        """Return what came of all steps."""
        ...

    def stop(self) -> None:
        """End what runs, within seconds; nothing is begun afterwards."""
        ...
