"""Stories of payments: both sides of a subscription have their receipt, which agrees with what the seller's earnings say."""

from decimal import Decimal
from typing import Any

import pytest

from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import has_earned, subscribed
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_buyer_and_seller_have_receipts_that_add_up(studio: World, ada: User, eve: User) -> None:
    reviewer = await a_reviewer(studio)
    model_id, listing_id = await listed(studio, ada, reviewer, monthly_price="30.00", title="Swings")
    _, other_id = await listed(studio, ada, reviewer, monthly_price="10.00", title="Trends")
    kept = await subscribed(eve, listing_id)
    given_back = await subscribed(eve, other_id)
    await reviewer.call("POST", f"/subscriptions/{given_back['subscription_id']}/refund/", {"reason": "Charged by mistake."})
    bought = await eve.call("POST", "/compute/purchase-credits/", {"hours": 2.5, "payment_method": "credit_card"})
    await has_earned(ada, model_id, "30.00")

    mine, theirs = await eve.get("/payments/"), await ada.get("/payments/")
    hours = await eve.get(f"/payments/{bought.json()['transaction_id']}/")
    refunded = await eve.get("/payments/?status=REFUNDED")
    first, last = (mine["results"][place]["created_at"][:10] for place in (-1, 0))
    of_these_days = await eve.get(f"/payments/?kind=SUBSCRIPTION&start_date={first}&end_date={last}&page_size=1")
    leasing = await ada.get("/analytics/leasing/")

    assert [(each["kind"], each["status"], each["amount"], each["refunded_amount"]) for each in mine["results"]] == [
        ("CREDITS", "PAID", "12.50", "0.00"),
        ("SUBSCRIPTION", "REFUNDED", "10.00", "10.00"),
        ("SUBSCRIPTION", "PAID", "30.00", "0.00"),
    ]
    assert [each["description"] for each in mine["results"]] == ["2.5 compute hours", "Trends, monthly", "Swings, monthly"]
    assert hours == mine["results"][0]
    assert (hours["reasons"]["listing_id"], hours["reasons"]["refunded_at"]) == ("It is for compute hours.", "It is PAID.")
    assert (mine["results"][2]["subscription_id"], mine["results"][2]["listing_id"]) == (kept["subscription_id"], listing_id)
    assert refunded["results"] == [mine["results"][1]]
    assert (of_these_days["count"], of_these_days["results"], of_these_days["next"] is not None) == (2, [mine["results"][1]], True)
    assert [(each["kind"], each["net_earnings"], each["reference"]) for each in theirs["results"]] == [
        ("EARNING", "0.00", None),
        ("EARNING", "24.00", None),
    ]
    assert total(theirs, "net_earnings") == Decimal(leasing["net_earnings"])
    assert total(theirs, "amount") - total(theirs, "refunded_amount") == Decimal(leasing["total_revenue"])
    assert all(
        each["reasons"].keys() == {name for name, value in each.items() if value is None} for each in mine["results"] + theirs["results"]
    )


def total(page: dict[str, Any], name: str) -> Decimal:
    return sum((Decimal(each[name]) for each in page["results"]), Decimal(0))
