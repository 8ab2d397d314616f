"""Start a job of any kind: a free slot, credits set aside, one insert that makes the job and tells of it; then its subject shows it."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, TypeAlias

from libs.chassis.errors import PlatformError, UnavailableError
from libs.contracts.job_kinds import KINDS, JobKind, Requested
from libs.contracts.marketplace import ReserveCredits, SettleCredits
from libs.contracts.texts import TextSpec
from libs.contracts.training import TrainingSpec
from libs.market.own import NOTHING, OwnCatalogue
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import PRIORITIES, Limit, TierLimits
from services.gateway.domain.jobs.errors import JobNotFoundError, PriorityNotAllowedError, SlotTakenError
from services.gateway.domain.jobs.estimate import Estimate
from services.gateway.domain.jobs.job import Job, requested_job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.terms import TERMS, Policy
from services.gateway.domain.models.errors import ModelChangedError, VersionTakenError
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import Marketplace
from services.gateway.domain.work import Work
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.jobs.effects import Draft, Order, OutcomeEffects
from services.gateway.usecases.jobs.estimate_training import EstimateTraining

TRIES: Final = 10
# Raises where a new job is one too many; what it returns is called when there is no new job after all.
Admit: TypeAlias = Callable[[], Callable[[], None]]


def nothing() -> None:
    """Do nothing."""


def anyone() -> Callable[[], None]:
    """Admit whoever comes."""
    return nothing


@dataclass(frozen=True, slots=True)
class Started:
    """The accepted job, and what was expected of it; None where its kind has a price of its own."""

    job: Job
    estimate: Estimate | None


@dataclass(frozen=True, slots=True)
class StartJob:
    """The same work twice starts one job."""

    jobs: Jobs
    marketplace: Marketplace
    estimate: EstimateTraining
    effects: OutcomeEffects
    own: FindOwn
    limits: TierLimits
    clock: Clock
    synthetic_allowed: bool

    async def __call__(self, order: Order, *, caller: Caller, work: Work, admit: Admit = anyone) -> Started:
        """Return the accepted job. `admit` is called once there is a free slot and the credits are set aside.

        Raise PriorityNotAllowedError, SubscriptionRequiredError or LimitReachedError (more than the tier may have), InvalidError (a spec
        that cannot be done; it names the field), AskRefusedError (too few credits), AskTimeoutError, UnavailableError or SlotTakenError;
        where there is a model ModelNotFoundError, ModelBusyError, ModelArchivedError, PrivateTrainingError or ModelChangedError.
        """
        if order.priority not in PRIORITIES[caller.tier]:
            raise PriorityNotAllowedError(order.priority, tier=caller.tier)
        terms, effects = TERMS[order.kind], self.effects[TERMS[order.kind].outcome]
        draft, own, taken = await asyncio.gather(
            effects.draft(order, account_id=caller.account_id), self._own(order, caller), self.jobs.slots(caller.account_id)
        )
        draft = _on(draft, own, kind=order.kind)
        price = await self._price(order, draft, caller)
        wanted = _Wanted(work.new_id("job"), order, caller, price, own)
        # A job that the same request made before it was cut off.
        job = None if work.seed is None else await self._there(wanted, kind=order.kind)
        if job is None:
            effects.check(draft)
            terms.check(draft.spec, Policy(self.limits, caller.tier, self.synthetic_allowed, own))
            self.limits.check(Limit.HOURS, price.expected, tier=caller.tier)
            job = await self._accept(wanted, draft, taken=taken, admit=admit)
        await effects.accepted(job, draft)
        return Started(job, price.estimate)

    async def _own(self, order: Order, caller: Caller) -> OwnCatalogue:
        return NOTHING if TERMS[order.kind].reads is None else await self.own.newest(caller.account_id)

    async def _price(self, order: Order, draft: Draft, caller: Caller) -> "_Price":
        if (hours_of := TERMS[order.kind].hours) is not None:
            hours = hours_of(draft.spec)
            return _Price(float(hours), hours)
        assert isinstance(draft.spec, TrainingSpec | TextSpec)  # What past jobs say is known by algorithm and size.
        estimate = await self.estimate(draft.spec, account_id=caller.account_id, priority=order.priority)
        return _Price(estimate.hours, estimate.reserved_hours, estimate)

    async def _accept(self, wanted: "_Wanted", draft: Draft, *, taken: set[int], admit: Admit) -> Job:
        """Set credits aside and insert the job; `taken` are the slots that the account's jobs had a moment ago."""
        slot, caller = self._free_slot(taken, wanted), wanted.caller
        effects = self.effects[TERMS[wanted.order.kind].outcome]
        # The same job twice is one reservation, so what it says counts. More than is set aside is never charged: of what nobody asked for
        # nothing is, while the price bounds it.
        hours = Decimal(0) if wanted.order.unasked else wanted.price.reserved
        ask = ReserveCredits(job_id=wanted.job_id, account_id=caller.account_id, tier=caller.tier.value, hours=hours)
        is_charged = TERMS[wanted.order.kind].is_charged
        held = await self.marketplace.reserve(ask) if is_charged else None
        reserved = wanted.price.reserved if held is None or wanted.order.unasked else held.hours
        withdraw, may_be_there = nothing, False
        try:
            withdraw = admit()
            draft = await effects.claim(draft, job_id=wanted.job_id, account_id=caller.account_id)
            may_be_there = True
            return await self._insert(wanted, draft, hours=reserved, slot=slot)
        except PlatformError as error:
            # Where nobody knows whether it was written the reservation stays, and expires by itself if no job confirms it.
            if not may_be_there or isinstance(error, SlotTakenError | ModelChangedError) or not error.worth_retrying:
                withdraw()
                if known := await self._there(wanted):
                    return known  # The same request, running twice at once, was faster and has taken what this one was refused.
                with suppress(UnavailableError):  # What it has claimed is settled by itself (SettleTrials).
                    await effects.withdraw(wanted.job_id)
                if is_charged:
                    await self._release(wanted)
            raise

    async def _insert(self, wanted: "_Wanted", draft: Draft, *, hours: Decimal, slot: int) -> Job:
        """Insert the job; another slot is tried where somebody took this one, and where another job makes what this one would the next."""
        order, account_id = wanted.order, wanted.caller.account_id
        effects = self.effects[TERMS[order.kind].outcome]
        refusal: PlatformError = SlotTakenError()
        for _ in range(TRIES):
            effects.check(draft)
            slug = await self.jobs.free_slug(order.slug, account_id=account_id) if order.slug else None
            event = self._request(wanted, draft, name=order.name or slug or draft.name, hours=hours)
            try:
                return await self.jobs.add(requested_job(event, wanted.price.estimate, slot=slot, slug=slug, tried=draft.tried), event)
            except SlotTakenError:
                refusal, slot = SlotTakenError(), self._free_slot(await self.jobs.slots(account_id), wanted)
            except VersionTakenError as taken:
                refusal = ModelChangedError(order.model_id or "")
                draft = _on(await effects.redraft(draft, taken), wanted.own, kind=order.kind)
        raise refusal

    def _request(self, wanted: "_Wanted", draft: Draft, *, name: str, hours: Decimal) -> Requested:
        order, caller = wanted.order, wanted.caller
        said: dict[str, Any] = {
            "sequence": 1,
            "occurred_at": self.clock(),
            "job_id": wanted.job_id,
            "kind": order.kind.value,
            "account_id": caller.account_id,
            "parent": order.parent,
            "tier": caller.tier.value,
            "job_name": name,
            "priority": order.priority,
            "spec": draft.spec.model_dump(mode="json"),
            "reserved_hours": hours,
            "clock_hours": self.limits.most(Limit.CLOCK, caller.tier),
        }
        return KINDS[order.kind].events.requested(**said, **draft.about)

    def _free_slot(self, taken: set[int], wanted: "_Wanted") -> int:
        """Return a free slot, any of them: so those who start jobs at once seldom choose the same."""
        tier = wanted.caller.tier
        most = self.limits.most(Limit.JOBS, tier)
        free = [] if len(taken) >= most else sorted(set(range(most)) - taken)
        if not free or (wanted.order.unasked and len(taken) + 1 >= most > 1):
            raise self.limits.refusal(Limit.JOBS, tier=tier)
        return random.choice(free)  # noqa: S311 - nothing is to be kept from anybody

    async def _there(self, wanted: "_Wanted", *, kind: JobKind | None = None) -> Job | None:
        try:
            return await self.jobs.get(wanted.job_id, account_id=wanted.caller.account_id, kind=kind)
        except JobNotFoundError:
            return None

    async def _release(self, wanted: "_Wanted") -> None:
        account_id = wanted.caller.account_id
        await self.marketplace.settle(SettleCredits(job_id=wanted.job_id, account_id=account_id, outcome="released", used_hours=Decimal(0)))


def _on(draft: Draft, own: OwnCatalogue, *, kind: JobKind) -> Draft:
    """Return the draft on the account's own candles as they are now: what comes later is no part of the job."""
    return replace(draft, spec=TERMS[kind].with_own(draft.spec, own))


@dataclass(frozen=True, slots=True)
class _Price:
    """The hours that are expected, and those to be set aside."""

    expected: float
    reserved: Decimal
    estimate: Estimate | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a caller asks for, the id that the job gets, its price, and the account's own candles."""

    job_id: str
    order: Order
    caller: Caller
    price: _Price
    own: OwnCatalogue
