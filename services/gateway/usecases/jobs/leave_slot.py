"""Free the slot of a job that has ended, ahead of all else that its end changes."""

from contextlib import suppress

from libs.contracts.job_kinds import JobKind
from services.gateway.domain.jobs.errors import JobNotSeenYetError
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.terms import TERMS


async def leave_slot(jobs: Jobs, job_id: str, *, kind: JobKind | None) -> None:
    """Free it: whoever sees what the job has made, or that its subject is free, can start the next one at once.

    With its slot a job leaves its folder, where one at a time writes: a kind that has one does so itself, once its files are there.
    """
    if kind is not None and not TERMS[kind].has_folder:
        with suppress(JobNotSeenYetError):  # Said when the job is brought up, after its subject.
            await jobs.leave_slot(job_id)
