"""Stories of Model Builder's keys: made, listed and revoked; good for what they were made for."""

from typing import Any

import pytest

from tests.gateway.conftest import Desk, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")
AUTH = "/api/v1/auth"
WANTED = {"name": "training-service", "permissions": ["train", "export", "register"]}


async def generate(desk: Desk, headers: dict[str, str], **fields: Any) -> Any:
    return await desk.client.post(f"{AUTH}/generate-key", headers=headers, json=WANTED | fields)


async def test_a_platform_that_lets_no_stranger_in_gives_none_a_key(open_desk: Any) -> None:
    desk = await open_desk(anonymous="never")

    refused, health = await generate(desk, {}), await desk.client.get("/api/v1/health")

    assert (refused.status_code, health.status_code) == (401, 401)


async def test_a_key_is_good_until_it_is_revoked(desk: Desk) -> None:
    owner, eve = bearer(await desk.user()), bearer(await desk.user())
    made = (await generate(desk, owner)).json()
    key, place = bearer(made["data"]["api_key"]), f"{AUTH}/keys/{made['data']['id']}"

    before = await desk.client.get("/api/v1/files", headers=key)
    not_hers = await desk.client.delete(place, headers=eve)
    revoked = await desk.client.delete(place, headers=owner)
    again = await desk.client.delete(place, headers=owner)
    after = await desk.client.get("/api/v1/files", headers=key)

    assert made["message"] == "API key generated successfully"
    assert (before.status_code, after.status_code) == (200, 401)
    assert (not_hers.status_code, again.status_code) == (404, 404)
    assert (revoked.json()["data"], revoked.json()["message"]) == (
        {"id": made["data"]["id"], "status": "revoked"},
        "API key revoked successfully",
    )
    assert (await desk.client.get(f"{AUTH}/keys", headers=owner)).json()["data"]["items"] == []


async def test_a_key_does_what_it_was_made_for_and_makes_no_keys(desk: Desk) -> None:
    owner = bearer(await desk.user())
    key = bearer((await generate(desk, owner, permissions=["export"])).json()["data"]["api_key"])

    reading = await desk.client.get("/api/v1/files", headers=key)
    writing = await desk.client.put("/api/v1/files/a", headers=key, content=b"a")
    keys = [await generate(desk, key), await desk.client.get(f"{AUTH}/keys", headers=key)]

    assert reading.status_code == 200
    for refused in (writing, *keys):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "AUTHORIZATION_ERROR")
    assert "'write'" in writing.json()["error"]["message"]


async def test_no_key_of_this_face_is_an_operator_s(desk: Desk) -> None:
    admin = await desk.admin()
    made = await desk.client.post("/auth/api-keys", headers=admin, json={"name": "admin-key", "scopes": ["admin"]})

    refused = await generate(desk, bearer(made.json()["key"]), permissions=["admin"])
    given = await generate(desk, bearer(made.json()["key"]))

    assert (refused.status_code, given.status_code) == (422, 201)


@pytest.mark.parametrize(
    ("sent", "status", "code", "field"),
    [
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "BAD_REQUEST", "body"),
        ({"content": b"a: 1", "headers": {"content-type": "application/yaml"}}, 400, "BAD_REQUEST", "Content-Type"),
        ({"json": {"name": "a", "permission": ["train"]}}, 422, "VALIDATION_ERROR", "permissions"),
        ({"json": {"name": "a", "permissions": []}}, 422, "VALIDATION_ERROR", "permissions"),
        ({"json": {"name": "", "permissions": ["train"]}}, 422, "VALIDATION_ERROR", "name"),
    ],
)
async def test_what_cannot_be_read_is_400_and_what_cannot_be_used_is_422(
    desk: Desk, sent: dict[str, Any], status: int, code: str, field: str
) -> None:
    headers = bearer(await desk.user()) | sent.get("headers", {}) | {"x-correlation-id": "req-42"}

    refused = await desk.client.post(f"{AUTH}/generate-key", **(sent | {"headers": headers}))

    body = refused.json()
    assert (refused.status_code, body["success"], body["error"]["code"], body["correlation_id"]) == (status, False, code, "req-42")
    assert field in body["error"]["details"]["fields"]
    assert body["error"]["details"]["issue"]
    assert body["timestamp"].endswith("Z")


async def test_keys_are_listed_in_parts(desk: Desk) -> None:
    owner = bearer(await desk.user())
    made = [(await generate(desk, owner, name=f"key {number}")).json()["data"]["id"] for number in range(3)]

    first = (await desk.client.get(f"{AUTH}/keys?limit=2", headers=owner)).json()["data"]
    second = (await desk.client.get(f"{AUTH}/keys?limit=2&offset=2", headers=owner)).json()["data"]

    assert [each["id"] for each in (*first["items"], *second["items"])] == made
    assert (first["pagination"]["total"], first["pagination"]["has_next"], second["pagination"]["has_next"]) == (3, True, False)
