"""A seller's model goes on sale: trained on the cluster, reviewed by an admin, measured by the platform, found by everybody."""

from typing import Any

import pytest

from tests.journeys.customer import Customer, small_model
from tests.journeys.platform import Platform
from tests.journeys.test_cli import ADMIN, make_admin
from tests.waiting import until

pytestmark = pytest.mark.journey
STUDIO = "/api/ai-studio"
NUMBERS = ("sharpe_ratio", "max_drawdown", "total_return")
OFFER = {
    "title": "Swings of two large caps",
    "description": "A journey from training to the shop window",
    "category": "MOMENTUM",
    "asset_classes": ["EQUITY"],
    "monthly_price": "29.00",
}


async def a_reviewer(platform: Platform) -> Customer:
    """Log the platform's admin in; another journey may have made it already."""
    make_admin(platform)
    reviewer = Customer(platform.gateway)
    reviewer.username, reviewer.password = ADMIN["USERNAME"], ADMIN["PASSWORD"]
    await reviewer.log_in()
    return reviewer


@pytest.mark.timeout(400)
async def test_a_model_on_sale_has_the_record_that_its_training_measured(platform: Platform) -> None:
    seller, anybody = await Customer(platform.gateway).sign_up(), await Customer(platform.gateway).sign_up()
    reviewer = await a_reviewer(platform)
    model_id = await seller.make_model(small_model("for sale"))
    assert (await seller.ended(await seller.train(model_id)))["status"] == "COMPLETED"

    published = await seller.persist("POST", f"{STUDIO}/models/{model_id}/publish/", body=OFFER, accept={201})
    path = f"{STUDIO}/marketplace/{published.json()['listing_id']}/"
    hidden = await anybody.call("GET", path)
    await reviewer.persist("POST", f"{path}approve/", accept={200})

    shown: dict[str, Any] = {}

    async def measured() -> bool:
        shown.update((await anybody.persist("GET", path, accept={200})).json())
        return bool(shown["performance_metrics"]["measured_at"] and shown["live_performance"]["measured_at"])

    await until(measured, what="both records", within=60)
    model = (await seller.persist("GET", f"{STUDIO}/models/{model_id}/", accept={200})).json()
    said = {**model["performance_metrics"], **model["backtest_results"]}
    assert hidden.status_code == 404
    assert (model["status"], model["is_published"]) == ("PUBLISHED", True)
    record = shown["performance_metrics"]
    assert {name: record[name] for name in NUMBERS} == pytest.approx({name: said[name] for name in NUMBERS}, abs=1e-9)
    assert (record["total_trades"], record["win_rate"]) == (said["total_trades"], pytest.approx(said["win_rate"], abs=1e-9))
    assert shown["live_performance"]["sharpe_ratio"] is None
    assert shown["live_performance"]["reasons"]["sharpe_ratio"] == "There is no candle yet that is newer than the listing."
    found = (await anybody.persist("GET", f"{STUDIO}/marketplace/?search=journey+window", accept={200})).json()
    assert published.json()["listing_id"] in [row["id"] for row in found["results"]]
    for customer in (seller, anybody, reviewer):
        await customer.close()
