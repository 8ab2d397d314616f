"""What each of the training service's events changes in a job's document."""

from typing import Any, TypeAlias

from libs.chassis.stores.mongo import to_decimal128
from libs.contracts.envelope import Event
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed, JobProgressed
from libs.contracts.training import JobState, LogLine, TrainingCancelled, TrainingCompleted, TrainingFailed, TrainingProgressed


def change_of(event: Event) -> tuple[dict[str, Any], tuple[LogLine, ...]]:
    """Return the fields to set and the log lines to add. Raise TypeError for an event that is none of a job's."""
    match event:
        case TrainingProgressed() | JobProgressed():
            return _progressed(event), event.logs
        case TrainingCompleted():
            return _completed(event), event.logs
        case JobCompleted():
            ended = _ended(event, JobState.SUCCEEDED) | _work(event)
            return ended | {"progress": 100, "stage": "completed", "result": event.result}, event.logs
        case TrainingFailed() | JobFailed():
            return _partial(event) | _ended(event, JobState.FAILED) | _work(event) | {
                "error": event.error.model_dump(),
                "attempt": event.attempts,
                "attempts_most": event.attempts_most,
            }, event.logs
        case TrainingCancelled() | JobCancelled():
            return _partial(event) | _ended(event, JobState.CANCELLED) | {"progress": event.progress}, event.logs
        case _:
            msg = f"{event.topic} does not change a job"
            raise TypeError(msg)


def _progressed(event: TrainingProgressed | JobProgressed) -> dict[str, Any]:
    used = {} if event.compute_hours is None else {"compute_hours": to_decimal128(event.compute_hours)}
    return (
        used
        | _partial(event)
        | {
            "state": JobState.RUNNING.value,
            "attempt": event.attempt,
            "started_at": event.started_at,
            "progress": event.progress,
            "stage": event.stage,
            "step": event.step,
            "total_steps": event.total_steps,
            "metrics": event.metrics,
            "estimated_completion": event.estimated_completion,
        }
    )


def _partial(event: Event) -> dict[str, Any]:
    """Return what a job knows already; nothing where it has not said."""
    return {"partial": event.partial} if isinstance(event, JobProgressed | JobFailed | JobCancelled) and event.partial is not None else {}


def _completed(event: TrainingCompleted) -> dict[str, Any]:
    return (
        _ended(event, JobState.SUCCEEDED)
        | _work(event)
        | {
            "progress": 100,
            "stage": "completed",
            "metrics": event.result.metrics,
            "training_metrics": event.result.training_metrics,
            "validation_metrics": event.result.validation_metrics,
            "reasons": event.result.reasons,
            "artifact": event.artifact.sha256,
        }
    )


def _work(event: TrainingCompleted | TrainingFailed | JobCompleted | JobFailed) -> dict[str, Any]:
    """Return what the work took in all, which estimates of later jobs rest on: a job may have gone on from others."""
    return {"work_hours": to_decimal128(event.compute_hours + event.continued_hours)}


Ended: TypeAlias = TrainingCompleted | TrainingFailed | TrainingCancelled | JobCompleted | JobFailed | JobCancelled


def _ended(event: Ended, state: JobState) -> dict[str, Any]:
    return {
        "state": state.value,
        "started_at": event.started_at,
        "ended_at": event.ended_at,
        "compute_hours": to_decimal128(event.compute_hours),
        "estimated_completion": None,
        "slot": None,
    }
