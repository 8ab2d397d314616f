"""What operators' list of all jobs costs does not grow with the jobs."""

from libs.chassis.stores.mongo import Database
from libs.contracts.examples import EXAMPLES
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState, TrainingRequested
from services.gateway.domain.jobs.ports import EveryJobFilter
from services.gateway.outbound.jobs.every_job_mongo import EveryJobMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from tests.queries.profiled import earlier, multiply, profiled
from tests.queries.test_gateway_studio import PAGE, a_job


async def test_what_lists_all_jobs_counts_none_of_them(database: Database) -> None:
    every = EveryJobMongo(database["jobs"])
    await every.prepare()
    await JobsMongo(database["jobs"], on_write=int).add(a_job(), EXAMPLES[TrainingRequested])
    await multiply(database["jobs"], "job", by=500, created_at=earlier("created_at"))

    async with profiled(database) as took:
        found = await every.find(PAGE, EveryJobFilter(None, (), ()))

    assert (found.count, len(found.items)) == (501, 20)
    assert max(work.keys for work in took.works) <= PAGE.size + 2 * len(JobKind) * len(JobState) < 500
