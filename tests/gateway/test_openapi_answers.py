"""Answers are as the OpenAPI document has them: about accounts, to operators, to anybody."""

import httpx
import pytest

from libs.contracts.example_fleet import PROCESS
from libs.contracts.monitoring import HealthChanged
from tests.gateway.conftest import PASSWORD, Desk, bearer, fresh
from tests.gateway.document import Document
from tests.gateway.test_admin import letter
from tests.gateway.test_openapi import document
from tests.waiting import until

__all__ = ["document"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_answers_about_accounts_are_as_documented(desk: Desk, document: Document) -> None:
    name, http = fresh("ada"), desk.client
    registered = await desk.register(name)
    logged_in = await desk.log_in(name)
    headers = bearer(logged_in.json())
    made = await http.post("/auth/api-keys", headers=headers, json={"name": "nightly", "scopes": ["read"]})
    assert made.status_code == 201
    answers = [
        registered,
        logged_in,
        made,
        await desk.register(name),
        await http.post("/auth/register", json={"username": ""}),
        await desk.log_in(name, "wrong"),
        await desk.refresh("mbr_nonsense"),
        await http.get("/auth/me", headers=headers),
        await http.get("/auth/me"),
        await http.get("/auth/api-keys", headers=headers),
        await http.get("/auth/api-keys", headers=bearer(made.json()["key"])),
        await http.post("/auth/api-keys", headers=headers, json={"name": "x", "scopes": ["fly"]}),
        await http.delete(f"/auth/api-keys/{made.json()['id']}", headers=headers),
        await http.delete("/auth/api-keys/key_x", headers=headers),
        await http.post("/auth/password", headers=headers, json={"current_password": "wrong", "new_password": "three-deaf-mice"}),
        await http.post("/auth/password", headers=headers, json={"current_password": PASSWORD, "new_password": "three-deaf-mice"}),
        await http.post("/auth/logout", headers=headers),
        await http.post("/auth/logout"),
    ]

    assert {answer.status_code for answer in answers} == {200, 201, 204, 400, 401, 403, 404, 409}
    assert misfits(document, answers) == []


async def test_answers_to_operators_are_as_documented(desk: Desk, document: Document) -> None:
    headers, http, name = await desk.admin(), desk.client, fresh("marketplace")
    me = (await http.get("/auth/me", headers=headers)).json()
    await desk.gateway.stores.letters.keep(letter(name))
    await desk.chassis.bus.publish(
        HealthChanged(sequence=1, service="training", instance=fresh("training"), health="healthy", reason="it beats", process=PROCESS)
    )

    async def told() -> bool:
        return (await http.get("/admin/fleet", headers=headers)).json()["count"] > 0

    await until(told)
    answers = [
        await http.get("/admin/accounts", headers=headers),
        await http.get("/admin/accounts?page=0", headers=headers),
        await http.patch(f"/admin/accounts/{me['id']}", headers=headers, json={"tier": "pro"}),
        await http.patch("/admin/accounts/account_x", headers=headers, json={"tier": "pro"}),
        await http.patch("/admin/accounts/account_x", headers=headers, json={"tier": "gold"}),
        await http.get("/admin/fleet", headers=headers),
        await http.get("/admin/platform", headers=headers),
        await http.get("/admin/fleet", headers=bearer(await desk.user())),
        await http.get("/admin/dead", headers=headers),
        await http.get(f"/admin/dead/{name}", headers=headers),
        await http.get("/admin/dead/x", headers=headers),
        await http.post(f"/admin/dead/{name}/replay", headers=headers),
        await http.delete(f"/admin/dead/{name}", headers=headers),
    ]

    assert {answer.status_code for answer in answers} == {200, 204, 400, 403, 404, 503}
    assert misfits(document, answers) == []


async def test_answers_to_anybody_are_as_documented(desk: Desk, document: Document) -> None:
    paths = ("/livez", "/readyz", "/metrics", "/asyncapi", "/asyncapi.json")

    assert misfits(document, [await desk.client.get(path) for path in paths]) == []


def misfits(document: Document, answers: list[httpx.Response]) -> list[str]:
    """Return what of these answers is not documented."""
    return [misfit for answer in answers for misfit in document.misfits(answer)]
