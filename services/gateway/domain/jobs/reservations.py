"""Whether what is set aside for jobs and the jobs themselves go together."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from libs.contracts.ledger import TOLD_WITHIN, LedgerFault, OpenReservation
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.terms import TERMS


def reservation_faults(
    reservations: Sequence[OpenReservation],
    *,
    settled: Collection[str],
    jobs: Mapping[str, Job],
    waiting: Iterable[Job],
    at: datetime,
) -> Iterator[LedgerFault]:
    """Yield what does not go together.

    `jobs` are those of the reservations, `waiting` those of the same accounts that have not ended, as far as the gateway knows; `settled`
    are jobs that have ended so lately that it may not.
    """
    for each in reservations:
        job = jobs.get(each.job_id)
        if job is not None and job.state.ended and (job.ended_at or job.created_at) < at - TOLD_WITHIN:
            said = f"{each.job_id} has ended, and {each.hours} hours are still set aside for it."
            yield _fault("RESERVATION_LEFT", each.account_id, each.job_id, expected="closed", found="open", message=said)
        elif job is None and each.confirmed and each.expires_at < at - TOLD_WITHIN:
            said = f"{each.hours} hours are set aside for {each.job_id}, which the gateway does not know."
            yield _fault("RESERVATION_LEFT", each.account_id, each.job_id, expected="a job", found="none", message=said)
    held = {*settled, *(each.job_id for each in reservations)}
    for job in waiting:
        if TERMS[job.kind].is_charged and job.id not in held and job.created_at < at - TOLD_WITHIN:
            said = f"{job.id} is {job.state.value}, and nothing is set aside for it."
            yield _fault("RESERVATION_MISSING", job.account_id, job.id, expected="open", found="none", message=said)


def _fault(code: str, account_id: str, job_id: str, *, expected: str, found: str, message: str) -> LedgerFault:
    return LedgerFault(code=code, account_id=account_id, subject=job_id, expected=expected, found=found, message=message)
