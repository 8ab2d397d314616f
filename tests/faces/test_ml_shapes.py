"""ML Development's models and runs as documented: every answer has the fields and types that it shows, from draft to the last report."""

from typing import Any, Final

import pytest

from tests.faces.endpoints_ml import ML
from tests.faces.made import Things
from tests.faces.made_ml import ML_MODEL, ML_RUN, RECIPE, RECIPE_VERSION
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.recipe_runs import call
from tests.gateway.studio.world import User

pytestmark = pytest.mark.asyncio(loop_scope="session")
MODEL: Final = {
    "id": "model_abc123",
    "name": "Production Pricing Model",
    "model_family": "pricing",
    "recipe_id": "recipe_pricing_base",
    "recipe_version_id": "ver_pricing_base_v1",
    "status": "production",
    "owner": "data-science-team",
    "created_at": "2024-01-15T10:00:00Z",
    "updated_at": "2024-01-16T14:30:00Z",
}
RUN: Final = {
    "id": "run_xyz789",
    "model_id": "model_abc123",
    "recipe_id": "recipe_pricing_base",
    "recipe_version_id": "ver_pricing_base_v1",
    "run_type": "train",
    "status": "succeeded",
    "started_at": "2024-01-15T10:00:00Z",
    "finished_at": "2024-01-15T10:15:00Z",
    "metrics_json": {"revenue_lift": 0.042},
    "artifacts_json": {"model_path": "s3://bucket/models/model.pkl"},
    "logs_text": "Training started...\nEpoch 1/10...",
}
# What a run has not before it has begun and ended.
LATER: Final[dict[str, Any]] = {"started_at": None, "finished_at": None, "metrics_json": {}, "artifacts_json": {}}
# As a worker outside reports: what is null in a body stands for what is left out of it.
REPORTS: Final = (
    {"status": "running", "logs_text": "Training started...\nEpoch 1/10..."},
    {
        "status": "succeeded",
        "metrics_json": {"revenue_lift": 0.042, "margin_impact": 0.068},
        "artifacts_json": {"model_path": "s3://bucket/models/model.pkl"},
        "logs_text": "Training started...\nEpoch 1/10...",
    },
)


async def test_models_are_answered_as_the_document_shows_them(ada: User, document: Document) -> None:
    asked = {"name": "string", "recipe_id": "recipe_pricing_base", "recipe_version_id": "ver_pricing_base_v1", "owner": "string"}
    registered = await call(ada, "POST", "/models", asked)
    path = f"/models/{registered.json()['id']}"
    answers = {
        "registered": registered,
        **{word: await call(ada, "PUT", path, {"name": "string", "status": word, "owner": "string"}) for word in ("staging", "production")},
        "got": await call(ada, "GET", path),
    }
    page = await call(ada, "GET", "/models?model_family=pricing&status=production&limit=100&offset=0")

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 200) | {"registered": 201}
    assert {name: answer.json()["status"] for name, answer in answers.items()} == {
        "registered": "draft",
        "staging": "staging",
        "production": "production",
        "got": "production",
    }
    assert [wrong for answer in answers.values() for wrong in differences(MODEL, answer.json())] == []
    assert list(differences({"models": [MODEL], "total": 42}, page.json())) == []
    assert [misfit for answer in [*answers.values(), page] for misfit in document.misfits(answer)] == []


async def test_runs_are_answered_as_the_document_shows_them(adas: Things, ada: User, document: Document) -> None:
    asked: dict[str, Any] = {"recipe_id": "recipe_pricing_base", "recipe_version_id": "ver_pricing_base_v1", "run_type": "train"}
    created = await call(ada, "POST", "/runs", asked | {"model_id": None})
    path = f"/runs/{created.json()['id']}"
    running, succeeded = [await call(ada, "PUT", path, report) for report in REPORTS]
    got, measured = await call(ada, "GET", path), await adas.user.http.get(f"{ML}/runs/{await adas.one(ML_RUN)}")
    page = await call(ada, "GET", "/runs?run_type=train&status=succeeded&limit=100&offset=0")

    without_model = RUN | {"model_id": None}
    assert created.status_code == 201
    assert list(differences(without_model | LATER, created.json())) == []
    assert list(differences(without_model | LATER | {"started_at": "2024-01-15T10:00:00Z"}, running.json())) == []
    assert [wrong for answer in (succeeded, got) for wrong in differences(without_model, answer.json())] == []
    assert list(differences(RUN, measured.json())) == []
    assert (
        list(differences({"runs": [{name: RUN[name] for name in ("id", "run_type", "status", "metrics_json")}], "total": 42}, page.json()))
        == []
    )
    assert [wrong for answer in (created, running, succeeded, got, measured, page) for wrong in document.misfits(answer)] == []


