"""`/ws/training/{job_id}`: a training as it goes on, in Model Builder's words."""

from collections.abc import Mapping
from typing import Final

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from libs.chassis.single_flight import SingleFlight
from libs.contracts.envelope import JsonObject
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.ports import Jobs
from services.gateway.inbound.faces.platform.face import FACE
from services.gateway.inbound.live.door import Door
from services.gateway.inbound.live.hub import Hub
from services.gateway.inbound.live.watching import Watching

STATUSES: Final[Mapping[JobState, str]] = {
    JobState.QUEUED: "started",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


def training_socket(jobs: Jobs, hub: Hub, door: Door) -> WebSocketRoute:
    """Return the route of sockets that watch a job of their account."""

    async def load(account_id: str, job_id: str) -> Job:
        return await jobs.get(job_id, account_id=account_id)

    watching = Watching(hub, door, FACE, load, progress_update, lambda job: job.state.ended, SingleFlight())

    async def watch(socket: WebSocket) -> None:
        await watching(socket, socket.path_params["job_id"])

    return WebSocketRoute("/ws/training/{job_id}", watch)


def progress_update(job: Job) -> JsonObject:
    """Say how far a job has come. What its kind of model does not have, or has not measured yet, is null."""
    metrics, final = job.metrics, job.training_metrics or {}
    return {
        "type": "progress_update",
        "job_id": job.id,
        "data": {
            "status": STATUSES[job.state],
            "epoch": final.get("epochs") if job.state.ended and final else metrics.get("epoch"),
            "total_epochs": metrics.get("total_epochs"),
            "step": job.step,
            "total_steps": job.total_steps,
            "percentage": job.progress,
            "stage": job.stage,
            "train_loss": metrics.get("loss", final.get("final_loss")),
            "val_loss": metrics.get("validation_loss"),
            "val_accuracy": (job.validation_metrics or {}).get("accuracy"),
            "error": job.error.message if job.error else None,
        },
    }
