"""Tell what a training would take and cost, before anything is started or set aside."""

from dataclasses import dataclass, replace

from libs.contracts.job_kinds import JobKind
from libs.contracts.texts import TextSpec
from libs.contracts.training import Priority, TrainingSpec
from services.gateway.domain.jobs.estimate import Estimate, PastJobs, estimate
from services.gateway.domain.jobs.job_size import size_of
from services.gateway.domain.jobs.terms import TERMS
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.datasets.find_own import FindOwn


@dataclass(frozen=True, slots=True)
class EstimateTraining:
    """One read, whatever has been trained before."""

    past: PastJobs
    own: FindOwn
    clock: Clock

    async def __call__(self, spec: TrainingSpec | TextSpec, *, account_id: str, priority: Priority = Priority.NORMAL) -> Estimate:
        """Return what is expected of the account's next training like this. Raise UnavailableError."""
        if isinstance(spec, TrainingSpec) and not spec.own:
            spec = TERMS[JobKind.TRAIN].with_own(spec, await self.own(account_id))
        size = size_of(spec)
        past = await self.past.read(account_id, algorithm=size.algorithm, priority=priority, at=self.clock())
        return replace(estimate(past, size=size.hours), workers=spec.workers)
