"""Stories at the border: bodies, sizes, paths, methods, ids; every refusal in the words of the face that owns the path."""

import gzip
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from libs.chassis.errors import ErrorKind
from services.gateway.inbound.http.errors import STATUS_AND_CODE
from tests.gateway.conftest import Desk, OpenDesk, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")
MODELS = "/api/ai-studio/models/"
JSON = {"content-type": "application/json"}
DEEP = b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (b"nonsense", "not JSON"),
        (b'{"name": "a" "b"}', "line 1"),
        (b'{"name": "\xff"}', "UTF-8"),
        ('{"name": "a"}'.encode("utf-16"), "byte-order mark of UTF-16"),
        (b'{"name": "\xef\xbb\xbf"\xef\xbb\xbf}', "not JSON"),
        (b'{"name": "a", "name": "b"}', "'name' is there twice"),
        (b'{"name": NaN}', "NaN"),
        (b'{"name": Infinity}', "Infinity"),
        (b'{"name": -Infinity}', "-Infinity"),
        (b'{"name": 1e999}', "too large"),
        (b'{"name": 99999999999999999999}', "64 bits"),
        (b'{"name": ' + b"9" * 5000 + b"}", "64 bits"),
        (DEEP, "deeper"),
        (b"[" * 100_000, "deeper"),
        (b'{"name": "\\ud800"}', "surrogate"),
        (b'{"na\\u0000me": 1}', "NUL"),
    ],
)
async def test_a_body_that_is_not_sound_json_is_refused_with_the_reason(desk: Desk, body: bytes, says: str) -> None:
    headers = bearer(await desk.user()) | JSON

    for path in (MODELS, "/auth/api-keys"):
        refused = await desk.client.post(path, headers=headers, content=body)

        assert refused.status_code == 400, refused.text
        assert refused.json()["error"]["code"] == "VALIDATION_ERROR"
        assert says in refused.json()["error"]["details"]["body"][0]


async def test_a_byte_order_mark_before_a_body_is_passed_over(desk: Desk) -> None:
    headers = bearer(await desk.user()) | JSON

    made = await desk.client.post("/auth/api-keys", headers=headers, content=b'\xef\xbb\xbf{"name": "from a file"}')

    assert made.status_code == 201, made.text
    assert made.json()["name"] == "from a file"


@pytest.mark.parametrize("path", [MODELS, f"{MODELS}model_x/predict/", "/auth/register", "/auth/token"])
async def test_a_compressed_body_is_refused_with_the_reason(desk: Desk, path: str) -> None:
    headers = bearer(await desk.user()) | JSON
    body = gzip.compress(b"{}")

    for coding in ("gzip", "br", "deflate, gzip", "GZIP"):
        refused = await desk.client.post(path, headers=headers | {"content-encoding": coding}, content=body)

        assert refused.status_code == 415, refused.text
        assert refused.headers["accept-encoding"] == "identity"
        assert "without Content-Encoding" in refused.text
    assert (await desk.client.post(path, headers=headers | {"content-encoding": "identity"}, content=b"{")).status_code != 415
    assert (await desk.client.get("/auth/me", headers=headers | {"content-encoding": "gzip"})).status_code == 200


READ: Final = (
    MODELS,
    "/api/ai-studio/algorithms/",
    "/auth/me",
    "/livez",
    "/readyz",
    "/asyncapi",
    "/docs",
    "/openapi.json",
    "/nothing",
    f"{MODELS}model_x/",
)


async def test_head_answers_as_get_does_without_the_body(desk: Desk) -> None:
    headers = bearer(await desk.user())

    for path in READ:
        got, head = [await desk.client.request(method, path, headers=headers) for method in ("GET", "HEAD")]

        assert (path, head.status_code, head.content) == (path, got.status_code, b"")
        compared = ("content-type", "content-length", "etag")
        assert [head.headers.get(name) for name in compared] == [got.headers.get(name) for name in compared]


