"""Start a training: credits are reserved first, then one insert makes the job, then its model shows it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import Priority, TrainingRequested
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import PRIORITIES, Limit, TierLimits
from services.gateway.domain.jobs.estimate import Estimate
from services.gateway.domain.jobs.job import Job, requested_training
from services.gateway.domain.models.errors import ModelChangedError, PriorityNotAllowedError, VersionTakenError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Jobs, Models
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.accept_job import AcceptJob
from services.gateway.usecases.jobs.estimate_training import EstimateTraining
from services.gateway.usecases.jobs.show_training import ShowTraining

TRIES: Final = 5


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
    estimate: EstimateTraining
    accept: AcceptJob
    show: ShowTraining
    limits: TierLimits
    clock: Clock

    async def __call__(self, model_id: str, *, caller: Caller, name: str | None, priority: Priority, work: Work) -> Started:
        """Return the accepted job.

        Raise ModelNotFoundError, ModelBusyError, ModelArchivedError, PriorityNotAllowedError, SubscriptionRequiredError or
        LimitReachedError (more than the tier may have), AskRefusedError (too few credits), AskTimeoutError, UnavailableError,
        ModelChangedError or SlotTakenError.
        """
        if priority not in PRIORITIES[caller.tier]:
            raise PriorityNotAllowedError(priority, tier=caller.tier)
        model = await self.models.get(model_id, account_id=caller.account_id)
        wanted = Wanted(work.new_id("job"), caller, name, priority)
        expected, taken = await asyncio.gather(self.estimate(model, priority=priority), self.jobs.slots(model.account_id))
        known = await self.accept.known(wanted.job_id, caller=caller, work=work, kind=JobKind.TRAIN)
        if known is None:
            model.check_trainable()
            self.limits.check_spec(model.spec, tier=caller.tier)
            self.limits.check(Limit.HOURS, expected.hours, tier=caller.tier)

            async def insert(hours: Decimal, slot: int) -> Job:
                return await self._insert(model, wanted, expected, hours=hours, slot=slot)

            reserved = expected.reserved_hours
            known = await self.accept(wanted.job_id, caller=caller, hours=reserved, taken=taken, insert=insert)
        # The job's own event does this too; done now, the model says it as soon as the caller has an answer.
        with suppress(ModelChangedError):  # Others change it again and again, but the job is there.
            await self.show.begun(known, model=model)
        return Started(known, expected)

    async def _insert(self, model: Model, wanted: Wanted, expected: Estimate, *, hours: Decimal, slot: int) -> Job:
        """Insert the job under the model's next number; where another job has it, the model hears of that one first."""
        for _ in range(TRIES):
            model.check_trainable()
            event = self._request(model, wanted, hours=hours)
            try:
                return await self.jobs.add(requested_training(event, expected, slot=slot), event)
            except VersionTakenError as taken:
                model = await self.show(await self.jobs.get(taken.job_id, account_id=model.account_id))
        raise ModelChangedError(model.id)

    def _request(self, model: Model, wanted: Wanted, *, hours: Decimal) -> TrainingRequested:
        return TrainingRequested(
            sequence=1,
            occurred_at=self.clock(),
            job_id=wanted.job_id,
            model_id=model.id,
            account_id=model.account_id,
            tier=wanted.caller.tier.value,
            job_name=wanted.name or f"{model.name} training v{model.next_version}",
            priority=wanted.priority,
            version=model.next_version,
            model_name=model.name,
            spec=model.spec,
            reserved_hours=hours,
            clock_hours=self.limits.most(Limit.CLOCK, wanted.caller.tier),
        )
