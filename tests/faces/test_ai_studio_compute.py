"""AI Studio's compute hours as documented: each documented field with its type, and answers as the OpenAPI document has them."""

from typing import Any, Final

import pytest
import pytest_asyncio

from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
USAGE: Final = {
    "current_period": {"period": "2025-01", "hours_used": 45.25, "hours_limit": 100.00, "percentage_used": 45.25, "cost": "225.75"},
    "usage_by_job": [{"job_name": "NIFTY Momentum Training v1.2", "hours": 3.75, "cost": "18.75", "resource_type": "GPU"}],
    "daily_usage": [{"date": "2025-01-15", "hours": 4.5, "cost": "22.50"}],
}
PURCHASED: Final = {
    "transaction_id": "txn_1234567890",
    "hours_purchased": 50,
    "amount": "250.00",
    "new_balance": 104.75,
    "expires_at": "2025-02-15T23:59:59Z",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def trainer(studio: World) -> User:
    """Somebody whose training was charged."""
    user = await studio.user()
    await studio.trained(user)

    async def charged() -> bool:
        jobs = (await user.get("/compute/usage/"))["usage_by_job"]
        return bool(jobs and not jobs[0]["reasons"])

    await until(charged)
    return user


async def test_usage_has_every_documented_field(trainer: User, document: Document) -> None:
    answer = await trainer.call("GET", "/compute/usage/")

    assert answer.status_code == 200
    assert document.misfits(answer) == []
    assert list(differences(USAGE, answer.json())) == []


async def test_a_purchase_has_every_documented_field(trainer: User, document: Document) -> None:
    answer = await trainer.call("POST", "/compute/purchase-credits/", {"hours": 50, "payment_method": "credit_card"})

    assert answer.status_code == 201
    assert document.misfits(answer) == []
    assert list(differences(PURCHASED, answer.json())) == []


async def test_the_slash_at_the_end_may_be_left_out(trainer: User) -> None:
    assert await trainer.get("/compute/usage") == await trainer.get("/compute/usage/")


async def test_a_declined_payment_and_an_empty_month_are_as_the_openapi_document_says(trainer: User, document: Document) -> None:
    declined = await trainer.call("POST", "/compute/purchase-credits/", {"hours": 5, "payment_method": "card_declined"})
    empty = await trainer.call("GET", "/compute/usage/?start_date=2025-01-01&end_date=2025-01-31")

    assert (declined.status_code, empty.status_code) == (402, 200)
    assert document.misfits(declined) == document.misfits(empty) == []


async def test_the_examples_have_the_keys_that_answers_have(trainer: User, document: Document) -> None:
    usage = await trainer.get("/compute/usage/")
    bought = (await trainer.call("POST", "/compute/purchase-credits/", {"hours": 50, "payment_method": "credit_card"})).json()

    assert keys(usage) == keys(document.example("GET", "/api/ai-studio/compute/usage/"))
    assert keys(bought) == keys(document.example("POST", "/api/ai-studio/compute/purchase-credits/"))


def keys(body: Any) -> Any:
    """Return the names in a body, of a list's first item."""
    if isinstance(body, list):
        return [keys(body[0])]
    return {name: keys(inner) for name, inner in body.items()} if isinstance(body, dict) else None
