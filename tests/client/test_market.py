"""The marketplace from the shell and from Python: a model is published, reviewed, found, subscribed to, rated and paid for."""

import asyncio
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from modelbourse import InvalidRequestError, Modelbourse, PermissionDeniedError
from tests.client.command import Command
from tests.client.people import PATIENT, Person
from tests.journeys.customer import small_model
from tests.journeys.platform import Platform
from tests.journeys.test_cli import ADMIN, make_admin
from tests.waiting import until

pytestmark = pytest.mark.journey
OFFER = {
    "title": "Daily swings of two large caps",
    "description": "Buys and sells by five indicators.",
    "category": "MOMENTUM",
    "asset_classes": ["EQUITY"],
    "monthly_price": "29.00",
    "sample_signals": [{"symbol": "AAPL", "signal": "BUY", "confidence": 0.47, "date": "2012-12-31"}],
    "terms_and_conditions": "For your own trading.",
}
KNOWINGLY = "--acknowledge-static-data"


@pytest.fixture
def reviewer(platform: Platform) -> Modelbourse:
    """An admin's client."""
    make_admin(platform)
    return Modelbourse.login(ADMIN["USERNAME"], ADMIN["PASSWORD"], url=platform.gateway, retries=PATIENT)


@pytest.fixture(scope="module")
def seller(platform: Platform) -> Person:
    """Somebody who sells."""
    return Person(platform.gateway).sign_up()


@pytest.fixture
def client(seller: Person) -> Iterator[Modelbourse]:
    """The seller's client."""
    with seller.client() as client:
        yield client


@pytest.fixture
def types(command: Command, seller: Person) -> Command:
    """The command as the seller runs it."""
    return command.log_in(seller)


@pytest.fixture(scope="module")
def model_id(seller: Person) -> str:
    """A trained model of the seller's; each story begins and ends without it being on sale."""
    with seller.client() as client:
        model = client.models.create(**small_model("to sell"))
        client.models.train(model.id).wait()
        return model.id


def test_a_seller_publishes_a_reviewer_decides_and_everybody_finds_it(
    types: Command, client: Modelbourse, reviewer: Modelbourse, model_id: str, ada_types: Command
) -> None:
    refused = types("market", "publish", model_id, "--file", "-", stdin=json.dumps(OFFER))
    assert (refused.status, f"add {KNOWINGLY}" in refused.err) == (1, True)
    published = types("market", "publish", model_id, "--file", "-", "--title", "Swings", KNOWINGLY, "--json", stdin=json.dumps(OFFER)).json
    assert published["status"] == "PENDING_REVIEW"
    with pytest.raises(PermissionDeniedError):
        client.market.approve(published["listing_id"])
    assert published["listing_id"] in {row.id for row in reviewer.market.list(status="PENDING_REVIEW")}

    approved = reviewer.market.approve(published["listing_id"])
    featured = reviewer.market.feature(published["listing_id"])

    assert (approved.status, approved.title, approved.monthly_price) == ("PUBLISHED", "Swings", Decimal("29.00"))
    assert featured.is_featured
    found = ada_types("market", "list", "swings", "--max-price", "30", "--asset-class", "EQUITY", "--json").json["results"]
    assert published["listing_id"] in {row["id"] for row in found}

    async def is_kept() -> bool:
        end = client.market.get(published["listing_id"]).record
        return end is not None and end.days > 0

    asyncio.run(until(is_kept, what="the record"))
    shown = ada_types("market", "show", published["listing_id"])
    assert client.me().username in shown.out
    assert "since it was listed" in shown.out
    assert "bars old STALE STATIC" in shown.out
    assert "no live source for AAPL" in shown.out
    days = list(client.market.record(published["listing_id"]))
    checked = ada_types("market", "verify", published["listing_id"], "--noted", days[0].hash)
    assert (checked.status, "The chain holds" in checked.out) == (0, True), checked.err
    changed = ada_types("market", "verify", published["listing_id"], "--noted", "0" * 64, "--json")
    assert (changed.status, changed.json["holds"], changed.json["days"]) == (1, False, len(days))
    assert "No day has the hash" in changed.err
    assert types("market", "list", "--seller", "me").out.startswith("1 listing")
    dashboard = types("market", "dashboard", "--json").json
    assert dashboard["summary"]["published_models"] == 1
    assert {"MODEL_TRAINED", "LISTING_SUBMITTED", "MODEL_PUBLISHED"} <= {each["type"] for each in dashboard["recent_activity"]}
    assert "Swings published" in types("market", "dashboard").out
    assert client.market.dashboard().to_frame()["type"].iloc[0] == "MODEL_PUBLISHED"
    assert types("market", "unpublish", model_id, "--json").json["status"] == "WITHDRAWN"
    gone = ada_types("market", "show", published["listing_id"])
    assert (gone.status, "RESOURCE_NOT_FOUND" in gone.err, "modelbourse market list" in gone.err) == (1, True, True)


