"""`/ws/training/{job_id}`: a training as it goes on, on texts or on candles, in Model Builder's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from starlette.datastructures import QueryParams
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from modelbourse.answers.live import ProgressStatus, ProgressUpdate, TrainingProgress
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.watch import JobWatch
from services.gateway.inbound.http.queries import check_queries
from services.gateway.inbound.live.watching import Watching

STATUSES: Final[Mapping[JobState, ProgressStatus]] = {
    JobState.QUEUED: "started",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "completed",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
KNOWN: Final = {"token": False}
TRAININGS: Final = frozenset({JobKind.TRAIN, JobKind.TRAIN_TEXT})


def training_socket(watching: Watching) -> WebSocketRoute:
    """Return the route of sockets that watch a training of their account."""

    async def watch(socket: WebSocket) -> None:
        def read(query: QueryParams) -> JobWatch:
            check_queries(query, known=KNOWN)
            return JobWatch(job_ids=frozenset({socket.path_params["job_id"]}), kinds=TRAININGS)

        await watching(socket, read, say=progress_update_of)

    return WebSocketRoute("/ws/training/{job_id}", watch)


def progress_update_of(job: Job, at: datetime) -> ProgressUpdate:
    """Say how far a training has come."""
    return ProgressUpdate(type="progress_update", job_id=job.id, data=_progress(job), timestamp=at)


def _progress(job: Job) -> TrainingProgress:
    metrics, final = job.metrics, job.training_metrics or {}
    return TrainingProgress(
        status=STATUSES[job.state],
        epoch=final.get("epochs") if job.state.ended and final else metrics.get("epoch"),
        total_epochs=metrics.get("total_epochs"),
        step=job.step,
        total_steps=job.total_steps,
        percentage=job.progress,
        stage=job.stage,
        train_loss=metrics.get("train_loss", metrics.get("loss", final.get("final_loss"))),
        val_loss=metrics.get("val_loss", metrics.get("validation_loss")),
        val_accuracy=metrics.get("val_accuracy", (job.validation_metrics or {}).get("accuracy")),
        val_macro_f1=metrics.get("val_macro_f1"),
        error=job.error.message if job.error else None,
    )
