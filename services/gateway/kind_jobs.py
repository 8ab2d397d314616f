"""The gateway's wiring of jobs that are no trainings: which adapters they stand on."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.chassis.handlers import Facts
from libs.chassis.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.studio_ports import Models
from services.gateway.domain.tier_limits import TierLimits
from services.gateway.inbound.events import bind_jobs
from services.gateway.outbound.kind_jobs_mongo import KindJobsMongo
from services.gateway.outbound.old_jobs_mongo import OldJobsMongo
from services.gateway.services import Services
from services.gateway.usecases.start_job import StartJob
from services.gateway.usecases.stop_job import StopJob


@dataclass(frozen=True, slots=True)
class KindJobParts:
    """What a face needs to start, show and stop jobs of any kind but a training."""

    jobs: KindJobsMongo
    start: StartJob
    stop: StopJob
    old: OldJobsMongo

    async def prepare(self) -> None:
        """Make indexes."""
        await self.jobs.prepare()
        await self.old.prepare()

    def bind(self, facts: Facts) -> None:
        """Listen to events about such jobs."""
        bind_jobs(facts, jobs=self.jobs)


def make_kind_jobs(
    database: Database,
    *,
    models: Models,
    services: Services,
    limits: TierLimits,
    wake: Callable[[], None],
    synthetic_allowed: bool,
) -> KindJobParts:
    """Wire them; trainings (`models`) take places among an account's jobs too.

    `wake` is called after each write that has events to be published (collection `kind_jobs`).
    """
    jobs = KindJobsMongo(database["kind_jobs"], on_write=wake)
    return KindJobParts(
        jobs=jobs,
        start=StartJob(jobs, models, limits, services.marketplace, now, synthetic_allowed),
        stop=StopJob(jobs, services.training, now),
        old=OldJobsMongo(database["kind_jobs"], database["models"]),
    )
