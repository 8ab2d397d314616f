"""Start a job of any kind but a training: credits are reserved first, then one insert makes the job."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.chassis.errors import PlatformError
from libs.contracts.envelope import Message
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobRequested
from libs.contracts.marketplace import ReserveCredits, SettleCredits
from libs.contracts.training import Priority
from services.gateway.domain.caller import Caller
from services.gateway.domain.kind_jobs import DEMANDS, KindJob, KindJobNotFoundError, KindJobs, SlotTakenError
from services.gateway.domain.model_errors import PriorityNotAllowedError
from services.gateway.domain.services import Marketplace
from services.gateway.domain.studio_ports import Clock, Models
from services.gateway.domain.tier_limits import PRIORITIES, Limit, TierLimits
from services.gateway.domain.work import Work

Admit = Callable[[], None]
TRIES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be done. `spec` is of the kind's own model (`libs.contracts.job_kinds`); `slug` is the readable name it should have."""

    kind: JobKind
    spec: Message
    name: str | None = None
    priority: Priority = Priority.NORMAL
    parent: str | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class StartJob:
    """The same work twice starts one job."""

    jobs: KindJobs
    models: Models
    limits: TierLimits
    marketplace: Marketplace
    clock: Clock
    synthetic_allowed: bool

    async def __call__(self, order: Order, *, caller: Caller, work: Work, admit: Admit = lambda: None) -> KindJob:
        """Return the accepted job. `admit` is called once a new job can be made, and raises where it is one too many.

        Raise PriorityNotAllowedError, SubscriptionRequiredError or LimitReachedError (more than the tier may have), InvalidError (a spec
        that cannot be done; it names the field), AskRefusedError (too few credits), AskTimeoutError, UnavailableError or SlotTakenError.
        """
        if order.priority not in PRIORITIES[caller.tier]:
            raise PriorityNotAllowedError(caller.tier.value)
        job_id = work.new_id("job")
        if work.seed is not None and (known := await self._known(job_id, caller)):
            return known
        demand = DEMANDS[order.kind]
        demand.check(order.spec, self.synthetic_allowed)
        hours = demand.hours(order.spec)
        self.limits.check(Limit.HOURS, float(hours), tier=caller.tier)
        slot = await self._free_slot(caller)
        admit()
        ask = ReserveCredits(job_id=job_id, account_id=caller.account_id, tier=caller.tier.value, hours=hours)
        hours = (await self.marketplace.reserve(ask)).hours
        try:
            return await self._insert(order, job_id, caller=caller, hours=hours, slot=slot)
        except PlatformError as error:
            # Where nobody knows whether it was written the reservation stays, and expires by itself if no job confirms it.
            if isinstance(error, SlotTakenError) or not error.worth_retrying:
                await self._release(job_id, caller)
            raise

    async def _known(self, job_id: str, caller: Caller) -> KindJob | None:
        """Return the job that the same request made before it was cut off."""
        try:
            return await self.jobs.get(job_id, account_id=caller.account_id)
        except KindJobNotFoundError:
            return None

    async def _insert(self, order: Order, job_id: str, *, caller: Caller, hours: Decimal, slot: int) -> KindJob:
        for _ in range(TRIES):
            event = self._request(order, job_id, caller=caller, hours=hours)
            slug = await self.jobs.free_slug(order.slug, account_id=caller.account_id) if order.slug else None
            job = _job(event, kind=order.kind, slot=slot, slug=slug)
            try:
                await self.jobs.add(job, event)
            except SlotTakenError:
                slot = await self._free_slot(caller)
            else:
                return job
        msg = "Other jobs of this account were started at the same time; send the request again."
        raise SlotTakenError(msg)

    async def _free_slot(self, caller: Caller) -> int:
        """Return a free place for a job, any of them; trainings take places too."""
        taken = set[int]().union(*await asyncio.gather(self.jobs.slots(caller.account_id), self.models.slots(caller.account_id)))
        most = self.limits.most(Limit.JOBS, caller.tier)
        free = [] if len(taken) >= most else sorted(set(range(most)) - taken)
        if not free:
            raise self.limits.refusal(Limit.JOBS, tier=caller.tier)
        return random.choice(free)  # noqa: S311 - nothing is to be kept from anybody

    async def _release(self, job_id: str, caller: Caller) -> None:
        ask = SettleCredits(job_id=job_id, account_id=caller.account_id, outcome="released", used_hours=Decimal(0))
        await self.marketplace.settle(ask)

    def _request(self, order: Order, job_id: str, *, caller: Caller, hours: Decimal) -> JobRequested:
        return JobRequested(
            sequence=1,
            occurred_at=self.clock(),
            job_id=job_id,
            kind=order.kind.value,
            account_id=caller.account_id,
            parent=order.parent,
            tier=caller.tier.value,
            job_name=order.name or order.kind.noun,
            priority=order.priority,
            spec=order.spec.model_dump(mode="json"),
            reserved_hours=hours,
            clock_hours=self.limits.most(Limit.CLOCK, caller.tier),
        )


def _job(event: JobRequested, *, kind: JobKind, slot: int, slug: str | None) -> KindJob:
    return KindJob(
        id=event.job_id,
        kind=kind,
        account_id=event.account_id,
        name=event.job_name,
        priority=event.priority,
        spec=event.spec,
        created_at=event.occurred_at,
        reserved_hours=event.reserved_hours,
        slot=slot,
        parent=event.parent,
        slug=slug,
    )
