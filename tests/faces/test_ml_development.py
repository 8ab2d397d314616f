"""ML Development as documented: its routes, and recipes and their versions with the fields and types that it shows."""

from typing import Final

import pytest

from tests.faces.endpoints_ml import DOCUMENTED, ML, of
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.recipe_runs import call
from tests.gateway.studio.world import User

pytestmark = pytest.mark.asyncio(loop_scope="session")
AT: Final = "2024-01-15T10:00:00Z"
RECIPE: Final = {
    "id": "recipe_pricing_base",
    "name": "Pricing Baseline v1",
    "model_family": "pricing",
    "level": "baseline",
    "status": "approved",
    "parent_id": None,
    "tags": ["baseline", "optimization"],
    "created_at": AT,
    "updated_at": AT,
}
VERSION: Final = {
    "version_id": "ver_pricing_base_v1",
    "recipe_id": "recipe_pricing_base",
    "version_number": "1.0.0",
    "manifest_json": {},
    "diff_from_prev": None,
    "created_by": "system",
    "created_at": AT,
    "change_note": "Initial version",
}
CHAT: Final = {"response": "text", "recipe_id": None, "timestamp": AT}
CREATED: Final = {
    "name": "string",
    "model_family": "pricing",
    "level": "client",
    "parent_id": None,
    "tags": ["string"],
    "manifest": {},
}


async def test_its_routes_are_those_of_its_document(document: Document) -> None:
    served = {(each.method, each.path) for each in document.operations() if each.path.startswith(f"{ML}/")}

    assert {noun: of(noun) - served for noun in DOCUMENTED} == {noun: set() for noun in DOCUMENTED}
    assert {each for each in served if each[1].startswith((f"{ML}/recipes", f"{ML}/schemas"))} == of("recipes")


async def test_recipes_and_versions_are_answered_as_the_document_shows_them(ada: User, document: Document) -> None:
    created = await call(ada, "POST", "/recipes", CREATED)
    path = f"/recipes/{created.json()['id']}"
    version = await call(
        ada,
        "POST",
        f"{path}/versions",
        {"recipe_id": created.json()["id"], "manifest_json": {"seed": 1}, "change_note": "string", "created_by": "string"},
    )
    answers = {
        "get": (await call(ada, "GET", "/recipes/recipe_pricing_base"), RECIPE),
        "resolved": (await call(ada, "GET", f"{path}?resolved=true"), RECIPE),
        "created": (created, RECIPE),
        "listed": (await call(ada, "GET", "/recipes?model_family=pricing"), {"recipes": [RECIPE], "total": 42}),
        "updated": (await call(ada, "PUT", path, {"name": "string", "status": "approved", "tags": ["string"]}), RECIPE),
        "cloned": (await call(ada, "POST", f"{path}/clone?name=Retail%20Pricing%20v1"), RECIPE),
        "version": (version, VERSION),
        "one": (await call(ada, "GET", "/recipes/recipe_pricing_base/versions/ver_pricing_base_v1"), VERSION),
        "versions": (await call(ada, "GET", f"{path}/versions"), {"versions": [VERSION], "total": 42}),
        "schema": (await call(ada, "GET", "/schemas/pricing"), {"$schema": "", "properties": {}}),
        "asked": (await call(ada, "POST", "/chat", {"message": "Quantum cheese?", "context": {}, "recipe_id": None}), CHAT),
        "deleted": (await call(ada, "DELETE", path), None),
        "missing": (await call(ada, "GET", "/recipes/nothing"), {"detail": "Recipe not found"}),
        "unknown": (await call(ada, "POST", "/recipes", CREATED | {"model_family": "prices"}), {"detail": "Invalid model_family value"}),
        "unreadable": (await call(ada, "POST", "/recipes", {}), {"detail": [{"loc": ["body"], "msg": "", "type": ""}]}),
    }

    statuses = {name: answer.status_code for name, (answer, _) in answers.items() if answer.status_code != 200}
    assert statuses == {"created": 201, "cloned": 201, "version": 201, "deleted": 400, "missing": 404, "unknown": 400, "unreadable": 422}
    wrong = {name: list(differences(example, answer.json())) for name, (answer, example) in answers.items() if name != "deleted"}
    assert {name: found for name, found in wrong.items() if found} == {}
    assert [misfit for answer, _ in answers.values() for misfit in document.misfits(answer)] == []
