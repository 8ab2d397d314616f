"""A model's schedule of retraining as a part of its document."""

from dataclasses import fields
from typing import Any

from libs.contracts.retraining import GateVerdict
from services.gateway.domain.models.schedule import UNSCHEDULED, LastTurn, Schedule, TurnOutcome


def schedule_to_document(schedule: Schedule) -> dict[str, Any]:
    """Return the schedule as it is kept."""
    last = schedule.last
    kept = None if last is None else {each.name: getattr(last, each.name) for each in fields(last)}
    if last is not None and kept is not None:
        kept |= {"outcome": last.outcome.value, "gate": last.gate.model_dump(mode="json") if last.gate else None}
    return {"next_at": schedule.next_at, "last": kept}


def schedule_from_document(document: dict[str, Any] | None) -> Schedule:
    """Return the schedule; a model from before there were any has none."""
    if document is None:
        return UNSCHEDULED
    last = document["last"]
    if last is None:
        return Schedule(document["next_at"])
    gate = None if last["gate"] is None else GateVerdict.model_validate(last["gate"])
    return Schedule(document["next_at"], LastTurn(**last | {"outcome": TurnOutcome(last["outcome"]), "gate": gate}))
