"""A seller's model goes on sale: reviewed by an admin, measured by the platform, found by everybody, bought, renewed and paid for."""

from datetime import timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from libs.contracts.records import ChainedDay
from modelbourse.record_chain import first_break
from tests.gateway.webhooks.receiver import receiving
from tests.journeys.books import sandbox_charges
from tests.journeys.customer import Customer
from tests.journeys.on_sale import STUDIO, OnSale
from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = pytest.mark.journey


async def all_days(customer: Customer, path: str) -> list[dict[str, Any]]:
    """Return all days of a record, page by page."""
    days: list[dict[str, Any]] = []
    page = 1
    while True:
        found = (await customer.persist("GET", f"{path}?page={page}&page_size=100", accept={200})).json()
        days += found["results"]
        if found["next"] is None:
            return days
        page += 1


async def a_month_goes_by(platform: Platform, subscription_id: str) -> None:
    """Move all of a subscription's moments back, as if it had begun a month and an hour earlier."""
    earlier = timedelta(days=31, hours=1)
    async with AsyncMongoClient[dict[str, Any]](platform.status()["mongodb"]) as client:
        kept = client["modelbourse_marketplace"]["subscriptions"]

        async def moved() -> bool:
            subscription = await kept.find_one({"_id": subscription_id})
            assert subscription is not None
            run = subscription["run"] | {name: subscription["run"][name] - earlier for name in ("first", "began")}
            moments = {name: subscription[name] - earlier for name in ("started_at", "due_at", "usable_until")}
            as_read = {"_id": subscription_id, "version": subscription["version"]}
            return (await kept.update_one(as_read, {"$set": moments | {"run": run}})).matched_count == 1

        await until(moved, what="the subscription, which the marketplace changes too, to be moved back")


@pytest.mark.timeout(400)
async def test_a_model_on_sale_has_a_record_to_the_last_candle_that_anybody_can_check(platform: Platform, on_sale: OnSale) -> None:
    seller, anybody = await on_sale.seller.again(), await Customer(platform.gateway).sign_up()
    model_id, listing_id = on_sale.model_id, on_sale.listing_id
    path = f"{STUDIO}/marketplace/{listing_id}/"

    shown: dict[str, Any] = {}

    async def measured() -> bool:
        shown.update((await anybody.persist("GET", path, accept={200})).json())
        return bool(shown["performance_metrics"]["measured_at"] and shown["live_performance"]["measured_at"])

    await until(measured, what="both records")
    model = (await seller.persist("GET", f"{STUDIO}/models/{model_id}/", accept={200})).json()
    days = await all_days(anybody, f"{path}record/")
    record, card = shown["performance_metrics"], model["run_card"]
    assert (model["status"], model["is_published"]) == ("PUBLISHED", True)
    assert card["learned_until"][:10] < record["start_date"] <= card["test_start"]
    assert record["end_date"] >= max(each["end"] for each in card["symbols"])
    assert (record["bars"], record["trials"]) == (len(days), 1)
    assert [days[0]["date"], days[-1]["date"]] == [record["start_date"], record["end_date"]]
    chain = [ChainedDay(**{"day_return" if name == "return" else name: value for name, value in day.items()}) for day in days]
    assert first_break(chain, listing_id=listing_id, version=shown["model_version"]) is None
    assert shown["record"] == {"days": len(days), "last_day": days[-1]["date"], "hash": days[-1]["hash"], "restated_days": 0}
    assert shown["live_performance"]["sharpe_ratio"] is None
    assert shown["live_performance"]["reasons"]["sharpe_ratio"] == "There is no candle yet that is newer than the listing."
    found = (await anybody.persist("GET", f"{STUDIO}/marketplace/?search=journey+window", accept={200})).json()
    assert listing_id in [row["id"] for row in found["results"]]
    for customer in (seller, anybody):
        await customer.close()


@pytest.mark.timeout(400)
async def test_a_subscription_is_renewed_once_though_the_marketplace_dies_and_its_seller_earns_both_months(
    platform: Platform, on_sale: OnSale
) -> None:
    seller, buyer = await on_sale.seller.again(), await Customer(platform.gateway).sign_up()
    model_id, listing_id = on_sale.model_id, on_sale.listing_id
    wish = {"symbols": ["AAPL"]}
    stranger = await buyer.call("POST", f"{STUDIO}/models/{model_id}/predict/", body=wish)
    async with receiving() as receiver:
        hook = {"url": receiver.url, "events": ["model.subscribed", "subscription.renewed"]}
        await seller.persist("POST", f"{STUDIO}/webhooks/", body=hook, accept={201})
        terms = {"subscription_type": "MONTHLY", "auto_renew": True}
        made = (await buyer.persist("POST", f"{STUDIO}/marketplace/{listing_id}/subscribe/", body=terms, accept={201})).json()
        subscription = f"{STUDIO}/subscriptions/{made['subscription_id']}/"
        predicted = (await buyer.persist("POST", f"{STUDIO}/models/{model_id}/predict/", body=wish, accept={200})).json()

        await a_month_goes_by(platform, made["subscription_id"])
        killed = platform.kill("marketplace")
        assert killed is not None
        platform.until_back("marketplace", other_than=killed)

        async def renewed() -> bool:
            return bool((await buyer.persist("GET", subscription, accept={200})).json()["renewals"] == 1)

        await until(renewed, what="the renewal")
        calls = await receiver.heard(2)

    async def earned() -> bool:
        leasing = (await seller.persist("GET", f"{STUDIO}/analytics/leasing/", accept={200})).json()
        return [leasing[name] for name in ("total_revenue", "platform_fees", "net_earnings")] == ["58.00", "11.60", "46.40"]

    await until(earned, what="the earnings of two months")
    assert stranger.status_code == 404
    assert predicted["predictions"][0]["symbol"] == "AAPL"
    assert [call.payload["event"] for call in calls] == ["model.subscribed", "subscription.renewed"]
    charges = await sandbox_charges(platform.status()["mongodb"], account=buyer.account_id)
    assert len([charge for charge in charges if charge["charge_id"]]) == 2
    for customer in (seller, buyer):
        await customer.close()
