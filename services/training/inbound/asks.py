"""What training answers."""

from typing import Final

from libs.chassis.bus.handlers import Answers
from libs.contracts.exports import ExportPart, ReadAccountInTraining
from libs.contracts.snapshots import JobSnapshots, ReadJobs
from libs.contracts.training import CancelTraining, JobState, TrainingStopped
from services.training.domain.ports import Exports
from services.training.usecases.cancel_job import CancelJob
from services.training.usecases.list_jobs import ListJobs

# The ask may overtake the request, which travels on another topic.
WAIT_FOR_REQUEST_S: Final = 1.0


def make_answers(*, cancel_job: CancelJob, list_jobs: ListJobs, exports: Exports) -> Answers:
    """Name the use case of each ask."""
    answers = Answers()

    @answers.to(CancelTraining)
    async def cancel(ask: CancelTraining) -> TrainingStopped:
        job = await cancel_job(ask.job_id, account_id=ask.account_id, wait_s=WAIT_FOR_REQUEST_S)
        if job is None:
            # Kept: the job ends as cancelled as soon as its request comes, before it has used anything.
            return TrainingStopped(job_id=ask.job_id, state=JobState.CANCELLED)
        hours, known = job.compute_hours, job.progress.partial
        return TrainingStopped(job_id=job.id, state=job.state, compute_hours=hours, progress=job.percent, partial=known)

    @answers.to(ReadJobs)
    async def read_jobs(ask: ReadJobs) -> JobSnapshots:
        return await list_jobs(ask)

    @answers.to(ReadAccountInTraining)
    async def read_account(ask: ReadAccountInTraining) -> ExportPart:
        return await exports.part(ask.account_id, after=ask.after, most=ask.most)

    return answers
