"""Servers frozen or killed under load: everything recovers by itself."""

import asyncio
import shutil
from collections.abc import AsyncIterator

import pytest

from tests.journeys.books import wallet_held
from tests.journeys.chaos import FROZEN_S, Storm, check_everything
from tests.journeys.customer import Customer, small_model
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey


@pytest.fixture(scope="package")
def known(platform: Platform) -> tuple[Customer, str]:
    """A customer with a model that serves: one for all outages of a platform, as each of them makes a job of its own."""

    async def train() -> tuple[Customer, str]:
        customer = await Customer(platform.gateway).sign_up()
        model_id = await customer.make_model(small_model("outage"))
        job = await customer.ended(await customer.train(model_id))
        assert job["status"] == "COMPLETED", job
        await customer.close()
        return customer, model_id

    with asyncio.Runner() as runner:
        return runner.run(train())


@pytest.fixture
async def customer(known: tuple[Customer, str]) -> AsyncIterator[Customer]:
    """That customer, logged in."""
    customer = await known[0].again()
    yield customer
    await customer.close()


@pytest.fixture
def model_id(known: tuple[Customer, str]) -> str:
    """The model that serves."""
    return known[1]


async def until_it_predicts(customer: Customer, model_id: str) -> None:
    body = {"symbols": ["AAPL", "MSFT"]}
    answer = await customer.persist("POST", f"/api/ai-studio/models/{model_id}/predict/", body=body, accept={200})
    assert [prediction["symbol"] for prediction in answer.json()["predictions"]] == ["AAPL", "MSFT"]


@pytest.mark.timeout(600)
@pytest.mark.soak  # Of the broker and of the stores alone: tests/chassis.
@pytest.mark.parametrize("server", ["kafka", "mongodb", "redis"])
async def test_a_server_that_is_frozen_for_15_seconds_under_load(
    platform: Platform, customer: Customer, model_id: str, server: str
) -> None:
    second = await customer.make_model(small_model("during the outage"))
    job_id = await customer.train(second)

    with platform.frozen(server):
        answers = [await customer.call("GET", "/livez") for _ in range(2)]
        predictions = asyncio.create_task(
            customer.persist("POST", f"/api/ai-studio/models/{model_id}/predict/", body={"symbols": ["AAPL"]}, accept={200})
        )
        await asyncio.sleep(FROZEN_S)  # The outage itself.

    assert {answer.status_code for answer in answers} == {200}
    await predictions
    await until_it_predicts(customer, model_id)
    job = await customer.ended(job_id)
    await check_everything(platform, Storm(seed=0, jobs=[job]), customers=[customer])


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_a_transaction_that_is_never_ended_holds_up_credits_for_seconds_and_loses_none(
    platform: Platform, customer: Customer
) -> None:
    model_id = await customer.make_model(small_model("while the wallet is held"))
    job_id = await customer.train(model_id)

    async with wallet_held(platform.status()["mongodb"], account=customer.account_id):
        job = await customer.ended(job_id)

        assert job["status"] == "COMPLETED", job
        await check_everything(platform, Storm(seed=0, jobs=[job]), customers=[customer])


@pytest.mark.timeout(600)
async def test_predictions_go_on_while_the_cache_is_away(platform: Platform, customer: Customer, model_id: str) -> None:
    # Whatever inference loads first is there: it may have been killed a moment ago.
    await until_it_predicts(customer, model_id)

    with platform.frozen("redis"):
        answer = await customer.call("POST", f"/api/ai-studio/models/{model_id}/predict/", body={"symbols": ["AAPL"]})

    assert answer.status_code == 200, answer.text


@pytest.mark.timeout(600)
@pytest.mark.parametrize("server", ["mongodb", *(pytest.param(server, marks=pytest.mark.soak) for server in ("kafka", "redis", "ray"))])
async def test_a_server_that_is_killed_is_started_again_on_the_same_data(
    platform: Platform, customer: Customer, model_id: str, server: str
) -> None:
    second = await customer.make_model(small_model("during the crash", trees=60))
    job_id = await customer.train(second)

    pid = platform.kill(server)

    assert pid is not None
    platform.until_back(server, other_than=pid)
    job = await customer.ended(job_id)
    assert job["status"] == "COMPLETED", job
    await until_it_predicts(customer, model_id)
    await check_everything(platform, Storm(seed=0, jobs=[job]), customers=[customer])


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_a_platform_whose_kafka_has_lost_its_data_goes_on_by_itself(platform: Platform, customer: Customer, model_id: str) -> None:
    with platform.frozen("kafka"):  # so that nothing is written to what is being removed
        for folder in (platform.run_dir / "data").iterdir():
            if folder.name in {"broker", "kafka"}:
                shutil.rmtree(folder)
        pid = platform.kill("kafka")

    platform.until_back("kafka", other_than=pid)
    await until_it_predicts(customer, model_id)
    job = await customer.ended(await customer.train(await customer.make_model(small_model("after the loss", trees=60))))
    assert job["status"] == "COMPLETED", job
    await check_everything(platform, Storm(seed=0, jobs=[job]), customers=[customer])


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_ray_is_started_again_when_only_its_raylet_has_ended(platform: Platform, customer: Customer) -> None:
    head, second = platform.pid("ray"), await customer.make_model(small_model("without a raylet"))

    platform.kill_the_ray_agent()
    job_id = await customer.train(second)

    assert head is not None
    platform.until_back("ray", other_than=head)
    job = await customer.ended(job_id)
    assert job["status"] == "COMPLETED", job
    await check_everything(platform, Storm(seed=0, jobs=[job]), customers=[customer])
