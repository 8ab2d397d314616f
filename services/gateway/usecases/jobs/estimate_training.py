"""Tell what a training would take and cost, before anything is started or set aside."""

from dataclasses import dataclass, replace

from libs.contracts.training import Priority
from services.gateway.domain.jobs.estimate import Estimate, PastJobs, estimate
from services.gateway.domain.jobs.job_size import size_hours
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock


@dataclass(frozen=True, slots=True)
class EstimateTraining:
    """One read, whatever has been trained before."""

    past: PastJobs
    clock: Clock

    async def __call__(self, model: Model, *, priority: Priority = Priority.NORMAL) -> Estimate:
        """Return what is expected of the model's next training. Raise UnavailableError."""
        spec = model.spec
        past = await self.past.read(model.account_id, algorithm=spec.algorithm, priority=priority, at=self.clock())
        return replace(estimate(past, size=size_hours(spec)), workers=spec.workers)
