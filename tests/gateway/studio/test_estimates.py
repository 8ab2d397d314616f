"""What a training will take and cost, told before it starts: from past jobs of its kind, and how sure that is."""

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from tests.gateway.studio.world import User, World, new_model
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
FOREST = {"n_estimators": 20, "max_depth": 4}


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(alone: World) -> AsyncIterator[World]:
    """A platform on which nothing was trained yet: what a story trains is forgotten after it."""
    yield alone
    database = alone.database

    async def all_published() -> bool:
        unpublished = {"pending_events.0": {"$exists": True}}
        return not any([await database[name].find_one(unpublished) for name in ("models", "jobs")])

    await until(all_published, what="all events")
    await alone.broker.all_heard()  # What is heard of a job later would make it anew.
    await database["jobs"].delete_many({})


async def trained(studio: World, user: User, *hours: str, **changes: Any) -> str:
    """Return a model that was trained as often as hours are given, and took these."""
    model_id = await user.make_model(**changes)
    for took in hours:
        job_id = await user.train(model_id)
        await studio.training.complete(job_id, hours=took)
        await user.job_is(job_id, "COMPLETED")
    return model_id


async def estimate(user: User, model_id: str) -> dict[str, Any]:
    return (await user.get(f"/models/{model_id}/estimate/"))["estimate"]


async def test_before_anything_was_trained_its_size_says_how_long_it_takes(fresh: World) -> None:
    ada = await fresh.user()
    model_id = await ada.make_model()

    answer = await ada.get(f"/models/{model_id}/estimate/")

    told = answer["estimate"]
    assert (told["basis"], told["jobs"], told["queue_seconds"]) == ("size only", 0, 0.0)
    assert (told["low_hours"], told["high_hours"], told["level"]) == (None, None, None)
    assert told["reasons"].keys() == {"low_hours", "high_hours", "level"}
    assert told["hours"] > 0
    assert Decimal(answer["estimated_cost"]) >= Decimal("0.05")
    assert (await ada.get("/training-jobs/"))["count"] == 0
    assert (await ada.get(f"/models/{model_id}/"))["status"] == "DRAFT"


async def test_three_jobs_of_ones_own_say_what_the_next_one_takes_and_how_sure_that_is(fresh: World) -> None:
    ada = await fresh.user()
    model_id = await trained(fresh, ada, "1", "2", "4")

    answer = await ada.get(f"/models/{model_id}/estimate/")

    told = answer["estimate"]
    assert (told["basis"], told["jobs"], told["level"], told["reasons"]) == ("your past jobs", 3, 0.8, {})
    assert told["hours"] == pytest.approx(2.0, rel=1e-3)  # The geometric mean.
    # t(90 %, 2) is 1.886, the logarithms' deviation is log 2, of three jobs.
    assert told["high_hours"] == pytest.approx(2 * 2 ** (1.886 * (4 / 3) ** 0.5), rel=0.01)
    assert told["low_hours"] * told["high_hours"] == pytest.approx(4, rel=1e-3)
    assert Decimal(answer["estimated_cost"]) == pytest.approx(Decimal(str(told["high_hours"])) * 5, abs=Decimal("0.01"))


async def test_other_accounts_jobs_help_whoever_has_none_without_telling_whose_they_are(fresh: World) -> None:
    ada, eve = await fresh.user(), await fresh.user()
    await trained(fresh, ada, "1", "1", "1")

    told = await estimate(eve, await eve.make_model())

    assert (told["basis"], told["jobs"]) == ("all past jobs", 3)
    assert (told["low_hours"], told["hours"], told["high_hours"]) == pytest.approx((1, 1, 1), rel=1e-3)


async def test_past_jobs_are_scaled_by_size_and_those_of_another_algorithm_do_not_count(fresh: World) -> None:
    ada = await fresh.user()
    small = await trained(fresh, ada, "1", "1", "1")
    large = await ada.make_model(hyperparameters={"n_estimators": 2000})
    other = await ada.make_model(algorithm="XGBOOST", hyperparameters={})

    near, far, unknown = [await estimate(ada, model_id) for model_id in (small, large, other)]

    assert far["hours"] > 3 * near["hours"]
    assert (far["basis"], far["jobs"], unknown["basis"]) == ("your past jobs", 3, "size only")


async def test_symbols_are_sized_by_the_days_that_they_share_unless_each_has_its_own(fresh: World) -> None:
    ada = await fresh.user()
    config = {"symbols": ["GOOG", "NVDA"], "cross_validation_folds": 10}
    forest = {"n_estimators": 2000}

    common, union, early = [
        (await estimate(ada, await ada.make_model(hyperparameters=forest, training_config=config | more)))["hours"]
        for more in ({}, {"window": "union"}, {"end_date": "2008-12-31"})
    ]

    # Google has 8.5 years, NVIDIA 26: twice 8.5 against the sum.
    assert union == pytest.approx(common * (8.5 + 26) / 17, rel=0.1)
    assert early < 0.6 * common


