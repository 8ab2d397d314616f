"""Promotions in the registry: gates, approvals, rollbacks, several at once."""

import asyncio

import pytest

from services.gateway.domain.accounts.account import Role
from tests.gateway.studio.registering import ask, promote, registered, stages, statuses, told, trained
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_gate_refuses_with_the_numbers_that_fail_in_every_face(studio: World, ada: User) -> None:
    good, bad = await trained(studio, ada, sharpe=0.5, accuracy=0.6), await trained(studio, ada, sharpe=0.4, accuracy=0.7)
    await registered(ada, "gated", good)
    await registered(ada, "gated", bad)
    least = {"metric": "accuracy", "op": ">=", "value": 0.55}
    better = {"metric": "sharpe_ratio", "op": ">", "against": "production", "margin": 0.1}

    gate = await told(ada, "PUT", "/gated/gate", {"rules": [least, better]})
    first = await promote(ada, "gated", 1)
    refused = await ask(ada, "PATCH", "/gated/versions/2", {"status": "production", "comment": "Please"})
    elsewhere = await ada.call("PATCH", f"/models/{bad}/versions/1.0/", {"stage": "production"})
    staged = await promote(ada, "gated", 2, "staging")
    findings = (await told(ada, "GET", "/gated/versions/2"))["gate"]
    history = await told(ada, "GET", "/gated/versions/2/history")
    await told(ada, "PUT", "/gated/gate", {"rules": [least]})

    assert gate["rules"][1] == better | {"value": None}
    assert (first.status_code, refused.status_code, elsewhere.status_code, staged.status_code) == (200, 409, 409, 200)
    failing = ["sharpe_ratio is 0.4: must be > 0.6 (production's, by the margin)."]
    assert refused.json()["error"]["details"] == elsewhere.json()["error"]["details"] == {"failing": failing}
    assert [(each["before"], each["after"]) for each in history["changes"]] == [("registered", "staging"), (None, "registered")]
    assert [(each["before"], each["wanted"], each["by"][:5]) for each in history["refused"]] == [("registered", "production", "user-")] * 2
    assert [each["comment"] for each in history["refused"]] == ["", "Please"]
    assert [[(rule["metric"], rule["needed"], rule["actual"]) for rule in each["failing"]] for each in history["refused"]] == [
        [("sharpe_ratio", 0.6, 0.4)]
    ] * 2
    assert [(each["metric"], each["needed"], each["actual"], each["passed"]) for each in findings] == [
        ("accuracy", 0.55, 0.7, True),
        ("sharpe_ratio", 0.6, 0.4, False),
    ]
    assert (await promote(ada, "gated", 2)).json()["status"] == "production"


async def test_an_admin_agrees_to_a_promotion_or_not(studio: World, ada: User, eve: User) -> None:
    root, model_id = await studio.user(role=Role.ADMIN), await trained(studio, ada)
    await registered(ada, "watched", model_id)
    await told(ada, "PUT", "/watched/gate", {"approval": "admin"})
    path = f"/admin/registry/{ada.account_id}/watched/versions/1"

    early = await root.http.post(f"{path}/approve", json={})
    asked = [await promote(ada, "watched", 1) for _ in range(2)]
    elsewhere = await ada.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": "production"})
    waiting = (await root.http.get("/admin/registry?limit=100")).json()["versions"]
    declined = await root.http.post(f"{path}/decline", json={"note": "Not before the report."})
    shown = await told(ada, "GET", "/watched/versions/1")
    await promote(ada, "watched", 1)
    approved = await root.http.post(f"{path}/approve", json={"note": "Go."})

    assert (early.status_code, [each.status_code for each in asked], elsewhere.status_code) == (409, [200, 200], 409)
    assert {(each.json()["status"], each.json()["approval"]) for each in asked} == {("registered", "pending_approval")}
    assert [each["version"]["model_id"] for each in waiting if each["account_id"] == ada.account_id] == [model_id]
    assert (declined.status_code, shown["approval"], shown["approval_note"]) == (200, "declined", "Not before the report.")
    assert (approved.status_code, approved.json()["status"], approved.json()["approval"]) == (200, "production", "approved")
    assert await stages(ada, model_id) == ["production"]
    assert (await eve.http.post(f"{path}/approve", json={})).status_code == 403


