"""Stories of API keys: shown once, scoped, expiring, revoked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from libs.contracts.envelope import now
from tests.gateway.conftest import PASSWORD, Desk, bearer, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def make_key(desk: Desk, headers: dict[str, str], **fields: Any) -> dict[str, Any]:
    made = await desk.client.post("/auth/api-keys", headers=headers, json={"name": "nightly"} | fields)
    assert made.status_code == 201, made.text
    return made.json()


async def test_a_key_is_shown_once_and_stored_hashed(desk: Desk) -> None:
    headers = bearer(await desk.user())

    made = await make_key(desk, headers, scopes=["read"])
    listed = (await desk.client.get("/auth/api-keys", headers=headers)).json()
    stored = [document async for document in desk.chassis.database["api_keys"].find({"_id": made["id"]})]

    assert made["key"].startswith(made["prefix"])
    assert [key["id"] for key in listed] == [made["id"]]
    assert listed[0]["key"] is None
    assert made["key"] not in str(stored)


async def test_a_key_does_what_its_scopes_say_and_nothing_else(desk: Desk) -> None:
    owner = bearer(await desk.user())
    key = bearer((await make_key(desk, owner, scopes=["read"]))["key"])

    reading = await desk.client.get("/api/ai-studio/models/", headers=key)
    writing = await desk.client.post("/api/ai-studio/models/", headers=key, json={})
    making_keys = await desk.client.post("/auth/api-keys", headers=key, json={"name": "child"})
    new_password = await desk.client.post("/auth/password", headers=key, json={"current_password": PASSWORD, "new_password": "x" * 9})

    assert reading.status_code == 200
    assert [answer.status_code for answer in (writing, making_keys, new_password)] == [403, 403, 403]
    assert writing.json()["error"]["code"] == "PERMISSION_DENIED"


async def test_a_revoked_key_is_refused(desk: Desk) -> None:
    owner = bearer(await desk.user())
    made = await make_key(desk, owner)

    before = await desk.client.get("/auth/me", headers=bearer(made["key"]))
    gone = await desk.client.delete(f"/auth/api-keys/{made['id']}", headers=owner)
    after = await desk.client.get("/auth/me", headers=bearer(made["key"]))

    assert (before.status_code, gone.status_code, after.status_code) == (200, 204, 401)


async def test_an_expired_key_is_refused(desk: Desk) -> None:
    owner = bearer(await desk.user())
    made = await make_key(desk, owner, expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert (await desk.client.get("/auth/me", headers=bearer(made["key"]))).status_code == 200

    await desk.chassis.database["api_keys"].update_one({"_id": made["id"]}, {"$set": {"expires_at": now()}})

    assert (await desk.client.get("/auth/me", headers=bearer(made["key"]))).status_code == 401


async def test_a_key_tells_when_it_was_used_last(desk: Desk) -> None:
    owner = bearer(await desk.user())
    made = await make_key(desk, owner)

    await desk.client.get("/auth/me", headers=bearer(made["key"]))

    (listed,) = (await desk.client.get("/auth/api-keys", headers=owner)).json()
    assert made["last_used_at"] is None
    assert datetime.now(UTC) - datetime.fromisoformat(listed["last_used_at"]) < timedelta(minutes=1)


async def test_nobody_sees_or_revokes_anothers_key(desk: Desk) -> None:
    mine, theirs = bearer(await desk.user()), bearer(await desk.user())
    made = await make_key(desk, mine)

    refused = await desk.client.delete(f"/auth/api-keys/{made['id']}", headers=theirs)

    assert refused.status_code == 404
    assert (await desk.client.get("/auth/api-keys", headers=theirs)).json() == []
    assert (await desk.client.get("/auth/me", headers=bearer(made["key"]))).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"scopes": ["raed"]}, "scopes", "read"),
        ({"scopes": ["account"]}, "scopes", "not one of"),
        ({"scopes": ["admin"]}, "scopes", "not one of"),
        ({"scopes": []}, "scopes", "at least one"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at", "future"),
        ({"expires_at": "2101-01-01T00:00:00"}, "expires_at", "timezone"),
        ({"expires_at": "tomorrow"}, "expires_at", "valid datetime"),
        ({"name": " "}, "name", "visible"),
        ({"name": "x" * 101}, "name", "100"),
        ({"nmae": "x"}, "nmae", "no such field"),
    ],
)
async def test_a_key_that_will_not_do_names_its_field(desk: Desk, fields: dict[str, Any], field: str, says: str) -> None:
    headers = bearer(await desk.user())

    refused = await desk.client.post("/auth/api-keys", headers=headers, json={"name": "nightly"} | fields)

    assert refused.status_code == 400
    assert says in refused.json()["error"]["details"][field][0]


async def test_a_key_of_somebody_who_is_no_longer_admin_is_no_admins_key(desk: Desk) -> None:
    boss, demoted = await desk.admin(), await desk.admin()
    key = bearer((await make_key(desk, demoted, scopes=["admin"]))["key"])
    assert (await desk.client.get("/admin/fleet", headers=key)).status_code == 200
    account = (await desk.client.get("/auth/me", headers=demoted)).json()["id"]

    await desk.client.patch(f"/admin/accounts/{account}", headers=boss, json={"role": "user"})

    assert (await desk.client.get("/admin/fleet", headers=key)).status_code == 403
    assert (await desk.client.get("/admin/fleet", headers=demoted)).status_code == 403


async def test_a_key_outlives_a_change_of_password(desk: Desk) -> None:
    name = fresh("ada")
    owner = bearer(await desk.user(name))
    made = await make_key(desk, owner)

    body = {"current_password": PASSWORD, "new_password": "four-calling-birds"}
    assert (await desk.client.post("/auth/password", headers=owner, json=body)).status_code == 200

    assert (await desk.client.get("/auth/me", headers=bearer(made["key"]))).status_code == 200


async def test_a_key_that_trains_reads_its_owners_models_and_jobs_and_nothing_else(desk: Desk) -> None:
    owner = bearer(await desk.user())
    key = bearer((await make_key(desk, owner, scopes=["train"]))["key"])

    seen = [(await desk.client.get(f"/api/ai-studio/{path}/", headers=key)).status_code for path in ("models", "training-jobs")]
    hidden = [
        (await desk.client.get(f"/api/ai-studio/{path}/", headers=key)).status_code
        for path in ("webhooks", "subscriptions", "marketplace", "compute/usage")
    ]

    assert (seen, hidden) == ([200, 200], [403, 403, 403, 403])


async def test_all_keys_are_revoked_at_once_and_nobody_elses(desk: Desk) -> None:
    owner, other = bearer(await desk.user()), bearer(await desk.user())
    keys = [bearer((await make_key(desk, owner))["key"]) for _ in range(2)]
    theirs = bearer((await make_key(desk, other))["key"])

    gone = await desk.client.delete("/auth/api-keys", headers=owner)

    assert (gone.status_code, gone.json()) == (200, {"revoked_api_keys": 2})
    assert [(await desk.client.get("/auth/me", headers=each)).status_code for each in (*keys, theirs)] == [401, 401, 200]


@pytest.mark.parametrize("revoke", [True, False])
async def test_a_change_of_password_says_which_keys_are_still_good(desk: Desk, revoke: bool) -> None:
    owner = bearer(await desk.user())
    made = await make_key(desk, owner)

    body = {"current_password": PASSWORD, "new_password": "four-calling-birds", "revoke_api_keys": revoke}
    changed = (await desk.client.post("/auth/password", headers=owner, json=body)).json()

    assert "Every other login has ended" in changed["message"]
    assert (changed["revoked_api_keys"], [key["id"] for key in changed["valid_api_keys"]]) == ((1, []) if revoke else (0, [made["id"]]))
    assert (await desk.client.get("/auth/me", headers=bearer(made["key"]))).status_code == (401 if revoke else 200)
