"""Stories of accounts that admins keep out, whose log-ins they end, and whose keys they revoke."""

from typing import Any

import pytest

from libs.contracts.ids import new_id
from tests.gateway.conftest import Desk, bearer, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def a_user(desk: Desk) -> tuple[str, str, dict[str, Any], str]:
    """Return somebody's name, account id, tokens and API key."""
    name = fresh("ada")
    tokens = await desk.user(name)
    account_id = (await desk.client.get("/auth/me", headers=bearer(tokens))).json()["id"]
    key = (await desk.client.post("/auth/api-keys", headers=bearer(tokens), json={"name": "nightly"})).json()["key"]
    return name, account_id, tokens, key


async def me(desk: Desk, credential: dict[str, Any] | str) -> int:
    return (await desk.client.get("/auth/me", headers=bearer(credential))).status_code


async def test_a_suspended_account_can_do_nothing_and_is_told_why(desk: Desk) -> None:
    admin, (name, account_id, tokens, key) = await desk.admin(), await a_user(desk)

    suspended = await desk.client.post(f"/admin/accounts/{account_id}/suspend", headers=admin)
    again = await desk.client.post(f"/admin/accounts/{account_id}/suspend", headers=admin)

    assert (suspended.status_code, suspended.json()["username"]) == (200, name)
    assert again.json()["suspended_at"] == suspended.json()["suspended_at"] is not None
    for credential in (tokens, key):
        refused = await desk.client.get("/auth/me", headers=bearer(credential))
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "ACCOUNT_SUSPENDED")
        studio = await desk.client.get("/api/ai-studio/models/", headers=bearer(credential))
        assert (studio.status_code, studio.json()["error"]["code"]) == (403, "ACCOUNT_SUSPENDED")
    right, wrong = await desk.log_in(name), await desk.log_in(name, "three-french-hens")
    assert (right.status_code, "suspended" in right.json()["error_description"]) == (400, True)
    assert (wrong.status_code, "suspended" in wrong.json()["error_description"]) == (400, False)
    assert (await desk.refresh(tokens["refresh_token"])).status_code == 400


async def test_a_resumed_account_logs_in_again_and_its_keys_are_good(desk: Desk) -> None:
    admin, (name, account_id, tokens, key) = await desk.admin(), await a_user(desk)
    await desk.client.post(f"/admin/accounts/{account_id}/suspend", headers=admin)

    resumed = await desk.client.post(f"/admin/accounts/{account_id}/resume", headers=admin)

    assert (resumed.status_code, resumed.json()["suspended_at"]) == (200, None)
    assert (await me(desk, tokens), await me(desk, key)) == (401, 200)
    assert (await desk.log_in(name)).status_code == 200


async def test_an_admin_ends_somebodys_log_ins_and_no_keys_or_keys_and_no_log_ins(desk: Desk) -> None:
    admin, (name, account_id, tokens, key) = await desk.admin(), await a_user(desk)

    ended = await desk.client.post(f"/admin/accounts/{account_id}/sessions/revoke", headers=admin)
    after_sessions = (await me(desk, tokens), await me(desk, key))
    fresh_tokens = (await desk.log_in(name)).json()
    revoked = await desk.client.post(f"/admin/accounts/{account_id}/keys/revoke", headers=admin)
    after_keys = (await me(desk, fresh_tokens), await me(desk, key))

    assert (ended.status_code, after_sessions) == (200, (401, 200))
    assert (revoked.json(), after_keys) == ({"revoked_api_keys": 1}, (200, 401))


async def test_nobody_is_suspended_who_is_not_there_or_who_asks(desk: Desk) -> None:
    admin = await desk.admin()
    own = (await desk.client.get("/auth/me", headers=admin)).json()["id"]

    answers = [
        await desk.client.post(f"/admin/accounts/{account}/{what}", headers=admin)
        for account, what in (
            ("account_x", "suspend"),
            ("account_x", "resume"),
            ("account_x", "sessions/revoke"),
            ("account_x", "keys/revoke"),
            (own, "suspend"),
        )
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 409]
    assert await me(desk, admin["authorization"].partition(" ")[2]) == 200


async def test_a_suspended_admin_is_no_admin_whom_the_platform_could_rely_on(desk: Desk) -> None:
    first, second = await desk.admin(), await desk.admin()
    own, other = [(await desk.client.get("/auth/me", headers=headers)).json()["id"] for headers in (first, second)]
    admins = (await desk.client.get("/admin/accounts?role=admin", headers=first)).json()["results"]
    for row in admins:
        if row["id"] != own:
            assert (await desk.client.post(f"/admin/accounts/{row['id']}/suspend", headers=first)).status_code == 200

    demoted = await desk.client.patch(f"/admin/accounts/{own}", headers=first, json={"role": "user"})

    assert (demoted.status_code, "last admin" in demoted.json()["error"]["message"]) == (409, True)
    assert (await desk.client.get("/admin/accounts", headers=second)).status_code == 403
    assert other in {row["id"] for row in admins}


async def test_what_admins_do_to_accounts_is_logged_with_who_did_it(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    admin, (_, account_id, _, _) = await desk.admin(), await a_user(desk)
    by, nobody = (await desk.client.get("/auth/me", headers=admin)).json()["id"], new_id("account")
    capsys.readouterr()

    await desk.client.post(f"/admin/accounts/{account_id}/suspend", headers=admin)
    await desk.client.post(f"/admin/accounts/{nobody}/suspend", headers=admin)

    done, failed = (line for line in capsys.readouterr().out.splitlines() if "admin action" in line)
    assert all(part in done for part in (account_id, by, "suspend", "done"))
    assert all(part in failed for part in (nobody, by, "account_not_found"))
