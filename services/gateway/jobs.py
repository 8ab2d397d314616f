"""The gateway's wiring of jobs of every kind, and of those that are no trainings."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.chassis.bus.handlers import Facts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.notices import Notices
from services.gateway.inbound.events.training import bind_jobs
from services.gateway.outbound.jobs.former_jobs_mongo import FormerJobsMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.services_bus import Services
from services.gateway.usecases.jobs.accept_job import AcceptJob
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob


@dataclass(frozen=True, slots=True)
class JobParts:
    """What a face needs to start, show and stop jobs of any kind but a training; trainings stand on the same jobs and `accept`."""

    jobs: JobsMongo
    former: FormerJobsMongo
    accept: AcceptJob
    start: StartJob
    stop: StopJob

    async def prepare(self) -> None:
        """Make indexes, and bring over what former releases kept elsewhere."""
        await self.jobs.prepare()
        await self.former.prepare()

    def bind(self, facts: Facts, *, notices: Notices) -> None:
        """Listen to events about such jobs; `notices` pass them on to who watches live."""
        bind_jobs(facts, jobs=self.jobs, notices=notices)


def make_jobs(database: Database, *, services: Services, limits: TierLimits, wake: Callable[[], None], synthetic_allowed: bool) -> JobParts:
    """Wire them. `wake` is called after each write that has events to be published (collection `jobs`)."""
    jobs = JobsMongo(database["jobs"], on_write=wake)
    accept = AcceptJob(jobs, limits, services.marketplace)
    return JobParts(
        jobs=jobs,
        former=FormerJobsMongo(database, jobs),
        accept=accept,
        start=StartJob(jobs, accept, limits, now, synthetic_allowed),
        stop=StopJob(jobs, services.training, now),
    )
