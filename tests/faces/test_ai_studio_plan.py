"""AI Studio's estimate, limits and dashboard: each documented field with its type, and answers as the OpenAPI document has them."""

from typing import Any, Final

import pytest
import pytest_asyncio

from libs.contracts.marketplace import CreditsCharged
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
DASHBOARD: Final = {
    "summary": {
        "total_models": 8,
        "active_models": 5,
        "published_models": 2,
        "training_jobs_this_month": 12,
        "total_earnings": "15750.50",
        "compute_hours_used": 45.25,
        "compute_hours_remaining": 54.75,
    },
    "recent_activity": [
        {"type": "MODEL_TRAINED", "message": "NIFTY Momentum Strategy training completed", "timestamp": "2025-01-15T14:22:00Z"}
    ],
    "performance_chart": {
        "labels": ["Jan 1", "Jan 8", "Jan 15"],
        "datasets": [{"label": "Portfolio Value", "data": [100000, 105500, 108750]}],
    },
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def trainer(studio: World) -> User:
    """Somebody who has trained a model."""
    user = await studio.user()
    await studio.trained(user)
    (job,) = (await user.get("/training-jobs/"))["results"]
    # Charging it changes what its owner is shown.
    await studio.told(CreditsCharged.topic, key=job["id"])
    await studio.broker.all_heard()
    return user


async def test_the_dashboard_has_every_documented_field(trainer: User, document: Document) -> None:
    answer = await trainer.call("GET", "/analytics/dashboard/")

    assert answer.status_code == 200
    assert document.misfits(answer) == []
    assert list(differences(DASHBOARD, answer.json())) == []


async def test_the_slash_at_the_end_may_be_left_out(trainer: User) -> None:
    for path in ("/analytics/dashboard", "/compute/limits"):
        assert await trainer.get(path) == await trainer.get(f"{path}/")


async def test_the_examples_have_the_keys_that_answers_have(trainer: User, document: Document) -> None:
    model_id = (await trainer.get("/models/"))["results"][0]["id"]
    told = [await trainer.get(path) for path in ("/analytics/dashboard/", "/compute/limits/", f"/models/{model_id}/estimate/")]
    started = (await trainer.call("POST", f"/models/{model_id}/train/", {})).json()

    model = f"/api/ai-studio/models/{model_id}"
    shown = [document.example("GET", f"/api/ai-studio{path}") for path in ("/analytics/dashboard/", "/compute/limits/")]
    examples = [*shown, document.example("GET", f"{model}/estimate/"), document.example("POST", f"{model}/train/")]
    assert [keys(body) for body in (*told, started)] == [keys(example) for example in examples]


def keys(body: Any) -> Any:
    """Return the names in a body, of a list's first item; of reasons, whatever they are, that they are."""
    if isinstance(body, list):
        return [keys(body[0])]
    return {name: name == "reasons" or keys(inner) for name, inner in body.items()} if isinstance(body, dict) else None
