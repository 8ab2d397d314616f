"""Seller, reviewer, buyer, renewal, earnings: the whole story, with the webhooks that both are told by."""

from datetime import timedelta
from typing import Any, Final

import pytest

from libs.contracts.envelope import now
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import has_earned, predict, subscribed
from tests.gateway.studio.world import User, World
from tests.gateway.webhooks.receiver import Receiver, receiving
from tests.marketplace.market import Clock
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
EVENTS: Final = ["model.subscribed", "subscription.renewed", "subscription.cancelled", "subscription.expired"]


async def webhook(user: User, receiver: Receiver) -> str:
    made = await user.call("POST", "/webhooks/", {"url": receiver.url, "events": EVENTS})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def is_told(user: User, webhook_id: str, events: list[str]) -> None:
    """Wait until these events, and no others, are there to be delivered; those of another month are due when it comes."""
    found: list[str] = []

    async def there() -> bool:
        found[:] = [row["event"] for row in (await user.get(f"/webhooks/{webhook_id}/deliveries/"))["results"]]
        return len(found) >= len(events)

    await until(there, what=f"{events}")
    assert sorted(found) == sorted(events)


async def subscription_is(user: User, subscription_id: str, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update(await user.get(f"/subscriptions/{subscription_id}/"))
        return all(found[name] == value for name, value in fields.items())

    await until(there, what=f"the subscription {fields}")
    return found


async def test_from_the_first_payment_to_the_end(studio: World, clock: Clock) -> None:
    seller, buyer = await studio.user(), await studio.user()
    async with receiving() as receiver:
        to_seller, to_buyer = await webhook(seller, receiver), await webhook(buyer, receiver)
        model_id, listing_id = await listed(studio, seller, await a_reviewer(studio), monthly_price="100.00")
        made = await subscribed(buyer, listing_id)
        assert (await predict(buyer, model_id)).status_code == 200
        await receiver.heard(1)

        clock.at = now() + timedelta(days=32)
        renewed = await subscription_is(buyer, made["subscription_id"], renewals=1)
        assert (renewed["start_date"], renewed["status"]) == (made["end_date"], "ACTIVE")
        await has_earned(seller, model_id, "200.00")
        leasing = await seller.get("/analytics/leasing/")
        assert (leasing["total_revenue"], leasing["net_earnings"]) == ("200.00", "160.00")
        assert leasing["revenue_trend"]["data"][-1] == 200.0

        cancelled = (await buyer.call("POST", f"/subscriptions/{made['subscription_id']}/cancel/")).json()
        assert cancelled["status"] == "CANCELLED"
        clock.at += timedelta(days=32)
        over = await subscription_is(buyer, made["subscription_id"], status="EXPIRED")
        assert over["end_reason"] == "TIME"

        async def nobody_is_subscribed() -> bool:
            return bool((await seller.get("/analytics/leasing/"))["active_subscriptions"] == 0)

        await until(nobody_is_subscribed)
        await is_told(seller, to_seller, EVENTS)
        await is_told(buyer, to_buyer, EVENTS[1:])
        (call,) = receiver.calls
        assert call.payload["event"] == call.headers["x-sharewise-event"] == "model.subscribed"
        assert call.payload["data"] == {
            "listing_id": listing_id,
            "subscriber_id": buyer.account_id,
            "subscription_id": made["subscription_id"],
            "amount": "100.00",
        }
