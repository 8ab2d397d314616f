"""Tasks and deployments: each list, count and look-up of theirs is one of an index."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from libs.chassis.stores.mongo import Database
from libs.contracts.deployments import ModelDeployed
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState, TrainingRequested
from services.gateway.domain.deployments.deployment import Deployment, Place
from services.gateway.domain.jobs.tasks import TaskFilter, TrainingFilter
from services.gateway.outbound.deployments.deployments_mongo import DeploymentsMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.outbound.jobs.tasks_mongo import LAST_BEGUN, TasksMongo
from services.gateway.outbound.models.models_mongo import ModelsMongo
from tests.queries.profiled import SPARE, STEP, STEPS, earlier, multiply, numbered, profiled, walked
from tests.queries.test_gateway_studio import a_job

KINDS = (JobKind.TRAIN, JobKind.BACKTEST)
AT = datetime(2026, 1, 5, tzinfo=UTC)


async def test_tasks(database: Database, many: int) -> None:
    jobs, tasks, documents, at = JobsMongo(database["jobs"], on_write=int), TasksMongo(database["jobs"]), database["jobs"], now()
    await jobs.prepare()
    await tasks.prepare()
    job = replace(a_job(), algorithm="LSTM", symbols=("BTC-USD",), attempt=1, started_at=at, ended_at=at)
    await jobs.add(job, EXAMPLES[TrainingRequested])
    aged = {"model_version": numbered("1."), "created_at": earlier("created_at"), "started_at": earlier("created_at", by_s=5)}
    aged["ended_at"] = earlier("created_at", by_s=30)
    await multiply(documents, "job", by=many // 10, **aged)
    await multiply(documents, "job_1", by=many, account_id=numbered("a", of=many // 20), model_id=numbered("m"), **aged)
    waits = {"state": JobState.QUEUED.value, "started_at": None, "ended_at": None}
    await multiply(documents, "job_2", by=many // 100, account_id=numbered("a"), model_id=numbered("q"), **aged | waits)

    async with profiled(database) as took:
        for by, descending, state in product(("created_at", "started_at", "ended_at"), (True, False), (None, JobState.FAILED)):
            wanted = TaskFilter(kinds=KINDS, states=[state] if state else [])
            rows = await walked(
                lambda part, wanted=wanted, by=by, descending=descending: tasks.find("account", part, wanted, by=by, descending=descending)
            )
            assert rows == STEP * STEPS
        for symbol, states in product((None, "BTC-USD"), ((), [JobState.FAILED])):
            of = TrainingFilter(algorithms=("LSTM", "GRU"), symbol=symbol, states=states)
            assert await walked(lambda part, of=of: tasks.trainings("account", part, of)) == STEP * STEPS
        assert await tasks.ahead(replace(job, created_at=at - timedelta(days=36500))) == 0
        assert (await tasks.queue()).waiting == many // 100
    own = many // 10
    async with profiled(database) as counted:
        found = await tasks.statistics("account", KINDS, at=at)

    assert took.problems(reads=SPARE + LAST_BEGUN, counted=own + many // 100) == []
    assert counted.problems(reads=0, counted=own) == []
    assert found.all.of(JobState.FAILED) == found.kinds[JobKind.TRAIN].total > own // 2


async def test_deployments_and_readable_names(database: Database, many: int) -> None:
    deployments, models = DeploymentsMongo(database["deployments"], on_write=int), ModelsMongo(database["models"], on_write=int)
    await deployments.prepare()
    await models.prepare()
    said = {"artifact": "sha", "version": "1.0", "version_made_at": AT, "deployed_at": AT, "deployed_by": "root", "accuracy": 0.7}
    one = Deployment(id="deployment", job_id="job", model_id="model", account_id="account", name="lstm", **said)
    event = EXAMPLES[ModelDeployed]
    assert isinstance(event, ModelDeployed)
    await deployments.save(Place("BTC-USD", "15m").deployed(one, activate=True), event)
    others = {"deployments": [{**vars_of(one), "state": "active", "job_id": "other", "account_id": "other", "deployed_by": "other"}]}
    await multiply(database["deployments"], "BTC-USD 15m", by=many, **others)

    async with profiled(database) as took:
        assert (await deployments.of_jobs(["job", "none"])).keys() == {"job"}
        assert await deployments.active_jobs("account") == ["job"]
        assert await models.free_slug("lstm", account_id="account") == "lstm"
        await deployments.forget("root")
        await deployments.forget("account")

    assert took.problems() == []
    assert (await deployments.get("BTC-USD", "15m")).deployments == ()


def vars_of(deployment: Deployment) -> dict[str, object]:
    return {name: getattr(deployment, name) for name in Deployment.__slots__}
