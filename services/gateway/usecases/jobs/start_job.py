"""Start a job of any kind but a training."""

from dataclasses import dataclass
from decimal import Decimal

from libs.contracts.envelope import Message
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobRequested
from libs.contracts.training import Priority
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import PRIORITIES, Limit, TierLimits
from services.gateway.domain.jobs.demands import DEMANDS
from services.gateway.domain.jobs.job import Job, requested_job
from services.gateway.domain.models.errors import PriorityNotAllowedError
from services.gateway.domain.models.ports import Clock, Jobs
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.accept_job import AcceptJob, Admit, anyone


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done. `spec` is of the kind's own model (`libs.contracts.job_kinds`); `slug` is the readable name it should have."""

    kind: JobKind
    spec: Message
    name: str | None = None
    priority: Priority = Priority.NORMAL
    model_id: str | None = None
    parent: str | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class StartJob:
    """The same work twice starts one job."""

    jobs: Jobs
    accept: AcceptJob
    limits: TierLimits
    clock: Clock
    synthetic_allowed: bool

    async def __call__(self, order: Order, *, caller: Caller, work: Work, admit: Admit = anyone) -> Job:
        """Return the accepted job. `admit` is called once a new job can be made, and raises where it is one too many.

        Raise PriorityNotAllowedError, SubscriptionRequiredError or LimitReachedError (more than the tier may have), InvalidError (a spec
        that cannot be done; it names the field), AskRefusedError (too few credits), AskTimeoutError, UnavailableError or SlotTakenError.
        """
        if order.priority not in PRIORITIES[caller.tier]:
            raise PriorityNotAllowedError(order.priority, tier=caller.tier)
        job_id = work.new_id("job")
        if known := await self.accept.known(job_id, caller=caller, work=work, kind=order.kind):
            return known
        demand = DEMANDS[order.kind]
        demand.check(order.spec, self.synthetic_allowed)
        hours = demand.hours(order.spec)
        self.limits.check(Limit.HOURS, float(hours), tier=caller.tier)

        async def insert(hours: Decimal, slot: int) -> Job:
            event = self._request(order, job_id, caller=caller, hours=hours)
            slug = await self.jobs.free_slug(order.slug, account_id=caller.account_id) if order.slug else None
            return await self.jobs.add(requested_job(event, slot=slot, slug=slug), event)

        taken = await self.jobs.slots(caller.account_id)
        return await self.accept(job_id, caller=caller, hours=hours, taken=taken, insert=insert, admit=admit)

    def _request(self, order: Order, job_id: str, *, caller: Caller, hours: Decimal) -> JobRequested:
        return JobRequested(
            sequence=1,
            occurred_at=self.clock(),
            job_id=job_id,
            kind=order.kind.value,
            account_id=caller.account_id,
            model_id=order.model_id,
            parent=order.parent,
            tier=caller.tier.value,
            job_name=order.name or order.kind.noun,
            priority=order.priority,
            spec=order.spec.model_dump(mode="json"),
            reserved_hours=hours,
            clock_hours=self.limits.most(Limit.CLOCK, caller.tier),
        )
