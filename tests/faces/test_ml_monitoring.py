"""ML Development's monitoring as documented: its routes, and a snapshot with the fields and types that it shows."""

from typing import Final

import pytest

from tests.faces.endpoints_ml import ML, of
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.recipe_runs import call
from tests.gateway.studio.world import User

pytestmark = pytest.mark.asyncio(loop_scope="session")
SAID: Final = {
    "performance_metrics_json": {"revenue_lift": 0.038, "MAPE": 0.15},
    "drift_metrics_json": {"PSI": 0.08},
    "data_freshness_json": {"last_update": "2024-01-15T11:00:00Z"},
    "alerts_json": {},
}
SNAPSHOT: Final = {"id": "snap_def456", "model_id": "model_abc123", "captured_at": "2024-01-15T12:00:00Z", **SAID}


async def test_its_routes_are_those_of_its_document_and_what_stands_beside(document: Document) -> None:
    about = (f"{ML}/models/{{model_id}}/monitoring", f"{ML}/models/{{model_id}}/labels", f"{ML}/alerts")

    assert {(each.method, each.path) for each in document.operations() if each.path.startswith(about)} == of("monitoring")


async def test_a_snapshot_is_answered_as_the_document_shows_it(ada: User, document: Document) -> None:
    model_id = await ada.make_model()
    path = f"/models/{model_id}/monitoring"

    answers = [await call(ada, "POST", path, {"model_id": model_id, **SAID}), await call(ada, "GET", f"{path}?limit=10")]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert list(differences(SNAPSHOT, answers[0].json())) == []
    assert list(differences({"snapshots": [SNAPSHOT], "total": 42}, answers[1].json())) == []
    assert [misfit for answer in answers for misfit in document.misfits(answer)] == []
