"""Every field of the one OpenAPI document says what it means, and every example is one; it can be had without a server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.gateway.conftest import Desk
from tests.gateway.document import Document, Schema

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def document(desk: Desk) -> Document:
    return Document((await desk.client.get("/openapi.json")).json())


def schemas(part: Any, place: str = "#") -> Iterator[tuple[str, Schema]]:
    """Yield every object of the document with its place, but for what lies in examples."""
    if isinstance(part, list):
        for number, inner in enumerate(part):
            yield from schemas(inner, f"{place}/{number}")
    elif isinstance(part, dict):
        yield place, part
        for name, inner in part.items():
            if name not in {"example", "examples", "default", "enum", "const"} or place.endswith("/properties"):
                yield from schemas(inner, f"{place}/{name}")


def fields(document: Document) -> dict[str, Schema]:
    """Return the fields of all requests and answers, and all parameters, by their places."""
    properties = {
        f"{place}/{name}": schema
        for place, part in schemas(document.whole)
        if place.endswith("/properties")
        for name, schema in part.items()
    }
    parameters = {
        f"{each} {parameter['in']} {parameter['name']}": parameter
        for each in document.operations()
        for parameter in each.body.get("parameters", [])
    }
    return properties | parameters


async def test_every_field_and_every_parameter_has_a_description(document: Document) -> None:
    told = fields(document)

    assert len(told) > 1_000
    assert [place for place, schema in told.items() if len(schema.get("description", "").strip()) < len("Why.")] == []


async def test_every_example_holds_to_the_schema_beside_it(document: Document) -> None:
    wrong = {}
    for place, part in schemas(document.whole):
        # A parameter, a header or a body has its schema inside; a schema is its own.
        schema = part.get("schema", part)
        examples = [*part.get("examples", []), *([part["example"]] if "example" in part else [])]
        for example in examples if not place.endswith("/properties") else []:
            if found := document.wrong(example, schema={name: each for name, each in schema.items() if name != "examples"}):
                wrong[place] = found

    assert wrong == {}


async def test_a_patch_takes_what_its_schema_says_and_null_only_where_it_means_something(document: Document) -> None:
    components = document.whole["components"]["schemas"]
    patches = {name: schema["properties"] for name, schema in components.items() if name.endswith("Patch")}

    nullable = {
        (name, field) for name, known in patches.items() for field, schema in known.items() if document.wrong(None, schema=schema) == []
    }
    aliases = {
        alias for alias in ("champion", "a-1_b", "Champion", "1st", "", "a" * 51, "latest", "v1", "production")
        if document.wrong([alias], schema=patches["VersionPatch"]["aliases"]) == []
    }  # fmt: skip

    assert patches.keys() == {"ModelPatch", "VersionPatch", "SubscriptionPatch", "WebhookPatch"}
    assert nullable == {("SubscriptionPatch", "version"), ("ModelPatch", "retrain")}
    assert aliases == {"champion", "a-1_b"}


async def test_the_document_can_be_written_without_any_server(tmp_path: Path, document: Document) -> None:
    target = tmp_path / "build" / "openapi.json"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}

    command = [sys.executable, "-m", "services.gateway", "openapi", str(target)]
    subprocess.run(command, env=environment, check=True, timeout=120)  # noqa: ASYNC221  # nothing else runs here

    assert json.loads(target.read_bytes()) == document.whole
