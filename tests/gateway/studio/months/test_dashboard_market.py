"""The dashboard tells what happened on the marketplace: to what one sells, and to what one bought."""

from datetime import timedelta

import pytest

from libs.contracts.envelope import now
from tests.gateway.studio.selling import a_reviewer, listed, submitted
from tests.gateway.studio.subscribers import subscribed
from tests.gateway.studio.world import User, World
from tests.marketplace.market import Clock
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
OF_MODELS = {"MODEL_CREATED", "TRAINING_STARTED", "MODEL_TRAINED"}


async def market_activity(user: User) -> list[tuple[str, str]]:
    told = (await user.get("/analytics/dashboard/"))["recent_activity"]
    return [(each["type"], each["message"]) for each in told if each["type"] not in OF_MODELS]


async def is_told(user: User, *wanted: tuple[str, str]) -> None:
    """Wait until exactly this is told of the marketplace, the newest first."""
    found: list[tuple[str, str]] = []

    async def there() -> bool:
        found[:] = await market_activity(user)
        return found == list(wanted)

    await until(there, what=f"{wanted}, found {found}")


async def test_sellers_and_buyers_are_told_what_happened_and_nobody_else_is(studio: World, clock: Clock) -> None:
    seller, buyer, eve = await studio.user(), await studio.user(), await studio.user()
    _, listing_id = await listed(studio, seller, await a_reviewer(studio), title="Momentum", monthly_price="100.00")
    made = await subscribed(buyer, listing_id)
    for_sale = [("MODEL_PUBLISHED", "Momentum published"), ("LISTING_SUBMITTED", "Momentum submitted for review")]
    await is_told(seller, ("NEW_SUBSCRIBER", "Momentum has a new subscriber"), *for_sale)
    await is_told(buyer, ("SUBSCRIBED", "Subscribed to Momentum"))

    clock.at = now() + timedelta(days=32)
    await is_told(buyer, ("SUBSCRIPTION_RENEWED", "Subscription to Momentum renewed"), ("SUBSCRIBED", "Subscribed to Momentum"))
    await buyer.call("POST", f"/subscriptions/{made['subscription_id']}/cancel/")
    clock.at = now() + timedelta(days=64)

    ends = [("SUBSCRIPTION_ENDED", "Subscription to Momentum ended"), ("SUBSCRIPTION_CANCELLED", "Subscription to Momentum cancelled")]
    await is_told(buyer, *ends, ("SUBSCRIPTION_RENEWED", "Subscription to Momentum renewed"), ("SUBSCRIBED", "Subscribed to Momentum"))
    await is_told(seller, ("NEW_SUBSCRIBER", "Momentum has a new subscriber"), *for_sale)
    assert await market_activity(eve) == []


async def test_a_listing_that_waits_for_its_reviewer_is_told_as_submitted_alone(studio: World) -> None:
    seller = await studio.user()
    await submitted(studio, seller, title="Patience")

    await is_told(seller, ("LISTING_SUBMITTED", "Patience submitted for review"))
