"""A model's schedule of retraining as it is kept: when its next turn is, what came of the last, and until when a version predicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from libs.contracts.retraining import GateVerdict, Retrain, duration_of
from libs.contracts.training import TrainingSpec


class TurnOutcome(StrEnum):
    """What came of a turn of a model's schedule."""

    STARTED = "started"
    PASSED = "passed"
    NOT_PASSED = "not_passed"
    SKIPPED = "skipped"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LastTurn:
    """The newest turn: what came of it, and why; the job that it started, the version that this made, and how that compares.

    `failures` counts the turns in a row that could not begin a training, or whose training failed.
    """

    at: datetime
    outcome: TurnOutcome
    reason: str
    job_id: str | None = None
    version: str | None = None
    gate: GateVerdict | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a model's next turn is (None: it has none) and what came of the last."""

    next_at: datetime | None = None
    last: LastTurn | None = None


UNSCHEDULED: Final = Schedule()


def retrain_of(config: Mapping[str, Any]) -> Retrain | None:
    """Return the `retrain` of a training_config."""
    given = config.get("retrain")
    return None if given is None else Retrain.model_validate(given)


def with_retrain(spec: TrainingSpec, retrain: Mapping[str, Any] | None) -> TrainingSpec:
    """Return the spec with another `retrain`, or without one."""
    kept = {name: value for name, value in spec.training_config.items() if name != "retrain"}
    return spec.model_copy(update={"training_config": kept if retrain is None else kept | {"retrain": dict(retrain)}})


def expiry_of(made_at: datetime, *, config: Mapping[str, Any]) -> datetime | None:
    """Return when a version that was made then, of a model with this training_config, predicts no more; None for one that always does."""
    retrain = retrain_of(config)
    return made_at + duration_of(retrain.expire_after) if retrain and retrain.expire_after else None
