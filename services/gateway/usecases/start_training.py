"""Start a training job: credits are reserved first, then one write makes the job."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.chassis.errors import PlatformError
from libs.contracts.marketplace import ReserveCredits, SettleCredits
from libs.contracts.training import Priority, TrainingRequested
from services.gateway.domain.account import Tier
from services.gateway.domain.caller import Caller
from services.gateway.domain.estimate import Estimate
from services.gateway.domain.job import Job, requested_job
from services.gateway.domain.model import Model
from services.gateway.domain.model_errors import JobNotFoundError, ModelChangedError, PriorityNotAllowedError
from services.gateway.domain.studio_ports import Clock, Jobs, Models, Others
from services.gateway.domain.work import Work
from services.gateway.usecases.estimate_training import EstimateTraining

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
    others: Others
    clock: Clock

    async def __call__(self, model_id: str, *, caller: Caller, name: str | None, priority: Priority, work: Work) -> Started:
        """Return the accepted job.

        Raise ModelNotFoundError, ModelBusyError, NotTrainableError, PriorityNotAllowedError, AskRefusedError (too few credits),
        AskTimeoutError, UnavailableError or ModelChangedError.
        """
        if priority is Priority.HIGH and caller.tier is Tier.FREE:
            raise PriorityNotAllowedError(caller.tier.value)
        model = await self.models.get(model_id, account_id=caller.account_id)
        wanted = Wanted(work.new_id("job"), caller, name, priority)
        expected = await self.estimate(model, priority=priority)
        if work.seed is not None and (known := await self._known(model, wanted, expected)):
            return Started(known, expected)
        model.check_trainable()
        hours = await self._reserve(model, wanted, expected)
        try:
            event = await self._begin(model, wanted, hours=hours)
        except PlatformError as error:
            if not _nobody_knows(error):
                ask = SettleCredits(job_id=wanted.job_id, account_id=caller.account_id, outcome="released", used_hours=Decimal(0))
                await self.others.settle(ask)
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
        return await self._keep(_request(model, wanted, version=model.version_in_training, hours=hours), expected)

    async def _reserve(self, model: Model, wanted: Wanted, expected: Estimate) -> Decimal:
        """Set credits aside; the same job twice is one reservation, so what it says counts."""
        hours, tier = expected.reserved_hours, wanted.caller.tier.value
        return (await self.others.reserve(ReserveCredits(job_id=wanted.job_id, account_id=model.account_id, tier=tier, hours=hours))).hours

    async def _begin(self, model: Model, wanted: Wanted, *, hours: Decimal) -> TrainingRequested:
        """Write the training down with its event; somebody else's change in between is looked at and the write tried again."""
        for _ in range(TRIES):
            event = _request(model, wanted, version=model.next_version, hours=hours)
            try:
                await self.models.save(model.training_begun(wanted.job_id, at=self.clock()), event)
            except ModelChangedError:
                model = await self.models.get(model.id, account_id=model.account_id)
                if model.active_job == wanted.job_id:
                    # The same request, running twice at once, was faster.
                    return _request(model, wanted, version=model.version_in_training, hours=hours)
            else:
                return event
        raise ModelChangedError(model.id)

    async def _keep(self, event: TrainingRequested, expected: Estimate) -> Job:
        job = requested_job(event, expected)
        # The request's own event would make this view too; written now, the answer's job can be read at once.
        await self.jobs.add(job)
        return job


def _nobody_knows(error: PlatformError) -> bool:
    """Tell whether the write may have happened: then the reservation stays, and expires by itself if no job confirms it."""
    return error.worth_retrying and not isinstance(error, ModelChangedError)


def _request(model: Model, wanted: Wanted, *, version: str, hours: Decimal) -> TrainingRequested:
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
    )