def test_in_a_terminal_a_seller_is_asked_before_a_model_without_a_live_source_is_published(
    types: Command, client: Modelbourse, model_id: str, tmp_path: Path
) -> None:
    offer = tmp_path / "offer.json"
    offer.write_text(json.dumps(OFFER))

    with types.in_terminal("market", "publish", model_id, "--file", str(offer)) as terminal:
        terminal.until("There is no live source for AAPL")
        terminal.until("Publish it all the same? [y/N]")
        terminal.press(b"n\n")
        refused = terminal.end()
    unpublished = client.market.page(seller="me", status="PENDING_REVIEW").count
    with types.in_terminal("market", "publish", model_id, "--file", str(offer)) as agreed:
        agreed.until("Publish it all the same? [y/N]")
        agreed.press(b"y\n")
        published = agreed.end()

    assert (refused, "nothing was published" in terminal.seen, unpublished) == (1, True, 0)
    assert (published, "PENDING_REVIEW" in agreed.seen) == (0, True)
    client.market.unpublish(model_id)


def test_a_rejected_seller_reads_why(client: Modelbourse, reviewer: Modelbourse, model_id: str) -> None:
    with pytest.raises(InvalidRequestError, match="category"):
        client.market.publish(model_id, title="Swings", category="MOMENTM", asset_classes=["EQUITY"], monthly_price=Decimal(29))
    with pytest.raises(InvalidRequestError, match="acknowledge_static_data"):
        client.market.publish(model_id, title="Swings", category="MOMENTUM", asset_classes=["EQUITY"], monthly_price=29)
    published = client.market.publish(
        model_id, title="Swings", category="MOMENTUM", asset_classes=["EQUITY"], monthly_price=29, acknowledge_static_data=True
    )

    rejected = reviewer.market.reject(published.listing_id, "The description says too little.")

    assert rejected.status == "REJECTED"
    assert client.market.get(published.listing_id).rejection_reason == "The description says too little."


def test_a_buyer_subscribes_predicts_rates_changes_and_cancels_and_the_seller_earns(
    client: Modelbourse, reviewer: Modelbourse, model_id: str, platform: Platform, tmp_path: Path
) -> None:
    offer = {"title": "Swings", "category": "MOMENTUM", "asset_classes": ["EQUITY"], "monthly_price": "29.00"}
    offer |= {"acknowledge_static_data": True}
    listing = client.market.publish_of(model_id, offer).listing_id
    reviewer.market.approve(listing)
    buys = Command(platform.gateway, tmp_path / "buyer").log_in(Person(platform.gateway).sign_up())

    declined = buys("market", "subscribe", listing, "--payment-method", "card_declined", "--yes")
    paid = buys("market", "subscribe", listing, "--period", "QUARTERLY", "--payment-method", "card_timeout", "--yes", "--json")

    assert (declined.status, "card_declined" in declined.err) == (1, True)
    assert (paid.status, paid.json["status"], paid.json["total_amount"]) == (0, "ACTIVE", "87.00"), paid.err
    subscription = paid.json["subscription_id"]
    predicted = buys("predict", model_id, "AAPL", "--json").json
    assert (predicted["static_data"], predicted["predictions"][0]["stale"]) == (True, True)
    assert "bars old STALE" in buys("predict", model_id, "AAPL").out
    assert buys("explain", model_id, "AAPL").status == 0
    assert buys("market", "rate", listing, "5", "--comment", "It does what it says.", "--json").json["average_rating"] == 5
    assert "★★★★★" in buys("market", "ratings", listing).out
    assert [each.comment for each in client.market.ratings(listing)] == ["It does what it says."]
    assert buys("market", "change", subscription, "--version", "1.0", "--json").json["version"] == "1.0"
    assert buys("market", "change", subscription, "--newest", "--json").json["version"] is None
    assert buys("market", "change", subscription, "--card-on-file", "--yes", "--json").json["status"] == "ACTIVE"
    assert subscription in buys("market", "subscriptions", "--status", "ACTIVE").out
    assert "QUARTERLY" in buys("market", "subscription", subscription).out
    cancelled = buys("market", "cancel", subscription, "--json").json
    assert (cancelled["auto_renew"], cancelled["next_billing_date"]) == (False, None)
    earned = client.market.earnings()
    assert (earned.total_revenue, earned.active_subscriptions) == (Decimal("87.00"), 1)
    assert [row.model_name for row in earned.revenue_by_model if row.monthly_revenue] == ["to sell"]
    assert list(earned.to_frame()["monthly_revenue"]) == [row.monthly_revenue for row in earned.revenue_by_model]
    refunded = reviewer.market.refund(subscription, "Charged by mistake.")
    assert (refunded.end_reason, client.market.earnings().total_revenue) == ("REFUNDED", Decimal("0.00"))
