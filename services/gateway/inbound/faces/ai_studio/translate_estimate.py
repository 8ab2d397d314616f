"""Between AI Studio's words for what a training will take and the domain's: pure functions."""

from datetime import datetime
from typing import Any, Final

from services.gateway.domain.estimate import JOBS_LEAST, Estimate
from services.gateway.inbound.faces.ai_studio.translate import moment
from services.gateway.inbound.faces.ai_studio.words import JOB_WORDS
from services.gateway.usecases.start_training import Started

NO_SPREAD: Final = f"Fewer than {JOBS_LEAST} trainings with this algorithm have ended well: how far they spread is not known."
DECIMALS: Final = 6


def training_started(started: Started) -> dict[str, Any]:
    """Return what is told of a job when it is accepted."""
    job = started.job
    return {
        "job_id": job.id,
        "message": "Training job queued successfully",
        "estimated_completion": moment(job.estimated_completion or job.ended_at),
        "estimated_cost": f"{job.reserved_cost:.2f}",
        "estimate": estimate_out(started.estimate),
        "status": JOB_WORDS[job.state],
        "model_version": job.model_version,
    }


def training_estimated(model_id: str, estimate: Estimate, *, at: datetime) -> dict[str, Any]:
    """Return what is told of a training that nobody has asked for yet."""
    return {
        "model_id": model_id,
        "estimated_completion": moment(estimate.completion(at)),
        "estimated_cost": f"{estimate.cost:.2f}",
        "estimate": estimate_out(estimate),
    }


def estimate_out(estimate: Estimate) -> dict[str, Any]:
    """Return the hours expected and how sure that is."""
    reasons = dict.fromkeys(("low_hours", "high_hours", "level"), NO_SPREAD) if estimate.level is None else {}
    wait, why = estimate.queue.wait_s, estimate.queue.why_unknown
    return {
        "hours": round(estimate.hours, DECIMALS),
        "low_hours": _rounded(estimate.low_hours),
        "high_hours": _rounded(estimate.high_hours),
        "level": estimate.level,
        "jobs": estimate.jobs,
        "basis": estimate.basis.value,
        "queue_seconds": None if wait is None else round(wait, 1),
        "reasons": reasons | ({"queue_seconds": why} if why else {}),
    }


def _rounded(hours: float | None) -> float | None:
    return None if hours is None else round(hours, DECIMALS)
