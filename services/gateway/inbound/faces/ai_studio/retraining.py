"""A model's schedule of retraining in AI Studio's words."""

from datetime import datetime

from libs.contracts.retraining import GateVerdict
from modelbourse.answers import retraining as answers
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.schedule import LastTurn, expires_at, retrain_of


def gate_of(gate: GateVerdict | None) -> answers.GateVerdict | None:
    """Return how a version compares with the one that served; None where nothing was compared."""
    return None if gate is None else answers.GateVerdict.model_validate(gate.model_dump())


def retraining_of(model: Model, *, at: datetime) -> answers.Retraining | None:
    """Return how a model's retraining stands; None where it is not retrained by itself."""
    if retrain_of(model.spec.training_config) is None:
        return None
    serving = model.in_service
    ends = expires_at(serving, config=model.spec.training_config) if serving else None
    last = model.schedule.last
    return answers.Retraining(
        next_at=model.schedule.next_at,
        expires_at=ends,
        expired=ends is not None and ends <= at,
        last=None if last is None else _turn_of(last),
    )


def _turn_of(last: LastTurn) -> answers.LastTurn:
    return answers.LastTurn.model_validate(
        {
            "at": last.at,
            "outcome": last.outcome.value.upper(),
            "reason": last.reason,
            "job_id": last.job_id,
            "version": last.version,
            "gate": gate_of(last.gate),
        }
    )
