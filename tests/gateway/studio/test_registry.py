"""The registry: versions of models by name, promoted through a gate, and what every other face serves then."""

import asyncio
from typing import Any

import httpx
import pytest

from libs.contracts.gateway import ModelStaged
from libs.contracts.registry import RegistryChanged
from services.gateway.domain.accounts.account import Role, Tier
from tests.faces.shapes import differences
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.subscribers import predict
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
REGISTRY = "/v1/ai/registry"


async def ask(user: User, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    return await user.http.request(method, f"{REGISTRY}{path}", json=body, headers=headers)


async def told(user: User, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await ask(user, method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def trained(studio: World, user: User, *, accuracy: float = 0.5, model_id: str | None = None, sharpe: float = 0.3) -> str:
    """Return a model with one more version, which has these metrics."""
    model_id = model_id or await user.make_model()
    job_id = await user.train(model_id)
    result = measured(accuracy=accuracy)
    more = {"metrics": result.metrics | {"sharpe_ratio": sharpe}, "run_card": result.run_card | {"config_hash": "c" * 64}}
    await studio.training.complete(job_id, result=result.model_copy(update=more))
    await user.job_is(job_id, "COMPLETED")
    return model_id


async def registered(user: User, name: str, model_id: str, **more: Any) -> Any:
    return await told(user, "POST", f"/{name}/versions", {"model_id": model_id, **more}, status=201)


async def promote(user: User, name: str, version: int, status: str = "production") -> httpx.Response:
    return await ask(user, "PATCH", f"/{name}/versions/{version}", {"status": status})


async def statuses(user: User, name: str) -> list[str]:
    return [each["status"] for each in reversed((await told(user, "GET", f"/{name}/versions"))["versions"])]


async def stages(user: User, model_id: str) -> list[str]:
    return [each["stage"] for each in (await user.get(f"/models/{model_id}/"))["versions"]]


async def test_a_name_begins_with_its_first_version_and_each_has_what_the_document_shows(studio: World, ada: User) -> None:
    first, second = await trained(studio, ada), await trained(studio, ada, accuracy=0.6)
    body = {"description": "Improved", "metrics": {"accuracy": 0.85, "mse": 0.023}, "tags": ["production-ready", "production-ready"]}
    one = await registered(ada, "Predictor", first, **body)
    two = await registered(ada, "Predictor", second)
    promoted = await told(ada, "PATCH", "/Predictor/versions/2", {"status": "production"})
    listed = await told(ada, "GET", "/Predictor/versions")
    named = await told(ada, "GET", "?limit=10")

    shown = {"model_name": "Predictor", "version": 1, "model_id": first, "status": "registered", "created_at": "", "description": ""}
    assert list(differences({**shown, "metrics": {"accuracy": 0.85}, "tags": [""]}, one)) == []
    assert (one["version"], one["status"], one["reported"], one["tags"]) == (1, "registered", body["metrics"], ["production-ready"])
    assert (one["lineage"]["parent"], one["lineage"]["config_hash"], one["metrics"]["accuracy"]) == (None, "c" * 64, 0.5)
    assert (one["metrics"]["mse"], one["reasons"].keys()) == (None, {"metrics.mse", "metrics.mae"})
    assert (two["version"], two["model_version"], two["lineage"]["job_id"][:4]) == (2, "1.0", "job_")
    assert (promoted["status"], promoted["updated_at"] > two["updated_at"]) == ("production", True)
    assert [(each["version"], each["status"]) for each in listed["versions"]] == [(2, "production"), (1, "registered")]
    assert [(each["model_name"], each["production"], each["model_id"]) for each in named["models"]] == [("Predictor", 2, second)]


async def test_what_is_in_production_here_serves_in_every_face_and_what_was_is_archived(studio: World, ada: User) -> None:
    one = await trained(studio, ada)
    await trained(studio, ada, model_id=one)
    other = await trained(studio, ada)
    await registered(ada, "desk", one, model_version="1.0")
    await registered(ada, "desk", one)
    await registered(ada, "desk", other)

    served = []
    for version in (1, 2, 3, 1):
        assert (await promote(ada, "desk", version)).status_code == 200
        served.append(((await statuses(ada, "desk")).index("production") + 1, await stages(ada, one), await stages(ada, other)))
    answered = (await predict(ada, one)).json()["model_version"]
    changes = [RegistryChanged.model_validate_json(each["body"]) for each in studio.broker.events if each["topic"] == RegistryChanged.topic]

    assert served == [
        (1, ["production", "none"], ["none"]),
        (2, ["archived", "production"], ["none"]),
        # A model needs a version that serves: of its only one, which was archived here, nothing is in production there.
        (3, ["archived", "none"], ["production"]),
        (1, ["production", "none"], ["none"]),
    ]
    assert await statuses(ada, "desk") == ["production", "archived", "archived"]
    assert answered == "1.0"
    assert [each.production for each in changes if each.account_id == ada.account_id][-1] == 1
    told_stages = [ModelStaged.model_validate_json(each["body"]) for each in studio.events(ModelStaged.topic, key=other)]
    assert [each.versions[0].stage for each in told_stages] == ["production", "none"]


async def test_a_stage_that_another_face_gives_is_the_status_here(studio: World, ada: User) -> None:
    one, other = await trained(studio, ada), await trained(studio, ada)
    await registered(ada, "mirror", one)
    await registered(ada, "mirror", other)
    put = [(one, "staging"), (one, "production"), (other, "production"), (other, "none"), (other, "staging")]

    seen = []
    for model_id, stage in put:
        assert (await ada.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": stage})).status_code == 200
        seen.append(await statuses(ada, "mirror"))
    await ada.call("POST", f"/models/{other}/archive/")

    async def archived() -> bool:
        return await statuses(ada, "mirror") == ["archived", "archived"]

    await until(archived, what="the version of the model that was put away archived")
    assert seen == [
        ["staging", "registered"],
        ["production", "registered"],
        ["archived", "production"],
        ["archived", "archived"],
        ["archived", "staging"],
    ]
    assert await stages(ada, one) == ["none"]


async def test_a_gate_refuses_with_the_numbers_that_fail_in_every_face(studio: World, ada: User) -> None:
    good, bad = await trained(studio, ada, sharpe=0.5, accuracy=0.6), await trained(studio, ada, sharpe=0.4, accuracy=0.7)
    await registered(ada, "gated", good)
    await registered(ada, "gated", bad)
    least = {"metric": "accuracy", "op": ">=", "value": 0.55}
    better = {"metric": "sharpe_ratio", "op": ">", "against": "production", "margin": 0.1}

    gate = await told(ada, "PUT", "/gated/gate", {"rules": [least, better]})
    first = await promote(ada, "gated", 1)
    refused = await promote(ada, "gated", 2)
    elsewhere = await ada.call("PATCH", f"/models/{bad}/versions/1.0/", {"stage": "production"})
    staged = await promote(ada, "gated", 2, "staging")
    findings = (await told(ada, "GET", "/gated/versions/2"))["gate"]
    await told(ada, "PUT", "/gated/gate", {"rules": [least]})

    assert gate["rules"][1] == better | {"value": None}
    assert (first.status_code, refused.status_code, elsewhere.status_code, staged.status_code) == (200, 409, 409, 200)
    failing = ["sharpe_ratio is 0.4: must be > 0.6 (production's, by the margin)."]
    assert refused.json()["error"]["details"] == elsewhere.json()["error"]["details"] == {"failing": failing}
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


async def test_aliases_comparison_and_card_tell_what_is_kept(studio: World, ada: User) -> None:
    one = await trained(studio, ada, accuracy=0.5)
    other = await trained(studio, ada, accuracy=0.6)
    await registered(ada, "told", one, description="A | B <b>", metrics={"accuracy": 0.9})
    await registered(ada, "told", other)

    pointed = await told(ada, "PUT", "/told/aliases/champion", {"version": 1})
    moved = await told(ada, "PUT", "/told/aliases/champion", {"version": 2})
    gone = await told(ada, "DELETE", "/told/aliases/champion")
    changed = await told(ada, "PATCH", "/told/versions/2", {"tags": ["new"], "description": ""})
    compared = await told(ada, "GET", "/told/compare?a=1&b=2")
    markdown, page = await ask(ada, "GET", "/told/versions/1/card"), await ask(ada, "GET", "/told/versions/1/card", Accept="text/html")

    assert [each["aliases"] for each in (pointed, moved, gone)] == [{"champion": 1}, {"champion": 2}, {}]
    assert (changed["tags"], changed["status"]) == (["new"], "registered")
    pairs = {each["metric"]: each for each in compared["metrics"]}
    assert (pairs["accuracy"]["better"], round(pairs["accuracy"]["difference"], 6), pairs["log_loss"]["better"]) == ("b", 0.1, None)
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.text.startswith("# told, version 1\n\nA \\| B \\<b\\>\n")
    assert all(word in markdown.text for word in ("## Reported", "RANDOM_FOREST", "rsi_14", "bokeh-sampledata", "c" * 64))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "A | B &lt;b&gt;" in page.text
    assert "<script" not in page.text


async def test_what_is_not_as_it_must_be_is_refused_with_the_nearest_that_is(studio: World, ada: User, eve: User) -> None:
    model_id, draft = await trained(studio, ada), await ada.make_model()
    await registered(ada, "strict", model_id)
    rule = {"metric": "sharp_ratio", "op": ">=", "value": 1}

    answers = {
        "twice": await ask(ada, "POST", "/strict/versions", {"model_id": model_id}),
        "second name": await ask(ada, "POST", "/other/versions", {"model_id": model_id}),
        "untrained": await ask(ada, "POST", "/strict/versions", {"model_id": draft}),
        "another's model": await ask(eve, "POST", "/strict/versions", {"model_id": model_id}),
        "another's name": await ask(eve, "GET", "/strict/versions"),
        "no such name": await ask(ada, "GET", "/strikt"),
        "no such version": await promote(ada, "strict", 7),
        "no such status": await promote(ada, "strict", 1, "prodution"),
        "no such metric": await ask(ada, "PUT", "/strict/gate", {"rules": [rule]}),
        "no such alias": await ask(ada, "DELETE", "/strict/aliases/champion"),
        "no alias": await ask(ada, "PUT", "/strict/aliases/production", {"version": 1}),
        "no name": await ask(ada, "POST", "/-a b/versions", {"model_id": model_id}),
        "nothing": await ask(ada, "PATCH", "/strict/versions/1", {}),
        "in production": None,
    }
    await promote(ada, "strict", 1)
    answers["in production"] = await ada.http.delete(f"/v1/ai/models/{model_id}")

    codes = {name: answer.status_code for name, answer in answers.items() if answer is not None}
    conflicts = {"twice", "second name", "untrained", "in production"}
    missing = {"another's model", "another's name", "no such name", "no such version", "no such alias"}
    assert {name for name, code in codes.items() if code == 409} == conflicts
    assert {name for name, code in codes.items() if code == 404} == missing
    assert {name for name, code in codes.items() if code == 422} == set(answers) - conflicts - missing
    said = {name: answer.text for name, answer in answers.items() if answer is not None}
    assert "Did you mean 'strict'?" in said["no such name"]
    assert "Did you mean 'production'?" in said["no such status"]
    assert "Did you mean 'sharpe_ratio'?" in said["no such metric"]


async def test_registered_versions_stay_when_their_model_is_trained_on_and_only_so_many(studio: World) -> None:
    free = await studio.user(Tier.FREE)
    model_id = await trained(studio, free)
    await registered(free, "kept", model_id)
    for _ in range(10):
        await trained(studio, free, model_id=model_id)

    versions = [each["version"] for each in (await free.get(f"/models/{model_id}/"))["versions"]]

    assert versions == ["1.0", *(f"1.{number}" for number in range(1, 11))]
    assert (await promote(free, "kept", 1)).json()["status"] == "production"