async def test_head_is_no_way_to_do_anything(desk: Desk) -> None:
    headers = bearer(await desk.user())

    answers = [await desk.client.request("HEAD", path, headers=headers) for path in ("/auth/logout", f"{MODELS}model_x/train/")]

    assert [(answer.status_code, answer.content, answer.headers["allow"]) for answer in answers] == [(405, b"", "POST")] * 2


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", ";;;"]
)
async def test_another_content_type_is_refused_with_what_to_send(desk: Desk, content_type: str) -> None:
    headers = bearer(await desk.user()) | {"content-type": content_type}

    refused = await desk.client.post(MODELS, headers=headers, content=b"{}")

    assert refused.status_code == 400
    assert "application/json" in refused.json()["error"]["details"]["Content-Type"][0]


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"5", b"true"])
async def test_a_body_that_is_no_object_is_refused(desk: Desk, body: bytes) -> None:
    headers = bearer(await desk.user()) | JSON

    for path in (MODELS, "/auth/register"):
        assert (await desk.client.post(path, headers=headers, content=body)).status_code == 400


async def test_a_body_beyond_the_limit_is_413_with_its_length_and_without(open_desk: OpenDesk) -> None:
    desk = await open_desk(max_body_bytes=1000)
    headers = bearer(await desk.user()) | JSON

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b" " * 100

    told = await desk.client.post(MODELS, headers=headers, content=b" " * 1001)
    untold = await desk.client.post(MODELS, headers=headers, content=pieces())

    for refused in (told, untold):
        assert refused.status_code == 413
        assert refused.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert (await desk.client.post(MODELS, headers=headers, content=b" " * 1000)).status_code == 400


@pytest.mark.parametrize(("path", "headers"), [("/livez?q=" + "x" * 40_000, {}), ("/livez", {"x-much": "x" * 40_000})])
async def test_an_endless_address_or_header_is_413(desk: Desk, path: str, headers: dict[str, str]) -> None:
    assert (await desk.client.get(path, headers=headers)).status_code == 413


@pytest.mark.parametrize(
    "path", ["/nothing", "/auth/nothing", "/admin/nothing", "/api/ai-studio/nothing/", "/api/ai-studio", "/api/ai-studiox"]
)
async def test_an_unknown_path_is_answered_in_its_owners_words(desk: Desk, path: str) -> None:
    refused = await desk.client.get(path)

    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert set(refused.json()) == {"error", "timestamp"}


async def test_an_unknown_path_below_the_token_endpoint_speaks_oauth2(desk: Desk) -> None:
    refused = await desk.client.get("/auth/token/nothing")

    assert refused.status_code == 404
    assert refused.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", MODELS, "GET, HEAD, POST"),
        ("POST", "/auth/me", "GET, HEAD"),
        ("GET", "/auth/register", "POST"),
        ("DELETE", "/livez", "GET, HEAD"),
        ("OPTIONS", MODELS, "GET, HEAD, POST"),
        ("BREW", MODELS, "GET, HEAD, POST"),
    ],
)
async def test_another_method_is_405_with_those_there_are(desk: Desk, method: str, path: str, allow: str) -> None:
    refused = await desk.client.request(method, path)

    assert refused.status_code == 405
    assert refused.headers["allow"] == allow
    assert refused.json()["error"]["code"] == "METHOD_NOT_ALLOWED"


async def test_paths_are_the_same_with_and_without_the_slash(desk: Desk) -> None:
    headers = bearer(await desk.user())

    answers = [await desk.client.get(path, headers=headers) for path in (MODELS, MODELS.rstrip("/"), "/auth/me", "/auth/me/")]

    assert [answer.status_code for answer in answers] == [200] * 4


async def test_who_calls_is_asked_before_what_they_send(desk: Desk) -> None:
    refused = await desk.client.post(MODELS, headers=JSON, content=b"{{{")

    assert refused.status_code == 401