async def test_far_beyond_all_that_was_seen_what_its_size_says_counts_too(fresh: World) -> None:
    ada = await fresh.user()
    await trained(fresh, ada, "0.0001", "0.0001", "0.0001")
    everything = {"symbols": ["AAPL", "MSFT"], "cross_validation_folds": 10}
    large = await ada.make_model(hyperparameters={"n_estimators": 2000}, training_config=everything)

    told = await estimate(ada, large)

    assert told["hours"] < 0.01
    assert told["high_hours"] > 10 * told["hours"]


async def test_past_jobs_do_not_make_a_much_larger_one_cheap(fresh: World) -> None:
    ada = await fresh.user()
    everything = {"symbols": ["AAPL", "MSFT"], "cross_validation_folds": 10}
    small, large = await ada.make_model(), await ada.make_model(hyperparameters={"n_estimators": 2000}, training_config=everything)
    first = await ada.train(small)
    await fresh.training.complete(first, hours="0.000100")
    await ada.job_is(first, "COMPLETED")

    answers = [(await ada.call("POST", f"/models/{model_id}/train/", {})).json() for model_id in (small, large)]

    cheap, dear = (Decimal(answer["estimated_cost"]) for answer in answers)
    assert cheap < dear


async def test_what_is_told_before_is_what_starting_it_says_and_reserves(ada: User) -> None:
    model_id = await ada.make_model(algorithm="LIGHTGBM", hyperparameters={"n_estimators": 30})
    before = await ada.get(f"/models/{model_id}/estimate/")

    started = (await ada.call("POST", f"/models/{model_id}/train/", {})).json()

    same = ("hours", "low_hours", "high_hours", "level", "jobs", "basis")
    assert {name: started["estimate"][name] for name in same} == {name: before["estimate"][name] for name in same}
    assert started["estimated_cost"] == before["estimated_cost"]
    assert (await ada.get(f"/training-jobs/{started['job_id']}/"))["estimated_cost"] == before["estimated_cost"]


async def test_while_jobs_wait_the_next_one_waits_for_the_work_ahead_of_it(fresh: World) -> None:
    ada, eve = await fresh.user(), await fresh.user()
    model_id = await trained(fresh, eve, "1", "1", "1")
    running = await ada.train(await ada.make_model())
    alone = await estimate(eve, model_id)
    await fresh.training.progress(running, 50)  # It says that it ended long ago: nothing of it is left.
    await ada.job_is(running, "RUNNING")
    unknown = await estimate(eve, model_id)
    await ada.train(await ada.make_model())

    waiting = await eve.get(f"/models/{model_id}/estimate/")

    assert (alone["queue_seconds"], unknown["queue_seconds"]) == (None, None)
    assert "none runs yet" in alone["reasons"]["queue_seconds"]
    assert "whether a runner is free" in unknown["reasons"]["queue_seconds"]
    assert waiting["estimate"]["queue_seconds"] == pytest.approx(3600, rel=1e-3)
    assert waiting["estimate"]["reasons"] == {}
    ahead = datetime.fromisoformat(waiting["estimated_completion"]) - datetime.now().astimezone()
    assert ahead.total_seconds() == pytest.approx(7200, abs=60)


async def test_workers_share_the_hours_that_a_job_takes(fresh: World) -> None:
    ada, eve = await fresh.user(), await fresh.user()
    shared = {"algorithm": "GRU", "hyperparameters": {}, "training_config": {"symbols": ["AAPL"], "num_workers": 4}}
    model_id, other = await trained(fresh, ada, "4", "4", "4", **shared), await ada.make_model(**shared)

    running = (await ada.call("POST", f"/models/{model_id}/train/", {})).json()
    await fresh.training.progress(running["job_id"], 50)  # It says that it ended long ago: nothing of it is left.
    await ada.job_is(running["job_id"], "RUNNING")
    await ada.train(other)
    behind = await eve.get(f"/models/{await eve.make_model()}/estimate/")

    assert running["estimate"]["hours"] == pytest.approx(4, rel=1e-3)
    took = datetime.fromisoformat(running["estimated_completion"]) - datetime.now().astimezone()
    assert took.total_seconds() == pytest.approx(3600, abs=60)
    assert behind["estimate"]["queue_seconds"] == pytest.approx(3600, rel=1e-3)


async def test_less_urgent_jobs_are_not_ahead_of_a_usual_one(fresh: World) -> None:
    ada = await fresh.user()
    running = await ada.train(await ada.make_model())
    await fresh.training.progress(running, 50)
    await ada.job_is(running, "RUNNING")
    await ada.train(await ada.make_model(), priority="LOW")

    told = await estimate(ada, await ada.make_model())

    assert told["queue_seconds"] == 0.0


async def test_somebody_elses_model_has_no_estimate(ada: User, eve: User) -> None:
    model_id = await ada.make_model()

    answers = [await eve.call("GET", f"/models/{each}/estimate/") for each in (model_id, "nonsense")]

    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(404, "RESOURCE_NOT_FOUND")] * 2


async def test_a_failed_job_says_nothing_of_the_next_one(fresh: World) -> None:
    ada = await fresh.user()
    model_id = (await ada.call("POST", "/models/", new_model(hyperparameters=FOREST))).json()["id"]
    for _ in range(3):
        job_id = await ada.train(model_id)
        await fresh.training.fail(job_id)
        await ada.job_is(job_id, "FAILED")

    assert (await estimate(ada, model_id))["basis"] == "size only"
