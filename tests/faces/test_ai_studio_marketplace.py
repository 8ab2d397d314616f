"""AI Studio's marketplace as documented: each documented field with its type, and answers as the OpenAPI document has them."""

from itertools import product
from typing import Any, Final

import pytest
import pytest_asyncio

from services.gateway.inbound.faces.ai_studio.publishing import PublishIn, RejectIn
from tests.faces.odd_values import ODD, taken_or_refused_for
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.selling import a_reviewer, an_offer, listed, measure, submitted
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
PUBLISHED: Final = {
    "listing_id": "770e8400-e29b-41d4-a716-446655440000",
    "status": "PENDING_REVIEW",
    "message": "Model submitted for marketplace review",
    "estimated_review_time": "2-3 business days",
}
LISTING: Final = {
    "id": "770e8400-e29b-41d4-a716-446655440000",
    "title": "High-Performance NIFTY Momentum Strategy",
    "description": "Proven momentum strategy with 78% accuracy",
    "seller": {"id": "880e8400-e29b-41d4-a716-446655440000", "username": "quant_trader_pro", "total_models": 12},
    "category": "MOMENTUM",
    "monthly_price": "2999.00",
    "performance_metrics": {"sharpe_ratio": 1.45, "max_drawdown": 0.12, "total_return": 0.34, "win_rate": 0.624},
    "total_subscribers": 156,
    "is_featured": True,
    "sample_signals_count": 5,
}
# Their values need a subscriber's rating.
RATED: Final = ("average_rating", "rating")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def trained(studio: World) -> tuple[User, str]:
    """A user with a trained model."""
    user = await studio.user()
    return user, await studio.trained(user)


async def test_publishing_has_every_documented_field(studio: World, ada: User, document: Document) -> None:
    reviewer = await a_reviewer(studio)
    await listed(studio, ada, reviewer)
    model_id = await studio.trained(ada)

    answer = await ada.call("POST", f"/models/{model_id}/publish/", an_offer())

    assert document.misfits(answer) == []
    assert list(differences(PUBLISHED, answer.json())) == []
    assert answer.json()["estimated_review_time"].startswith(("less than a minute (the median of the latest", "about "))


async def test_the_marketplace_has_every_documented_field(studio: World, ada: User, document: Document) -> None:
    model_id, listing_id = await listed(studio, ada, await a_reviewer(studio))
    await measure(studio, listing_id, model_id)

    answer = await ada.call("GET", "/marketplace/?seller=me&ordering=-published_at")

    body: dict[str, Any] = answer.json()
    assert document.misfits(answer) == []
    assert list(differences({"count": 45, "results": [LISTING]}, {**body, "results": body["results"][:1]})) == []
    row = body["results"][0]
    assert set(RATED) <= {*row, *row["seller"]}
    assert {"next", "previous"} <= set(body)


async def test_answers_are_as_the_openapi_document_says(studio: World, ada: User, document: Document) -> None:
    reviewer = await a_reviewer(studio)
    model_id, listing_id = await submitted(studio, ada)
    await measure(studio, listing_id, model_id)
    path = f"/marketplace/{listing_id}/"
    answers = [
        await ada.call("GET", path),
        await ada.call("GET", f"{path}record/"),
        await reviewer.call("GET", "/marketplace/?status=PENDING_REVIEW"),
        await reviewer.call("POST", f"{path}feature/"),
        await reviewer.call("POST", f"{path}approve/"),
        await reviewer.call("POST", f"{path}feature/"),
        await reviewer.call("POST", f"{path}unfeature/"),
        await reviewer.call("POST", f"{path}reject/", {"reason": "Too late."}),
        await reviewer.call("POST", f"{path}reject/", {}),
        await ada.call("POST", f"{path}approve/"),
        await ada.call("POST", f"/models/{model_id}/publish/", an_offer()),
        await ada.call("POST", f"/models/{model_id}/unpublish/"),
        await ada.call("GET", "/marketplace/?status=REJECTED"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 400, 200, 200, 200, 400, 400, 403, 409, 200, 403]
    assert [misfit for answer in answers for misfit in document.misfits(answer)] == []


@pytest.mark.parametrize(
    "figures", [None, {}, {"bars": 31}, {"sharpe_ratio": None, "skewness": None, "reasons": {"sharpe_ratio": "Flat."}}]
)
async def test_every_null_has_its_reason(studio: World, ada: User, figures: dict[str, Any] | None) -> None:
    model_id, listing_id = await submitted(studio, ada)
    if figures is not None:
        await measure(studio, listing_id, model_id, **figures)

    listing = await ada.get(f"/marketplace/{listing_id}/")

    parts = [("", listing), ("seller.", listing["seller"])]
    missing = {f"{prefix}{name}" for prefix, part in parts for name, value in part.items() if value is None}
    assert missing == set(listing["reasons"])
    for record in (listing["performance_metrics"], listing["live_performance"]):
        assert {name for name, value in record.items() if value is None} == set(record["reasons"])


async def test_no_value_anywhere_is_an_error_of_ours(trained: tuple[User, str]) -> None:
    user, model_id = trained
    wrong = {}

    for field, value in product(PublishIn.model_fields, ODD):
        answer = await user.call("POST", f"/models/{model_id}/publish/", an_offer(**{field: value}))
        if not taken_or_refused_for(field, answer, taken={201, 409}):
            wrong[field, repr(value)] = answer.text

    assert wrong == {}


async def test_no_reason_is_an_error_of_ours(studio: World) -> None:
    reviewer, seller = await a_reviewer(studio), await studio.user()
    _, listing_id = await submitted(studio, seller)
    wrong = {}

    for field, value in product(RejectIn.model_fields, ODD):
        answer = await reviewer.call("POST", f"/marketplace/{listing_id}/reject/", {field: value})
        if answer.status_code == 200:
            _, listing_id = await submitted(studio, seller)
        elif answer.status_code != 400:
            wrong[field, repr(value)] = answer.text

    assert wrong == {}
