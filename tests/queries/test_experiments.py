"""Experiments: looked up, listed, given to jobs and ended by indexes, however many there are."""

from datetime import UTC, datetime

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.parts import Part
from libs.contracts.training import ModelType, TrainingSpec
from libs.contracts.tuning import Objective, SearchRange, TuneSpec
from services.gateway.domain.experiments.experiment import Asked, End, Experiment, ExperimentFilter, ExperimentStatus
from services.gateway.outbound.experiments.experiments_mongo import ExperimentsMongo
from tests.queries.profiled import multiply, numbered, profiled

AT = datetime(2026, 11, 1, tzinfo=UTC)
BASE = TrainingSpec(
    model_type=ModelType.CLASSIFICATION,
    algorithm="RANDOM_FOREST",
    target_variable="signal_type",
    features=("rsi_14",),
    hyperparameters={},
    training_config={"symbols": ["AAPL"]},
)
SPEC = TuneSpec(
    experiment_id="one",
    base=BASE,
    space={"max_depth": SearchRange(type="int", min=2, max=8)},
    objectives=(Objective(metric="sharpe", direction="maximize"),),
)


async def test_experiments_are_listed_started_and_ended_by_indexes(database: Database, many: int) -> None:
    store, documents = ExperimentsMongo(database["experiments"]), database["experiments"]
    await store.prepare()
    asked = Asked(dataset_id="packaged_AAPL_1d", space={}, names={}, metric="sharpe", direction="maximize")
    one = Experiment(
        id="one", account_id="account", name="Forest", description="", asked=asked, spec=SPEC, created_at=AT, updated_at=AT
    )  # fmt: skip
    await store.add(one, most=10)
    await multiply(documents, "one", by=many, account_id="other", jobs=[numbered("o")], job_id=numbered("o"))
    await multiply(documents, "one", by=many // 10, jobs=[numbered("j")], job_id=numbered("j"), status="completed")
    whose = ExperimentFilter(account_id="account")

    async with profiled(database) as looked:
        await store.add(one, most=10**6)
        await store.begin("one", account_id="account", job_id="job", spec=SPEC, at=AT)
        await store.stopping("one", at=AT)
        await store.end("job", End(status=ExperimentStatus.STOPPED, at=AT))
        await store.begin("one", account_id="account", job_id="again", spec=SPEC, at=AT)
        await store.withdraw("again")
        assert (await store.get("one", account_id="account")).status is ExperimentStatus.STOPPED
        assert [
            each.id for each in (await store.find(ExperimentFilter(account_id="account", status=ExperimentStatus.STOPPED), Part(20))).items
        ] == ["one"]
        assert len((await store.find(whose, Part(20, offset=40))).items) == 20
        await store.remove("one", account_id="account")
        assert await store.of_model("model", account_id="account") == []
        await store.remove_of_model("model", account_id="account")
    assert looked.problems(counted=many) == []

    async with profiled(database) as forgot:
        await store.forget("account")
    assert forgot.problems() == []
    assert await documents.count_documents({"account_id": "account"}) == 0
