"""Processes killed (-9) at the worst moment: between a charge and its credit, and in the middle of a delivery."""

from decimal import Decimal
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from tests.gateway.webhooks.receiver import receiving
from tests.journeys.books import credit_problems, sandbox_charges
from tests.journeys.customer import Customer
from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = pytest.mark.journey
HOURS = 7


async def purchase(platform: Platform, account_id: str) -> dict[str, Any] | None:
    async with AsyncMongoClient[dict[str, Any]](platform.status()["mongodb"]) as client:
        return await client["modelbourse_marketplace"]["purchases"].find_one({"account_id": account_id})


@pytest.mark.soak  # Of a process of its own: tests/marketplace/test_dying.py.
async def test_a_marketplace_that_dies_between_charge_and_credit_has_charged_and_credited_once(platform: Platform) -> None:
    customer = await Customer(platform.gateway).sign_up()
    before = (await customer.persist("GET", "/api/ai-studio/compute/usage/", accept={200})).json()["current_period"]["hours_limit"]

    async def charged() -> bool:
        return any(charge["charge_id"] for charge in await sandbox_charges(platform.status()["mongodb"], account=customer.account_id))

    # The sandbox charges this method, and its first answer gets lost: it is credited later.
    body = {"hours": HOURS, "payment_method": "card_timeout"}
    buying = customer.begin("POST", "/api/ai-studio/compute/purchase-credits/", body=body)
    await until(charged, what="the charge")
    killed = platform.kill("marketplace")
    assert killed is not None
    platform.until_back("marketplace", other_than=killed)
    await buying

    async def credited() -> bool:
        bought = await purchase(platform, customer.account_id)
        return bought is not None and bought["state"] == "credited"

    await until(credited, what="the purchase that goes on by itself", within=120)
    usage = (await customer.persist("GET", "/api/ai-studio/compute/usage/", accept={200})).json()
    assert len(await sandbox_charges(platform.status()["mongodb"], account=customer.account_id)) == 1
    assert Decimal(str(usage["current_period"]["hours_limit"])) == Decimal(str(before)) + HOURS
    assert await credit_problems(platform.status()["mongodb"], accounts=[customer.account_id]) == []


@pytest.mark.soak
async def test_a_gateway_that_dies_while_a_webhook_is_delivered_delivers_it_again(platform: Platform) -> None:
    customer = await Customer(platform.gateway).sign_up()
    async with receiving() as receiver:
        hook = {"url": receiver.url, "events": ["training_job.completed"]}
        made = await customer.persist("POST", "/api/ai-studio/webhooks/", body=hook, accept={201})
        webhook = made.json()["id"]
        receiver.open.clear()

        await customer.persist("POST", f"/api/ai-studio/webhooks/{webhook}/test/", accept={202})
        (first,) = await receiver.heard(1)
        for name in [entry["name"] for entry in platform.status()["processes"] if entry["name"].startswith("gateway")]:
            killed = platform.kill(name)
            assert killed is not None
            platform.until_back(name, other_than=killed)
        receiver.open.set()
        calls = await receiver.heard(2)

    assert {call.message_id for call in calls} == {first.message_id}
    assert {call.body for call in calls} == {first.body}