BAD: Final[tuple[tuple[str, str, Any, int, str], ...]] = (
    ("GET", "/recipes?limit=0", None, 422, "'limit'"),
    ("GET", "/recipes?offset=-1", None, 422, "'offset'"),
    ("GET", "/recipes?status=aproved", None, 400, "Invalid status value"),
    ("POST", "/recipes", {"name": "a", "model_family": "pricing", "level": "clients"}, 400, "Did you mean 'client'?"),
    ("POST", "/recipes", {"name": "", "model_family": "pricing", "level": "client"}, 422, "'name'"),
    ("POST", "/recipes", {"name": "a", "model_family": "pricing", "level": "client", "manifest": {"sed": 1}}, 422, "Did you mean 'seed'?"),
    ("GET", "/recipes/{recipe_id}?resolved=perhaps", None, 422, "'resolved'"),
    ("PUT", "/recipes/{recipe_id}", {"status": "done"}, 400, "Invalid status value"),
    ("PUT", "/recipes/{recipe_id}", {"tags": [7]}, 422, "'tags', 0"),
    ("PUT", "/recipes/recipe_pricing_base", {"name": "Mine"}, 409, "clone it"),
    ("DELETE", "/recipes/recipe_pricing_base", None, 409, "clone it"),
    ("DELETE", "/recipes/{recipe_id}", None, 400, "The recipe is used by"),
    ("POST", "/recipes/{recipe_id}/clone", None, 422, "'name'"),
    ("GET", "/recipes/{recipe_id}/versions?limit=501", None, 422, "'limit'"),
    ("GET", "/recipes/{recipe_id}/versions/ver_pricing_base_v1", None, 404, "Recipe version not found"),
    ("POST", "/recipes/{recipe_id}/versions", {"recipe_id": "recipe_pricing_base", "manifest_json": {}}, 400, "Invalid recipe_id value"),
    ("POST", "/recipes/{recipe_id}/versions", {"change_note": "none"}, 422, "'manifest_json'"),
    ("GET", "/recipes/recipe_none/synthetic-example", None, 404, "Recipe not found"),
    ("POST", "/recipes/{recipe_id}/synthetic-example", {"recipe_id": "recipe_other", "sample_rows_json": []}, 400, "Invalid recipe_id value"),
    ("POST", "/recipes/{recipe_id}/synthetic-example", {}, 422, "or generate"),
    ("POST", "/chat", {"message": "What does it do?", "recipe_id": "recipe_none"}, 404, "Recipe not found"),
    ("POST", "/chat", {"context": {}}, 422, "'message'"),
    ("GET", "/models?model_family=prices", None, 400, "Invalid model_family value"),
    ("POST", "/models", {"name": "a", "recipe_id": "recipe_none", "recipe_version_id": "ver_none"}, 404, "Recipe not found"),
    ("POST", "/models", {"name": "a"}, 422, "'recipe_id'"),
    ("GET", "/models/nothing", None, 404, "Model not found"),
    ("PUT", "/models/{model_id}", {"status": "live"}, 400, "Invalid status value"),
    ("PUT", "/models/{model_id}", {"status": "production", "version": "9.9"}, 404, "9.9"),
    ("GET", "/runs?status=done", None, 400, "Invalid status value"),
    ("POST", "/runs", {"recipe_id": "{recipe_id}", "recipe_version_id": "{version_id}", "run_type": "tain"}, 400, "Did you mean 'train'?"),
    ("POST", "/runs", {"recipe_id": "{recipe_id}", "recipe_version_id": "ver_none", "run_type": "train"}, 404, "Recipe version not found"),
    ("GET", "/runs/nothing", None, 404, "Run not found"),
    ("PUT", "/runs/{run_id}", {"status": "over"}, 400, "Invalid status value"),
    ("PUT", "/runs/{run_id}", {"metrics_json": [1]}, 422, "'metrics_json'"),
    ("GET", "/models/{model_id}/monitoring?source=guessed", None, 400, "Invalid source value"),
    ("GET", "/models/{model_id}/monitoring?since=yesterday", None, 422, "'since'"),
    ("POST", "/models/{model_id}/monitoring", {"model_id": "model_other", "alerts_json": {}}, 400, "Invalid model_id value"),
    ("POST", "/models/{model_id}/monitoring", {"alerts_json": "none"}, 422, "'alerts_json'"),
    ("POST", "/models/{model_id}/monitoring", {"version": "9.9"}, 404, "9.9"),
)  # fmt: skip
"""Method, path, body, status and what is said, of each documented endpoint; `{…}` is one's own."""


@pytest.mark.parametrize(("method", "path", "body", "status", "said"), BAD)
async def test_what_cannot_be_done_is_refused_where_it_is_wrong(  # noqa: PLR0917 - a row of the table
    adas: Things, document: Document, method: str, path: str, body: Any, status: int, said: str
) -> None:
    own = {"recipe_id": RECIPE, "version_id": RECIPE_VERSION, "model_id": ML_MODEL, "run_id": ML_RUN}
    names = {word: await adas.one(place) for word, place in own.items()}
    sent = {name: value.format(**names) if isinstance(value, str) else value for name, value in body.items()} if body is not None else None

    answer = await call(adas.user, method, path.format(**names), sent)

    assert (answer.status_code, said in str(answer.json()["detail"])) == (status, True), answer.text
    assert document.misfits(answer) == []
