"""`/ws/export/{export_id}`: an export as it goes on; its last message tells its end."""

from datetime import datetime
from typing import Final

from starlette.datastructures import QueryParams
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.text_exports import NOT_VALID, ExportSpec
from libs.contracts.training import JobState
from modelbourse.answers.builder.exports import BuilderExportProgress, BuilderExportUpdate
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.watch import JobWatch
from services.gateway.inbound.faces.model_builder.exports import STATUSES, format_of
from services.gateway.inbound.http.queries import check_queries
from services.gateway.inbound.live.watching import Watching
from services.gateway.usecases.jobs.keep_files import folder_of

KNOWN: Final = {"token": False}
EXPORTS: Final = frozenset({JobKind.EXPORT})


def export_socket(watching: Watching) -> WebSocketRoute:
    """Return the route of sockets that watch an export of their account."""

    async def watch(socket: WebSocket) -> None:
        def read(query: QueryParams) -> JobWatch:
            check_queries(query, known=KNOWN)
            return JobWatch(job_ids=frozenset({socket.path_params["export_id"]}), kinds=EXPORTS)

        await watching(socket, read, say=export_update_of)

    return WebSocketRoute("/ws/export/{export_id}", watch)


def export_update_of(job: Job, at: datetime) -> BuilderExportUpdate:
    """Say how far an export has come."""
    spec = shown_spec(ExportSpec, job.spec)
    return BuilderExportUpdate(
        type="export_update",
        job_id=job.id,
        data=BuilderExportProgress(
            export_id=job.id,
            status=STATUSES[job.state],
            format=format_of(spec),
            model_path=spec.model_path,
            output_dir=folder_of(job.spec or {}, job_id=job.id),
            percentage=job.progress,
            stage=job.stage,
            validation_passed=_passed(job, spec),
            error=job.error.message if job.error else None,
        ),
        timestamp=at,
    )


def _passed(job: Job, spec: ExportSpec) -> bool | None:
    """Tell whether the files answer as the model does: an export that has ended well has seen to it, where it was asked to."""
    if job.state is JobState.FAILED and job.error is not None and job.error.type == NOT_VALID:
        return False
    return True if job.state is JobState.SUCCEEDED and spec.is_validated and spec.checks is None else None
