"""Run a failed job again, for its account: a new job with the spec of the first."""

from dataclasses import dataclass

from libs.contracts.envelope import Message
from libs.contracts.job_kinds import KINDS
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.domain.accounts.erasure import check_lasting
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import AccountSuspendedError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.requeueing import check_requeueable
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob


@dataclass(frozen=True, slots=True)
class RequeueJob:
    """The new job's id comes of the failed one's: asked for twice, or cut off and asked for again, it is started once.

    A job comes to one end, and what it was charged is settled by that: so this is another job. A failed one was charged nothing; one that
    its limit has ended was charged what it used, and the new one goes on from there.
    """

    jobs: Jobs
    accounts: Accounts
    start: StartJob

    async def __call__(self, job_id: str) -> Job:
        """Return the new job.

        Raise JobNotFoundError, NotRequeueableError, AccountErasedError, AccountSuspendedError, or what its owner would be refused with.
        """
        job = await self.jobs.get(job_id, account_id=None, kind=None)
        check_requeueable(job)
        account = await self.accounts.get(job.account_id)
        check_lasting(account)
        if account.suspended_at is not None:
            raise AccountSuspendedError
        caller = Caller(account.id, account.username, account.role, account.tier, scopes_of(account.role), credential="operator")
        began_ms = int((job.ended_at or job.created_at).timestamp() * 1000)
        order = Order(
            kind=job.kind,
            spec=spec_of(job),
            name=job.name if job.model_id is None and job.slug is None else None,
            priority=job.priority,
            model_id=job.model_id,
            parent=job.parent,
            slug=job.slug,
            # What nobody had asked for still costs nobody anything.
            unasked=bool((job.spec or {}).get("unasked")),
        )
        return (await self.start(order, caller=caller, work=Work(f"requeue|{job.id}", began_ms))).job


def spec_of(job: Job) -> Message | None:
    """Return what the job was asked to do; None for a training of before that was kept: its model says it then."""
    kind = KINDS[job.kind].spec
    if job.spec is not None:
        return kind.model_validate(job.spec)
    return kind.model_validate_json(job.asked) if job.asked is not None else None