@pytest.mark.parametrize(
    "model_id", ["x", "model_1", "job_01jd3yq9h8e5v9k2m4n6p8r0s1", "MODEL_01JD3YQ9H8E5V9K2M4N6P8R0S1", "%00%0A", "a" * 300]
)
async def test_what_cannot_be_an_id_is_nobodys_whatever_else_is_wrong(desk: Desk, model_id: str) -> None:
    headers = bearer(await desk.user())

    changed = await desk.client.patch(f"{MODELS}{model_id}/", headers=headers, json={"nonsense": 1})
    looked = await desk.client.head(f"{MODELS}{model_id}/", headers=headers)

    assert (changed.status_code, looked.status_code) == (404, 404)
    assert changed.json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert changed.json()["error"]["message"].startswith("There is no model '")
    assert len(changed.json()["error"]["message"]) < 120


async def test_ids_come_back_and_bad_ones_are_replaced(desk: Desk) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    named = await desk.client.get(
        "/livez", headers={"x-request-id": "mine-1", "x-correlation-id": "order-7", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    )
    bad = await desk.client.get("/livez", headers={"x-request-id": "a b\tc", "traceparent": "rubbish"})

    assert (named.headers["x-request-id"], named.headers["x-correlation-id"]) == ("mine-1", "order-7")
    assert named.headers["traceparent"].split("-")[1] == trace
    assert len(bad.headers["x-request-id"]) == 32
    assert bad.headers["x-correlation-id"] == bad.headers["x-request-id"]
    assert len(bad.headers["traceparent"].split("-")[1]) == 32


async def test_browsers_are_told_to_be_careful_and_other_origins_are_not_let_in(desk: Desk) -> None:
    answer = await desk.client.get("/livez", headers={"origin": "https://evil.example"})

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "access-control-allow-origin" not in answer.headers


async def test_an_origin_of_the_settings_is_let_in(open_desk: OpenDesk) -> None:
    desk = await open_desk(cors_origins="https://app.example")

    preflight = {
        "origin": "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    asked = await desk.client.options(MODELS, headers=preflight)
    refused = await desk.client.get(MODELS, headers={"origin": "https://app.example"})

    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    assert refused.headers["access-control-allow-origin"] == "https://app.example"


async def test_a_mistake_of_ours_is_told_by_its_id_alone(desk: Desk) -> None:
    headers = bearer(await desk.user())
    # A stored account that cannot be read is a mistake of ours, not the caller's.
    await desk.chassis.database["accounts"].update_one(
        {"_id": (await desk.client.get("/auth/me", headers=headers)).json()["id"]}, {"$unset": {"role": 1}}
    )

    answer = await desk.client.get("/auth/me", headers=headers)

    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL_ERROR"
    assert answer.headers["x-request-id"] in answer.json()["error"]["message"]
    assert "role" not in answer.text
    assert "KeyError" not in answer.text


async def test_no_kind_of_error_lacks_a_status() -> None:
    assert set(STATUS_AND_CODE) == set(ErrorKind)


@pytest.mark.parametrize(
    "form",
    [
        b"grant_type=password&username=%ff%fe&password=%00",
        b"grant_type=password&username=%ED%A0%80&password=x",
        b"grant_type=password&username=a&username=b&password=x",
        b"grant_type",
        b"&&&===",
        b"\xff\xfe",
    ],
)
async def test_a_strange_form_is_no_mistake_of_ours(desk: Desk, form: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    refused = await desk.client.post("/auth/token", headers=headers, content=form)

    assert refused.status_code == 400
    assert refused.json()["error"] in {"invalid_grant", "invalid_request", "unsupported_grant_type"}


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=99999999999999999999", "role=god", "page=1&page=2x"])
async def test_a_strange_query_is_no_mistake_of_ours(desk: Desk, query: str) -> None:
    refused: Any = await desk.client.get(f"/admin/accounts?{query}", headers=await desk.admin())

    assert refused.status_code == 400
    assert refused.json()["error"]["details"]
