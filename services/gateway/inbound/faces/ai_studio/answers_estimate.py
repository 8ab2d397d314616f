"""AI Studio's answers about what a training will take, as the OpenAPI document has them (translate_estimate.py writes them)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from libs.contracts.envelope import Moment
from services.gateway.inbound.faces.ai_studio.answers import REASONS, JobStatus, shown
from services.gateway.inbound.faces.ai_studio.examples import AT, JOB_ID, MODEL_ID

ESTIMATE: Final[dict[str, Any]] = {
    "hours": 0.002914,
    "low_hours": 0.002311,
    "high_hours": 0.003674,
    "level": 0.8,
    "jobs": 7,
    "basis": "your past jobs",
    "queue_seconds": 0.0,
    "reasons": {},
}
ESTIMATED: Final[dict[str, Any]] = {"model_id": MODEL_ID, "estimated_completion": AT, "estimated_cost": "0.05", "estimate": ESTIMATE}
STARTED: Final[dict[str, Any]] = {
    "job_id": JOB_ID,
    "message": "Training job queued successfully",
    "estimated_completion": AT,
    "estimated_cost": "0.05",
    "estimate": ESTIMATE,
    "status": "PENDING",
    "model_version": "1.0",
}
COST: Final = (
    "Money, with two decimals: what is set aside, and the most that the job is charged. It is the interval's upper end or half as much "
    "again as expected, whichever is more; without an interval three times as much as expected."
)


class EstimateOut(BaseModel):
    """The compute hours that a training will take, and how sure that is."""

    hours: float = Field(description="Expected.")
    low_hours: float | None = Field(description="Lower end of the interval.")
    high_hours: float | None = Field(description="Upper end of the interval.")
    level: float | None = Field(description="Share of such jobs that the interval holds.")
    jobs: int = Field(ge=0, description="How many past jobs it rests on.")
    basis: Literal["your past jobs", "all past jobs", "size only"]
    queue_seconds: float | None = Field(description="How long the job will wait before it begins.")
    reasons: dict[str, str] = Field(description=REASONS)


class TrainingStarted(BaseModel):
    """The job is queued; its credits are reserved."""

    model_config = shown(STARTED)

    job_id: str
    message: str
    estimated_completion: Moment | None = Field(description="After the wait in the queue, where that is known.")
    estimated_cost: str = Field(description=COST)
    estimate: EstimateOut
    status: JobStatus
    model_version: str


class TrainingEstimated(BaseModel):
    """What the model's next training would take and cost."""

    model_config = shown(ESTIMATED)

    model_id: str
    estimated_completion: Moment = Field(description="If it were started now.")
    estimated_cost: str = Field(description=COST)
    estimate: EstimateOut
