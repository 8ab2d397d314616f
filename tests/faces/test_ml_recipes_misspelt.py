"""Whatever is misspelt in a request about recipes, or of another type, is refused where it stands, with the nearest right name."""

from collections.abc import Iterator

import pytest

from tests.faces.endpoints_ml import ML
from tests.faces.test_nearest_names import slips
from tests.gateway.document import Document, Operation
from tests.gateway.studio.recipes import made
from tests.gateway.studio.world import User

pytestmark = pytest.mark.asyncio(loop_scope="session")


def about_recipes(document: Document) -> Iterator[Operation]:
    """Yield the operations on recipes and their versions."""
    return (each for each in document.operations() if each.path.startswith(f"{ML}/recipes"))


async def test_what_is_misspelt_is_told_with_what_was_meant(document: Document, ada: User) -> None:
    recipe = await made(ada)
    names = {"recipe_id": recipe["id"], "version_id": recipe["version_id"]}
    wrong, told = {}, 0
    for operation in about_recipes(document):
        for slip in slips(document, operation):
            body = slip.body | {"recipe_id": recipe["id"]} if slip.body and "recipe_id" in slip.body else slip.body
            answer = await ada.http.request(operation.method, operation.path.format(**names), json=body, params=slip.query)
            told += 1
            if answer.status_code not in {400, 422} or slip.field not in answer.text or f"Did you mean '{slip.meant}'?" not in answer.text:
                wrong[str(slip)] = (answer.status_code, answer.text[:300])

    assert wrong == {}
    assert told >= 25


async def test_a_value_of_another_type_is_refused_by_its_field(document: Document, ada: User) -> None:
    recipe = await made(ada)
    wrong, told = {}, 0
    for operation in about_recipes(document):
        content = operation.body.get("requestBody", {}).get("content", {}).get("application/json")
        for name in document.resolved(content["schema"])["properties"] if content else ():
            answer = await ada.http.request(
                operation.method, operation.path.format(recipe_id=recipe["id"]), json=content["example"] | {name: [[]]}
            )
            told += 1
            if answer.status_code != 422 or ["body", name] not in [each["loc"][:2] for each in answer.json()["detail"]]:
                wrong[f"{operation} {name}"] = (answer.status_code, answer.text[:300])

    assert wrong == {}
    assert told >= 13
