"""The one OpenAPI document: every route with schemas, real examples, errors in its face's words, and how to authorize."""

import json
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio
from fastapi.openapi.models import OpenAPI
from jsonschema import Draft202012Validator

from tests.gateway.conftest import PASSWORD, Desk, fresh
from tests.gateway.document import Document, Operation, references

pytestmark = pytest.mark.asyncio(loop_scope="module")
PREFIXES: Final = {
    "AI Studio": "/api/ai-studio/", "AI Engine": "/v1/ai/", "Trading AI": "/", "Accounts": "/auth/", "Admin": "/admin/", "Platform": "/",
    "Model Builder": "/api/v1/", "ML Development": "/api/ml-development/",
}  # fmt: skip
OPEN_TO_ALL: Final = {
    "/", "/health", "/api/monitoring/health", "/auth/register", "/auth/token", "/livez", "/readyz", "/metrics", "/asyncapi", "/asyncapi.json",
    "/api/v1/health", "/api/v1/status",
}  # fmt: skip
OWN_WORDS: Final = {"/health", "/debug/gpt4"}
NEVER_REFUSED: Final = {"/livez", "/asyncapi", "/asyncapi.json"}
OF_ML: Final = "ML Development: "
SAYS_DETAIL: Final = ("Trading AI: ", OF_ML)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def document(desk: Desk) -> Document:
    answer = await desk.client.get("/openapi.json")
    assert answer.status_code == 200
    return Document(answer.json())


def schema_of(content: dict[str, Any]) -> dict[str, Any]:
    """Return a body's schema, which says something."""
    schema: dict[str, Any] = content["schema"]
    assert schema.keys() & {"$ref", "anyOf", "items"} or schema["type"] == "string", schema
    return schema


