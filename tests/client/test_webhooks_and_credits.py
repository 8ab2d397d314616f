"""The client's webhooks, heard by a real receiver, and its compute hours, paid once."""

import asyncio
from decimal import Decimal

import pytest

from modelbourse import AsyncModelbourse, Modelbourse, NotFoundError
from tests.client.people import PATIENT, Person
from tests.gateway.webhooks.receiver import receiving
from tests.journeys.customer import small_model
from tests.waiting import until

pytestmark = pytest.mark.journey


async def test_a_webhook_is_made_tested_heard_replayed_and_deleted(newcomer: Person) -> None:
    async with (
        receiving() as receiver,
        await AsyncModelbourse.login(newcomer.username, newcomer.password, url=newcomer.url, retries=PATIENT) as client,
    ):
        made = await client.webhooks.create(receiver.url, ["training_job.completed"])
        queued = await client.webhooks.test(made.id)
        await receiver.heard(1)
        job = await client.models.train((await client.models.create(**small_model("told of"))).id)
        await job.wait()
        await receiver.heard(2)

        async def delivered() -> bool:
            return (await client.webhooks.deliveries_page(made.id, status="DELIVERED")).count == 2

        await until(delivered, what="both deliveries")
        told, tried = [each async for each in client.webhooks.deliveries(made.id)]
        again = await client.webhooks.replay(made.id, told.id)
        await receiver.heard(3)

        assert made.secret.startswith("whsec_")
        assert [row.id async for row in client.webhooks.list()] == [made.id]
        assert (await client.webhooks.get(made.id)).secret != made.secret
        assert (tried.id, told.event, again.replay_of) == (queued.id, "training_job.completed", told.id)
        assert (await client.webhooks.delivery(made.id, told.id)).payload["data"]["job_id"] == job.id
        assert receiver.calls[2].payload == receiver.calls[1].payload
        assert not (await client.webhooks.update(made.id, enabled=False)).enabled
        await client.webhooks.delete(made.id)
        with pytest.raises(NotFoundError):
            await client.webhooks.get(made.id)


def test_used_hours_are_told_and_more_are_bought_once_though_the_first_answer_is_lost(client: Modelbourse) -> None:
    before = client.credits.usage().current_period
    client.models.train(client.models.create(**small_model("paid for")).id).wait()

    bought = client.credits.purchase(2, payment_method="card_timeout")

    assert (bought.hours_purchased, bought.amount) == (2, Decimal("10.00"))
    (paid,) = client.payments.list(kind="CREDITS")
    assert (paid.payment_id, paid.amount, paid.status, paid.hours) == (bought.transaction_id, Decimal("10.00"), "PAID", 2.0)
    assert client.payments.get(paid.payment_id) == paid

    async def is_charged() -> bool:
        # A training is over when its end is heard, and it is charged when the marketplace has heard of it too.
        return any(job.job_name for job in (await asyncio.to_thread(client.credits.usage)).usage_by_job)

    asyncio.run(until(is_charged, what="what the training has used"))
    after = client.credits.usage()
    assert after.current_period.hours_limit == pytest.approx(before.hours_limit + 2)
    assert [job.job_name for job in after.usage_by_job] == ["paid for training v1.0"]
    assert after.current_period.hours_used == after.usage_by_job[0].hours > 0
    assert after.daily_usage[0].cost == after.current_period.cost


async def test_purchases_at_once_are_each_their_own(newcomer: Person) -> None:
    async with await AsyncModelbourse.login(newcomer.username, newcomer.password, url=newcomer.url, retries=PATIENT) as client:
        before = (await client.credits.usage()).current_period.hours_limit

        bought = await asyncio.gather(*(client.credits.purchase(1) for _ in range(20)))

        assert len({each.transaction_id for each in bought}) == 20
        assert (await client.credits.usage()).current_period.hours_limit == pytest.approx(before + 20)
