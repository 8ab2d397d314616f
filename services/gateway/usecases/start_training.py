"""Start a training job: credits are reserved first, then one write makes the job."""

import asyncio
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.chassis.errors import PlatformError
from libs.chassis.outbox import OutboxFullError
from libs.contracts.marketplace import ReserveCredits, SettleCredits
from libs.contracts.training import Priority, TrainingRequested
from services.gateway.domain.caller import Caller
from services.gateway.domain.estimate import Estimate
from services.gateway.domain.job import Job, requested_job
from services.gateway.domain.kind_jobs import KindJobs
from services.gateway.domain.model import Model
from services.gateway.domain.model_errors import JobNotFoundError, ModelChangedError, PriorityNotAllowedError
from services.gateway.domain.services import Marketplace
from services.gateway.domain.studio_ports import Clock, Jobs, Models
from services.gateway.domain.tier_limits import PRIORITIES, Limit, TierLimits
from services.gateway.domain.work import Work
from services.gateway.usecases.estimate_training import EstimateTraining

# Beside the model itself, starts of other models contend for the account's slots.
TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks for, and the id that the job gets."""

    job_id: str
    caller: Caller
    name: str | None
    priority: Priority


@dataclass(frozen=True, slots=True)
class Started:
    """The accepted job, and what was expected of it."""

    job: Job
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class StartTraining:
    """The same work twice starts one job."""

    models: Models
    jobs: Jobs
    kind_jobs: KindJobs
    estimate: EstimateTraining
    limits: TierLimits
    marketplace: Marketplace
    clock: Clock

    async def __call__(self, model_id: str, *, caller: Caller, name: str | None, priority: Priority, work: Work) -> Started:
        """Return the accepted job.

        Raise ModelNotFoundError, ModelBusyError, ModelArchivedError, PriorityNotAllowedError, SubscriptionRequiredError or
        LimitReachedError (more than the tier may have), AskRefusedError (too few credits), AskTimeoutError, UnavailableError or
        ModelChangedError.
        """
        if priority not in PRIORITIES[caller.tier]:
            raise PriorityNotAllowedError(caller.tier.value)
        model = await self.models.get(model_id, account_id=caller.account_id)
        wanted = Wanted(work.new_id("job"), caller, name, priority)
        expected, taken = await asyncio.gather(self.estimate(model, priority=priority), self._slots(model.account_id))
        if work.seed is not None and (known := await self._known(model, wanted, expected)):
            return Started(known, expected)
        model.check_trainable()
        self.limits.check_spec(model.spec, tier=caller.tier)
        self.limits.check(Limit.HOURS, expected.hours, tier=caller.tier)
        slot = self._free_slot(taken, caller)
        hours = await self._reserve(model, wanted, expected)
        try:
            event = await self._begin(model, wanted, hours=hours, slot=slot)
        except PlatformError as error:
            if not _nobody_knows(error):
                ask = SettleCredits(job_id=wanted.job_id, account_id=caller.account_id, outcome="released", used_hours=Decimal(0))
                await self.marketplace.settle(ask)
            raise
        return Started(await self._keep(event, expected), expected)

    async def _known(self, model: Model, wanted: Wanted, expected: Estimate) -> Job | None:
        """Return the job that the same request made before it was cut off."""
        try:
            return await self.jobs.get(wanted.job_id, account_id=model.account_id)
        except JobNotFoundError:
            if model.active_job != wanted.job_id:
                return None
        # Begun, but its view was not made yet; its reservation still says how many hours it has.
        hours = await self._reserve(model, wanted, expected)
        return await self._keep(self._request(model, wanted, version=model.version_in_training, hours=hours), expected)

    async def _reserve(self, model: Model, wanted: Wanted, expected: Estimate) -> Decimal:
        """Set credits aside; the same job twice is one reservation, so what it says counts."""
        hours, tier = expected.reserved_hours, wanted.caller.tier.value
        ask = ReserveCredits(job_id=wanted.job_id, account_id=model.account_id, tier=tier, hours=hours)
        return (await self.marketplace.reserve(ask)).hours

    async def _slots(self, account_id: str) -> set[int]:
        """Return the places that the account's jobs of all kinds have taken."""
        trainings, others = await asyncio.gather(self.models.slots(account_id), self.kind_jobs.slots(account_id))
        return trainings | others

    def _free_slot(self, taken: set[int], caller: Caller) -> int:
        """Return a free place for a job, any of them: so those who start jobs at once seldom choose the same."""
        most = self.limits.most(Limit.JOBS, caller.tier)
        free = [] if len(taken) >= most else sorted(set(range(most)) - taken)
        if not free:
            raise self.limits.refusal(Limit.JOBS, tier=caller.tier)
        return random.choice(free)  # noqa: S311 - nothing is to be kept from anybody

    async def _begin(self, model: Model, wanted: Wanted, *, hours: Decimal, slot: int) -> TrainingRequested:
        """Write the training down with its event; somebody else's change in between is looked at and the write tried again."""
        for _ in range(TRIES):
            event = self._request(model, wanted, version=model.next_version, hours=hours)
            try:
                await self.models.save(model.training_begun(wanted.job_id, slot=slot, at=self.clock()), event)
            except ModelChangedError:
                model = await self.models.get(model.id, account_id=model.account_id)
                if model.active_job == wanted.job_id:
                    # The same request, running twice at once, was faster.
                    return self._request(model, wanted, version=model.version_in_training, hours=hours)
                slot = self._free_slot(await self._slots(model.account_id), wanted.caller)
            else:
                return event
        raise ModelChangedError(model.id)

    def _request(self, model: Model, wanted: Wanted, *, version: str, hours: Decimal) -> TrainingRequested:
        return TrainingRequested(
            sequence=1,
            job_id=wanted.job_id,
            model_id=model.id,
            account_id=model.account_id,
            tier=wanted.caller.tier.value,
            job_name=wanted.name or f"{model.name} training v{version}",
            priority=wanted.priority,
            version=version,
            model_name=model.name,
            spec=model.spec,
            reserved_hours=hours,
            clock_hours=self.limits.most(Limit.CLOCK, wanted.caller.tier),
        )

    async def _keep(self, event: TrainingRequested, expected: Estimate) -> Job:
        job = requested_job(event, expected)
        # The request's own event would make this view too; written now, the answer's job can be read at once.
        await self.jobs.add(job)
        return job


def _nobody_knows(error: PlatformError) -> bool:
    """Tell whether the write may have happened: then the reservation stays, and expires by itself if no job confirms it."""
    return error.worth_retrying and not isinstance(error, ModelChangedError | OutboxFullError)