async def test_the_document_is_openapi_3_1_with_every_route_once(document: Document) -> None:
    OpenAPI.model_validate(document.whole)
    operations = document.operations()

    assert document.whole["openapi"].startswith("3.1")
    assert {
        "POST /auth/register",
        "POST /auth/token",
        "GET /auth/me",
        "POST /auth/api-keys",
        "PATCH /admin/accounts/{account_id}",
        "GET /admin/dead",
        "GET /readyz",
        "GET /api/ai-studio/models/",
        "POST /api/ai-studio/models/{model_id}/train/",
        "POST /api/ai-studio/models/{model_id}/predict/",
    } <= {str(operation) for operation in operations}
    ids = [operation.body["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)


async def test_every_schema_is_one_and_every_reference_leads_to_one(document: Document) -> None:
    schemas = document.whole["components"]["schemas"]
    bodies = [content["schema"] for each in document.operations() for _, content in each.contents()]
    # Most bodies are a reference to one of the schemas, and many the same one.
    for schema in {json.dumps(each): each for each in (*schemas.values(), *bodies)}.values():
        Draft202012Validator.check_schema(schema)
        assert "$defs" not in schema

    assert {f"#/components/schemas/{name}" for name in schemas} == set(references(document.whole))


async def test_every_route_says_what_it_does_and_whose_it_is(document: Document) -> None:
    told = {tag["name"] for tag in document.whole["tags"]}
    for operation in document.operations():
        (tag,) = operation.body["tags"]
        assert tag in told, operation
        assert operation.path.startswith(PREFIXES[tag.partition(":")[0]]), operation
        assert operation.body["summary"], operation
        assert operation.body["description"], operation


async def test_every_parameter_is_described(document: Document) -> None:
    for operation in document.operations():
        described = {}
        for parameter in operation.body.get("parameters", []):
            assert parameter["description"], (operation, parameter)
            assert parameter["schema"].keys() & {"type", "anyOf"}, (operation, parameter)
            described[parameter["name"], parameter["in"]] = parameter
        for name in (part[1:-1] for part in operation.path.split("/") if part.startswith("{")):
            parameter = described[name, "path"]
            assert parameter["required"]
            assert parameter.get("example") or parameter["schema"]["examples"], (operation, name)


async def test_every_body_has_a_schema_and_an_example_that_holds_to_it(document: Document) -> None:
    for operation in document.operations():
        for where, content in operation.contents():
            assert document.wrong(content["example"], schema=schema_of(content)) == [], where
        takes = operation.body.get("requestBody", {"content": {}})["content"]
        assert all("$ref" in json.dumps(each["schema"]) for each in takes.values() if each["schema"].get("format") != "binary"), operation
        good = {status: bool(answer.get("content")) for status, answer in operation.body["responses"].items() if status.startswith("2")}
        assert good == {status: status != "204" for status in good}, operation
        assert good, operation


@pytest.mark.parametrize("plot", ["feature-importance", "shap-summary", "reliability", "equity", "drawdown", "monthly-returns", "trades"])
async def test_plots_are_described_as_pictures_that_may_be_kept(document: Document, plot: str) -> None:
    operation = document.whole["paths"][f"/api/ai-studio/models/{{model_id}}/plots/{plot}.png"]["get"]

    picture, same = operation["responses"]["200"], operation["responses"]["304"]
    assert {media: content["schema"] for media, content in picture["content"].items()} == {
        "image/png": {"type": "string", "format": "binary"}
    }
    assert set(picture["headers"]) == set(same["headers"]) == {"ETag", "Cache-Control"}
    assert "content" not in same
    assert {"model_id", "If-None-Match"} == {parameter["name"] for parameter in operation["parameters"]}
    assert "409" not in operation["responses"]


async def test_whatever_may_be_kept_tells_of_its_etag_and_of_the_answer_without_a_body(document: Document) -> None:
    kept = [each for each in document.operations() if "If-None-Match" in {one["name"] for one in each.body.get("parameters", [])}]

    assert len(kept) >= 12
    assert [str(each) for each in kept if "304" not in each.body["responses"]] == []
    assert [str(each) for each in kept if "ETag" not in each.body["responses"]["200"].get("headers", {})] == []


async def test_models_own_examples_hold_to_them(document: Document) -> None:
    for name, schema in document.whole["components"]["schemas"].items():
        for example in schema.get("examples", []):
            assert document.wrong(example, schema={"$ref": f"#/components/schemas/{name}"}) == [], name


async def test_the_prediction_that_is_shown_adds_up_as_it_says(document: Document) -> None:
    (predict,) = (each for each in document.operations() if each.path.endswith("/predict/"))

    (shown,) = predict.body["responses"]["200"]["content"]["application/json"]["example"]["predictions"]

    total = shown["base_value"] + sum(shown["feature_contributions"].values())
    assert shown["confidence"] == max(shown["probabilities"].values()) == shown["probabilities"][shown["prediction"]]
    assert abs(total - shown["confidence"]) <= 2 * shown["additivity_error"]


def expected_refusals(operation: Operation) -> set[str]:
    """Return the refusals that follow from what a route takes and who may call it."""
    asked = operation.body.get("parameters", [])
    return {
        *({"401", "403", "503"} if operation.body.get("security") else ()),
        *({operation.invalid, "413"} if "requestBody" in operation.body else ()),
        *({"404"} if "{" in operation.path else ()),
        *({"429", "503"} if operation.path.startswith(("/api/", "/auth/", "/v1/")) else ()),
        *({operation.invalid} if any(each["in"] == "query" for each in asked) else ()),
        *({operation.invalid, "409"} if any(each["name"] == "Idempotency-Key" for each in asked) else ()),
    }


# What is not well is said in the same words as what is.
UNWELL: Final = {("/readyz", "503"), ("/api/monitoring/health", "503")}


async def test_every_refusal_is_in_its_faces_words(document: Document) -> None:
    for operation in document.operations():
        refusals = {status: answer for status, answer in operation.body["responses"].items() if status >= "400"}

        assert expected_refusals(operation) <= refusals.keys(), operation
        assert refusals or operation.path in NEVER_REFUSED, operation
        # Model Builder's document has both: 400 for what cannot be read, 422 for what cannot be used; in ML Development's, 400 is for words
        # outside their enum, and for what a state does not allow.
        both = operation.path.startswith("/api/v1/") and "requestBody" in operation.body
        assert (("400" if operation.invalid == "422" else "422") in refusals) is both or operation.body["tags"][0].startswith(OF_ML)
        for status, answer in refusals.items():
            content = answer["content"]["application/json"]
            if operation.path == "/auth/token":
                assert isinstance(content["example"]["error"], str)
            elif (operation.path, status) in UNWELL:
                assert content["example"]["status"] in {"unavailable", "unhealthy"}
            elif operation.path in OWN_WORDS and "detail" not in content["example"]:
                assert content["example"]["status"], operation  # The document has a body of its own for it.
            elif operation.body["tags"][0].startswith(SAYS_DETAIL):
                assert isinstance(content["example"]["detail"], list if status == "422" else str), operation
            else:
                error = content["example"]["error"]
                # A promotion that does not pass a gate says by how much, as numbers too.
                told = {"failing"} if "failing" in error["details"] or "failing" in error["details"].get("fields", {}) else set()
                assert set(error) == {"code", "message", "details"} | told, (operation, status)
        if "401" in refusals and not operation.body["tags"][0].startswith(SAYS_DETAIL):
            assert refusals["401"]["content"]["application/json"]["example"]["error"]["code"] == "AUTHENTICATION_ERROR"


async def test_the_document_says_how_to_authorize(document: Document) -> None:
    schemes = document.whole["components"]["securitySchemes"]

    assert schemes["password"]["flows"]["password"]["tokenUrl"] == "/auth/token"
    assert (schemes["bearer"]["type"], schemes["bearer"]["scheme"]) == ("http", "bearer")
    for operation in document.operations():
        ways = operation.body.get("security", [])
        assert all(way.keys() <= schemes.keys() for way in ways), operation
        assert {name for way in ways for name in way} == (set() if operation.path in OPEN_TO_ALL else {"password", "bearer"}), operation


async def test_the_pages_authorize_button_gets_a_token(desk: Desk) -> None:
    name = fresh("ada")
    await desk.register(name)

    # As Swagger UI sends it when the fields for a client are left empty.
    form = {"grant_type": "password", "scope": "", "username": name, "password": PASSWORD}
    answer = await desk.client.post("/auth/token", data=form, headers={"authorization": "Basic Og==", "x-requested-with": "XMLHttpRequest"})

    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "bearer"


async def test_routes_that_start_work_tell_of_their_key(document: Document) -> None:
    keyed = {
        str(operation)
        for operation in document.operations()
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.body.get("parameters", []))
    }

    assert {
        "POST /api/ai-studio/models/",
        "POST /api/ai-studio/models/{model_id}/train/",
        "POST /api/ai-studio/compute/purchase-credits/",
    } <= keyed


async def test_an_undocumented_answer_is_noticed(document: Document) -> None:
    request = httpx.Request("GET", "http://gateway/auth/me")
    real = {"id": "a", "username": "b", "email": "c", "role": "user", "tier": "free", "created_at": "2026-01-15T15:45:00.000Z"}

    assert document.misfits(httpx.Response(200, json=real, request=request)) == []
    assert document.misfits(httpx.Response(418, json=real, request=request)) == ["GET /auth/me is not documented to answer 418"]
    for wrong in (real | {"tier": "gold"}, real | {"secret": "x"}, {"id": "a"}):
        assert document.misfits(httpx.Response(200, json=wrong, request=request)) != []
