"""Whatever is misspelt in a request, or of another type, is refused by its field, with the nearest right name: of three faces.

They are AI Engine, Model Builder and ML Development. What there is to get wrong comes from the OpenAPI document: fields of bodies,
parameters of queries, and words that have a list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from tests.faces.endpoints_builder import BUILDER
from tests.faces.endpoints_engine import ENGINE
from tests.faces.endpoints_ml import ML
from tests.faces.made import Things
from tests.gateway.document import Document, Operation

pytestmark = pytest.mark.asyncio(loop_scope="session")
# Fewer letters are near to too much.
SHORTEST: Final = 4
# A word that is none of those there are is an input that cannot be used; ML Development's document answers 400 to it.
REFUSED: Final = {ENGINE: {422}, BUILDER: {422}, ML: {400, 422}}
NAMES: Final = ("AI Engine", "Model Builder", "ML Development")


@dataclass(frozen=True)
class Slip:
    """A request with one slip: what is wrong with which field, and what was meant."""

    operation: Operation
    field: str
    meant: str
    body: Any = None
    query: dict[str, str] | None = None

    def __str__(self) -> str:
        return f"{self.operation} {self.field}"


def misspelt(name: str) -> str:
    """Return a name without one of its letters."""
    return name[:-2] + name[-1]


def slips(document: Document, operation: Operation) -> Iterator[Slip]:
    """Yield one slip for each field, parameter and word of an operation."""
    content = operation.body.get("requestBody", {}).get("content", {}).get("application/json")
    good: Any = content["example"] if content else None
    if content:
        for name, schema in fields_of(document, content["schema"]).items():
            rest = {key: value for key, value in good.items() if key != name}
            wrong = misspelt(name)
            if len(name) >= SHORTEST:
                yield Slip(operation, wrong, name, rest | {wrong: good.get(name)})
            for word in words_of(document, schema)[:1]:
                yield Slip(operation, name, word, rest | {name: misspelt(word)})
    for parameter in operation.body.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] == "query":
            if len(name) >= SHORTEST:
                yield Slip(operation, misspelt(name), name, good, {misspelt(name): "1"})
            for word in words_of(document, parameter["schema"])[:1]:
                yield Slip(operation, name, word, good, {name: misspelt(word)})


def said_of_fields(answer: httpx.Response) -> str:
    """Return what an answer says of fields: of ML Development, where each problem is, or the words of a refused value."""
    said = answer.json()
    problems = said.get("detail") or said.get("error", {}).get("details", {})
    return str([problem["loc"] for problem in problems] if isinstance(problems, list) else problems)


def fields_of(document: Document, schema: Any) -> dict[str, Any]:
    """Return the fields of a body, also of one that may be left out."""
    schema = document.resolved(schema)
    found = [schema, *(document.resolved(each) for each in schema.get("anyOf", []))]
    return next(each["properties"] for each in found if "properties" in each)


def words_of(document: Document, schema: Any) -> list[str]:
    """Return the words that a string may be, where there are only some, those first that are long enough to be misspelt."""
    schema = document.resolved(schema)
    found = [word for each in schema.get("anyOf", []) for word in words_of(document, each)]
    return [word for word in [*schema.get("enum", []), *found] if isinstance(word, str) and len(word) >= SHORTEST]


@pytest.mark.parametrize(("face", "at_least"), [(ENGINE, 140), (BUILDER, 90), (ML, 70)], ids=NAMES)
async def test_what_is_misspelt_is_told_with_what_was_meant(document: Document, adas: Things, face: str, at_least: int) -> None:
    slips_made = [slip for each in document.operations() if each.path.startswith(f"{face}/") for slip in slips(document, each)]
    wrong = {}
    for slip in slips_made:
        names = await adas.of(slip.operation.path)
        body = slip.body and slip.body | {word: name for word, name in names.items() if word in slip.body}
        answer = await adas.user.http.request(slip.operation.method, slip.operation.path.format(**names), json=body, params=slip.query)
        told = said_of_fields(answer)
        if answer.status_code not in REFUSED[face] or slip.field not in told or f"Did you mean '{slip.meant}'?" not in answer.text:
            wrong[str(slip)] = (answer.status_code, told or answer.text[:200])

    assert wrong == {}
    assert len(slips_made) >= at_least


@pytest.mark.parametrize(("face", "at_least"), [(ENGINE, 50), (BUILDER, 50), (ML, 35)], ids=NAMES)
async def test_a_value_of_another_type_is_refused_by_its_field(document: Document, adas: Things, face: str, at_least: int) -> None:
    wrong, asked = {}, 0
    for operation in document.operations():
        content = operation.body.get("requestBody", {}).get("content", {}).get("application/json")
        if not operation.path.startswith(f"{face}/") or not content:
            continue
        path = operation.path.format(**await adas.of(operation.path))
        for name in fields_of(document, content["schema"]):
            answer = await adas.user.http.request(operation.method, path, json=content["example"] | {name: [[]]})
            asked += 1
            if answer.status_code != 422 or f"'{name}" not in said_of_fields(answer) or document.misfits(answer):
                wrong[f"{operation} {name}"] = (answer.status_code, answer.text[:300])

    assert wrong == {}
    assert asked >= at_least
