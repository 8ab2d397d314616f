"""Start a job of any kind: credits are set aside first, then one insert makes the job, then its subject shows it."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from libs.contracts.job_kinds import KINDS, Requested
from libs.contracts.training import TrainingSpec
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import PRIORITIES, Limit, TierLimits
from services.gateway.domain.jobs.estimate import Estimate
from services.gateway.domain.jobs.job import Job, requested_job
from services.gateway.domain.jobs.terms import TERMS, Allowance
from services.gateway.domain.models.errors import ModelChangedError, PriorityNotAllowedError, VersionTakenError
from services.gateway.domain.models.ports import Clock, Jobs
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.accept_job import AcceptJob, Admit, anyone
from services.gateway.usecases.jobs.effects import Draft, Effects, Order, OutcomeEffects
from services.gateway.usecases.jobs.estimate_training import EstimateTraining

TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Started:
    """The accepted job, and what was expected of it; None where its kind has a price of its own."""

    job: Job
    estimate: Estimate | None


@dataclass(frozen=True, slots=True)
class StartJob:
    """The same work twice starts one job."""

    jobs: Jobs
    accept: AcceptJob
    estimate: EstimateTraining
    effects: OutcomeEffects
    limits: TierLimits
    clock: Clock
    synthetic_allowed: bool

    async def __call__(self, order: Order, *, caller: Caller, work: Work, admit: Admit = anyone) -> Started:
        """Return the accepted job. `admit` is called once a new job can be made, and raises where it is one too many.

        Raise PriorityNotAllowedError, SubscriptionRequiredError or LimitReachedError (more than the tier may have), InvalidError (a spec
        that cannot be done; it names the field), AskRefusedError (too few credits), AskTimeoutError, UnavailableError or SlotTakenError;
        for a training ModelNotFoundError, ModelBusyError, ModelArchivedError or ModelChangedError.
        """
        if order.priority not in PRIORITIES[caller.tier]:
            raise PriorityNotAllowedError(order.priority, tier=caller.tier)
        terms = TERMS[order.kind]
        job_id, effects = work.new_id("job"), self.effects[terms.outcome]
        draft = await effects.draft(order, account_id=caller.account_id)
        price, taken = await asyncio.gather(self._price(order, draft, caller), self.jobs.slots(caller.account_id))
        job = await self.accept.known(job_id, caller=caller, work=work, kind=order.kind)
        if job is None:
            effects.check(draft)
            terms.check(draft.spec, Allowance(self.limits, caller.tier, self.synthetic_allowed))
            self.limits.check(Limit.HOURS, price.expected, tier=caller.tier)
            wanted = _Wanted(job_id, order, caller, price.estimate)

            async def insert(hours: Decimal, slot: int) -> Job:
                return await self._insert(wanted, draft, effects, hours=hours, slot=slot)

            job = await self.accept(job_id, caller=caller, hours=price.reserved, taken=taken, insert=insert, admit=admit)
        await effects.accepted(job, draft)
        return Started(job, price.estimate)

    async def _price(self, order: Order, draft: Draft, caller: Caller) -> "_Price":
        if (hours_of := TERMS[order.kind].hours) is not None:
            hours = hours_of(draft.spec)
            return _Price(float(hours), hours)
        assert isinstance(draft.spec, TrainingSpec)  # What past jobs say is known by algorithm and size.
        estimate = await self.estimate(draft.spec, account_id=caller.account_id, priority=order.priority)
        return _Price(estimate.hours, estimate.reserved_hours, estimate)

    async def _insert(self, wanted: "_Wanted", draft: Draft, effects: Effects, *, hours: Decimal, slot: int) -> Job:
        """Insert the job; where another job makes what this one would, its subject hears of that one first."""
        order = wanted.order
        for _ in range(TRIES):
            effects.check(draft)
            event = self._request(wanted, draft, hours=hours)
            slug = await self.jobs.free_slug(order.slug, account_id=wanted.caller.account_id) if order.slug else None
            try:
                return await self.jobs.add(requested_job(event, wanted.estimate, slot=slot, slug=slug), event)
            except VersionTakenError as taken:
                draft = await effects.redraft(draft, taken)
        raise ModelChangedError(order.model_id or "")

    def _request(self, wanted: "_Wanted", draft: Draft, *, hours: Decimal) -> Requested:
        order, caller = wanted.order, wanted.caller
        said: dict[str, Any] = {
            "sequence": 1,
            "occurred_at": self.clock(),
            "job_id": wanted.job_id,
            "kind": order.kind.value,
            "account_id": caller.account_id,
            "parent": order.parent,
            "tier": caller.tier.value,
            "job_name": order.name or draft.name,
            "priority": order.priority,
            "spec": draft.spec.model_dump(mode="json"),
            "reserved_hours": hours,
            "clock_hours": self.limits.most(Limit.CLOCK, caller.tier),
        }
        return KINDS[order.kind].events.requested(**said, **draft.about)


@dataclass(frozen=True, slots=True)
class _Price:
    """The hours that are expected, and those to be set aside."""

    expected: float
    reserved: Decimal
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a caller asks for, the id that the job gets, and what is expected of it."""

    job_id: str
    order: Order
    caller: Caller
    estimate: Estimate | None
