"""What the gateway documents of its answers, the client's types have: every key, with a type that takes its example."""

from typing import Any

import httpx
import pytest
from pydantic import BaseModel, ValidationError

from modelbourse.answers import compute, keys, models
from modelbourse.answers.accounts import Account, PasswordChanged
from modelbourse.answers.answer import Answer
from tests.client.shown import shown
from tests.journeys.platform import Platform

pytestmark = pytest.mark.journey
STUDIO = "/api/ai-studio"
TYPES: dict[tuple[str, str], type[Answer]] = {
    ("get", "/auth/me"): Account,
    ("get", f"{STUDIO}/compute/usage/"): compute.Usage,
    ("post", f"{STUDIO}/compute/purchase-credits/"): compute.Purchase,
    ("post", "/auth/api-keys"): keys.NewApiKey,
    ("delete", "/auth/api-keys"): keys.KeysRevoked,
    ("post", "/auth/password"): PasswordChanged,
}


@pytest.fixture(scope="module")
def document(platform: Platform) -> dict[str, Any]:
    """The gateway's OpenAPI document."""
    described: dict[str, Any] = httpx.get(f"{platform.gateway}/openapi.json", timeout=60).raise_for_status().json()
    return described


@pytest.mark.parametrize(("method", "path"), list(TYPES))
def test_every_documented_key_is_an_attribute(document: dict[str, Any], method: str, path: str) -> None:
    schema = answered(document, method, path)

    assert list(missing(TYPES[method, path], schema, document)) == []


def test_a_word_that_a_newer_gateway_has_is_read_and_what_is_no_word_is_not() -> None:
    newer = shown(models.ModelDetails) | {"status": "QUARANTINED"}

    assert models.ModelDetails.model_validate(newer).as_json() == newer
    with pytest.raises(ValidationError):
        models.ModelDetails.model_validate(newer | {"status": 7})


def answered(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    responses = document["paths"][path][method]["responses"]
    good = next(answer for status, answer in responses.items() if status.startswith("2"))
    schema: dict[str, Any] = good["content"]["application/json"]["schema"]
    return schema


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def missing(kind: type[BaseModel], schema: dict[str, Any], document: dict[str, Any], *, at: str = "") -> Any:
    """Yield the documented keys that a type has no attribute for, also in what it holds."""
    fields = {field.alias or name: field for name, field in kind.model_fields.items()}
    for name, each in resolved(schema, document)["properties"].items():
        if name not in fields:
            yield f"{at}{name}"
            continue
        inner = next(models_in(fields[name].annotation), None)
        for part in parts_of(each, document):
            if inner is not None and "properties" in part:
                yield from missing(inner, part, document, at=f"{at}{name}.")


def models_in(annotation: Any) -> Any:
    """Yield the models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from models_in(inner)


def parts_of(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """Yield the objects that a value may be, or hold."""
    schema = resolved(schema, document)
    yield schema
    for inner in [
        *schema.get("anyOf", ()),
        *(schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)),
    ]:
        yield from parts_of(inner, document)
