"""Start a training job: credits are reserved first, then one write makes the job."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from libs.chassis.errors import PlatformError
from libs.contracts.marketplace import ReserveCredits, SettleCredits
from libs.contracts.training import Priority, TrainingRequested
from services.gateway.domain.account import Tier
from services.gateway.domain.caller import Caller
from services.gateway.domain.estimate import estimated_hours
from services.gateway.domain.job import Job, requested_job
from services.gateway.domain.model import Model
from services.gateway.domain.model_errors import JobNotFoundError, ModelChangedError, PriorityNotAllowedError
from services.gateway.domain.studio_ports import Clock, Jobs, Models, Others
from services.gateway.domain.work import Work

DAYS_A_YEAR: Final = 365.25
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks for, and the id that the job gets."""

    job_id: str
    caller: Caller
    name: str | None
    priority: Priority


@dataclass(frozen=True, slots=True)
class StartTraining:
    """The same work twice starts one job."""

    models: Models
    jobs: Jobs
    others: Others
    clock: Clock

    async def __call__(self, model_id: str, *, caller: Caller, name: str | None, priority: Priority, work: Work) -> Job:
        """Return the accepted job.

        Raise ModelNotFoundError, ModelBusyError, NotTrainableError, PriorityNotAllowedError, AskRefusedError (too few credits),
        AskTimeoutError, UnavailableError or ModelChangedError.
        """
        if priority is Priority.HIGH and caller.tier is Tier.FREE:
            raise PriorityNotAllowedError(caller.tier.value)
        model = await self.models.get(model_id, account_id=caller.account_id)
        wanted = Wanted(work.new_id("job"), caller, name, priority)
        if work.seed is not None and (known := await self._known(model, wanted)):
            return known
        model.check_trainable()
        hours = await self._reserve(model, wanted)
        try:
            event = await self._begin(model, wanted, hours=hours)
        except PlatformError as error:
            if not _nobody_knows(error):
                ask = SettleCredits(job_id=wanted.job_id, account_id=caller.account_id, outcome="released", used_hours=Decimal(0))
                await self.others.settle(ask)
            raise
        return await self._keep(event)

    async def _known(self, model: Model, wanted: Wanted) -> Job | None:
        """Return the job that the same request made before it was cut off."""
        try:
            return await self.jobs.get(wanted.job_id, account_id=model.account_id)
        except JobNotFoundError:
            if model.active_job != wanted.job_id:
                return None
        # Begun, but its view was not made yet; its reservation still says how many hours it has.
        hours = await self._reserve(model, wanted)
        return await self._keep(_request(model, wanted, version=model.version_in_training, hours=hours))

    async def _reserve(self, model: Model, wanted: Wanted) -> Decimal:
        """Set credits aside; the same job twice is one reservation, so what it says counts."""
        past = await self.jobs.past_hours(model.account_id, algorithm=model.spec.algorithm)
        config = model.spec.training_config
        hours = estimated_hours(past, config=config, hyperparameters=model.spec.hyperparameters, years=_years(config))
        ask = ReserveCredits(job_id=wanted.job_id, account_id=model.account_id, tier=wanted.caller.tier.value, hours=hours)
        return (await self.others.reserve(ask)).hours

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

    async def _keep(self, event: TrainingRequested) -> Job:
        job = requested_job(event)
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


def _years(config: dict[str, Any]) -> float | None:
    start, end = config.get("start_date"), config.get("end_date")
    if not start or not end:
        return None
    return (date.fromisoformat(end) - date.fromisoformat(start)).days / DAYS_A_YEAR