async def test_an_approval_is_for_one_promotion_and_cannot_be_passed_by(studio: World, ada: User) -> None:
    root, first, other = await studio.user(role=Role.ADMIN), await trained(studio, ada), await trained(studio, ada)
    await registered(ada, "held", first)
    await promote(ada, "held", 1)
    await told(ada, "PUT", "/held/gate", {"approval": "admin"})
    path = f"/admin/registry/{ada.account_id}/held"
    # Nobody is asked for a model without a name; under this one it would be in production at once.
    await ada.call("PATCH", f"/models/{other}/versions/1.0/", {"stage": "production"})
    bypassed = await ask(ada, "POST", "/held/versions", {"model_id": other})
    await ada.call("PATCH", f"/models/{other}/versions/1.0/", {"stage": "none"})
    await registered(ada, "held", other)

    waiting = await promote(ada, "held", 2)
    loosened = await ask(ada, "PUT", "/held/gate", {"approval": "none"})
    put_away = await promote(ada, "held", 2, "archived")
    late = await root.http.post(f"{path}/versions/2/approve", json={})
    await promote(ada, "held", 2)
    approved = await root.http.post(f"{path}/versions/2/approve", json={})
    await ask(ada, "POST", "/held/rollback")
    elsewhere = await ada.call("PATCH", f"/models/{other}/versions/1.0/", {"stage": "production"})
    again = await promote(ada, "held", 2)
    released = await root.http.post(f"{path}/gate/release", json={})
    shown = await told(ada, "GET", "/held/versions/2")
    refusals = (await told(ada, "GET", "/held/versions/2/history"))["refused"]

    assert (bypassed.status_code, bypassed.json()["error"]["details"]) == (409, {"approval": ["pending_approval"]})
    assert (waiting.json()["approval"], loosened.status_code) == ("pending_approval", 403)
    assert (put_away.json()["status"], put_away.json()["approval"], late.status_code) == ("archived", "none", 409)
    assert (approved.json()["status"], approved.json()["approval"], elsewhere.status_code) == ("production", "approved", 409)
    assert (again.json()["status"], again.json()["approval"]) == ("archived", "pending_approval")
    # The newest first; the older one is of the registration, which left no version behind.
    assert [(each["before"], each["wanted"], each["failing"], "An admin has to agree" in each["message"]) for each in refusals] == [
        ("archived", "production", [], True),
        (None, "production", [], True),
    ]
    assert (refusals[1]["reasons"].keys(), "it is not registered as 'held'" in refusals[1]["message"]) == ({"before"}, True)
    assert (released.json()["approval"], shown["approval"]) == ("none", "none")
    assert (await promote(ada, "held", 2)).json()["status"] == "production"


async def test_a_registration_and_a_rollback_that_are_sent_again_are_one(studio: World, ada: User) -> None:
    models = [await trained(studio, ada) for _ in range(3)]
    body, key = {"model_id": models[0]}, {"Idempotency-Key": "first"}
    made = [await ask(ada, "POST", "/once/versions", body, **key) for _ in range(2)]
    for model_id in models[1:]:
        await registered(ada, "once", model_id)
    for version in (1, 2, 3):
        await promote(ada, "once", version)
    back = [await ask(ada, "POST", "/once/rollback", None, **{"Idempotency-Key": "back"}) for _ in range(2)]

    assert [(each.status_code, each.json()["version"]) for each in made] == [(201, 1)] * 2
    assert [each.json()["version"] for each in back] == [2, 2]
    assert await statuses(ada, "once") == ["archived", "production", "archived"]


async def test_a_rollback_puts_what_was_there_before_into_production_again_and_again(studio: World, ada: User) -> None:
    models = [await trained(studio, ada) for _ in range(3)]
    for model_id in models:
        await registered(ada, "back", model_id)
    early = await ask(ada, "POST", "/back/rollback")
    for version in (1, 2, 3):
        await promote(ada, "back", version)
    # What could not pass a gate today served before.
    await told(ada, "PUT", "/back/gate", {"rules": [{"metric": "accuracy", "op": ">=", "value": 0.99}], "approval": "admin"})

    back = [await ask(ada, "POST", "/back/rollback") for _ in range(3)]

    assert (early.status_code, [each.status_code for each in back]) == (409, [200, 200, 409])
    assert [each.json()["version"] for each in back[:2]] == [2, 1]
    assert await statuses(ada, "back") == ["production", "archived", "archived"]
    assert [(await stages(ada, model_id))[0] for model_id in models] == ["production", "none", "none"]


async def test_of_promotions_at_once_one_stands_in_every_face(studio: World, ada: User) -> None:
    one, other = await trained(studio, ada), await trained(studio, ada)
    await trained(studio, ada, model_id=one)
    await registered(ada, "race", one, model_version="1.0")
    await registered(ada, "race", one)
    await registered(ada, "race", other)
    there = studio.at_the_other(ada)

    await asyncio.gather(*(promote(user, "race", version) for version in (1, 2, 3) for user in (ada, there)))

    async def settled() -> bool:
        found = await told(ada, "GET", "/race")
        in_stage = {model_id: await stages(ada, model_id) for model_id in (one, other)}
        serving = [
            (model_id, f"1.{number}") for model_id, all_ in in_stage.items() for number, stage in enumerate(all_) if stage == "production"
        ]
        return (await statuses(ada, "race")).count("production") == 1 and serving == [(found["model_id"], found["model_version"])]

    await until(settled, what="one version in production, here and in AI Studio")
