"""AI Studio's subscriptions and earnings as documented: each documented field with its type, and answers as the OpenAPI document has them."""

import json
from typing import Any, Final

import pytest
import pytest_asyncio

from libs.contracts.examples import EXAMPLES
from libs.contracts.subscriptions import ModelSubscribed, SubscriptionCancelled, SubscriptionExpired, SubscriptionRenewed
from services.gateway.inbound.faces.ai_studio.notices import notices_of
from tests.faces.shapes import differences
from tests.faces.test_ai_studio_compute import keys
from tests.gateway.document import Document
from tests.gateway.studio.selling import a_reviewer, listed
from tests.gateway.studio.subscribers import subscribe, subscribed
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
MADE: Final = {
    "subscription_id": "990e8400-e29b-41d4-a716-446655440000",
    "status": "ACTIVE",
    "start_date": "2025-01-15",
    "end_date": "2025-02-15",
    "next_billing_date": "2025-02-15",
    "total_amount": "2999.00",
    "message": "Successfully subscribed to model",
}
LEASING: Final = {
    "total_revenue": "25750.00",
    "active_subscriptions": 45,
    "revenue_by_model": [
        {"model_name": "NIFTY Momentum Strategy", "monthly_revenue": "12500.00", "subscribers": 25, "churn_rate": None},
    ],
    "revenue_trend": {"labels": ["Dec", "Jan"], "data": [18500, 25750]},
}
PAYLOAD: Final = {
    "event": "model.subscribed",
    "data": {
        "listing_id": "770e8400-e29b-41d4-a716-446655440000",
        "subscriber_id": "880e8400-e29b-41d4-a716-446655440001",
        "subscription_id": "990e8400-e29b-41d4-a716-446655440000",
        "amount": "2999.00",
    },
    "timestamp": "2025-01-15T16:30:00Z",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def market(studio: World) -> dict[str, Any]:
    """A seller, a reviewer, and somebody who has subscribed."""
    seller, buyer, reviewer = await studio.user(), await studio.user(), await a_reviewer(studio)
    _, listing = await listed(studio, seller, reviewer)
    made = await subscribe(buyer, listing)
    return {"seller": seller, "buyer": buyer, "reviewer": reviewer, "listing": listing, "made": made}


async def test_a_subscription_has_every_documented_field(market: dict[str, Any], document: Document) -> None:
    made = market["made"]

    assert made.status_code == 201
    assert document.misfits(made) == []
    assert list(differences(MADE, made.json())) == []
    assert keys(made.json()) == keys(document.example("POST", "/api/ai-studio/marketplace/{listing_id}/subscribe/"))


async def test_leasing_has_every_documented_field_and_ends_in_its_total(market: dict[str, Any], document: Document) -> None:
    seller: User = market["seller"]

    answer = await seller.call("GET", "/analytics/leasing/")

    body = answer.json()
    assert document.misfits(answer) == []
    assert list(differences(LEASING, body)) == []
    assert f"{body['revenue_trend']['data'][-1]:.2f}" == body["total_revenue"]
    assert len(body["revenue_trend"]["labels"]) == len(body["revenue_trend"]["data"]) == 12


async def test_all_that_can_be_done_with_a_subscription_is_as_the_openapi_document_says(
    studio: World, market: dict[str, Any], document: Document
) -> None:
    buyer, reviewer = await studio.user(), market["reviewer"]
    path = f"/subscriptions/{(await subscribed(buyer, market['listing']))['subscription_id']}/"

    answers = [
        await buyer.call("GET", "/subscriptions/"),
        await buyer.call("GET", path),
        await buyer.call("PATCH", path, {"version": "1.0"}),
        await buyer.call("POST", f"{path}cancel/"),
        await buyer.call("PATCH", path, {"auto_renew": True}),
        await buyer.call("POST", f"/marketplace/{market['listing']}/rate/", {"rating": 5, "comment": "It does what it says."}),
        await buyer.call("GET", f"/marketplace/{market['listing']}/ratings/"),
        await reviewer.call("POST", f"{path}refund/", {"reason": "Charged by mistake."}),
    ]
    over = await buyer.call("PATCH", path, {"auto_renew": False, "version": "1.0"})
    again = await subscribe(market["buyer"], market["listing"])

    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]
    assert (over.status_code, again.status_code) == (409, 400)
    assert [misfit for answer in (*answers, over, again) for misfit in document.misfits(answer)] == []


async def test_the_documented_webhook_is_told_to_the_seller_and_the_others_to_both() -> None:
    events = {kind: EXAMPLES[kind] for kind in (ModelSubscribed, SubscriptionRenewed, SubscriptionCancelled, SubscriptionExpired)}
    notices = {kind: notices_of(event) for kind, event in events.items()}  # type: ignore[arg-type]  # examples are messages of any kind

    (told,) = notices[ModelSubscribed]
    assert list(differences(PAYLOAD, body_of(told))) == []
    assert set(body_of(told)["data"]) == {"listing_id", "subscriber_id", "subscription_id", "amount"}
    event = events[SubscriptionRenewed]
    assert isinstance(event, SubscriptionRenewed)
    assert [[notice.account_id for notice in notices[kind]] for kind in list(notices)[1:]] == [[event.account_id, event.subscriber_id]] * 3
    assert {notices[kind][0].event for kind in notices} == {
        "model.subscribed",
        "subscription.renewed",
        "subscription.cancelled",
        "subscription.expired",
    }
    assert body_of(notices[SubscriptionExpired][0])["data"]["reason"] == "TIME"


def body_of(notice: Any) -> dict[str, Any]:
    """Return what is sent."""
    body: dict[str, Any] = json.loads(notice.body)
    return body
