"""The registry: versions of models by name, promoted through a gate, and what every other face serves then."""

from itertools import groupby

import pytest

from libs.contracts.gateway import ModelStaged
from libs.contracts.registry import RegistryChanged
from services.gateway.domain.accounts.account import Tier
from tests.faces.shapes import differences
from tests.gateway.studio.registering import ask, promote, registered, stages, statuses, told, trained
from tests.gateway.studio.subscribers import predict
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_name_begins_with_its_first_version_and_each_has_what_the_document_shows(studio: World, ada: User) -> None:
    first, second = await trained(studio, ada), await trained(studio, ada, accuracy=0.6)
    body = {"description": "Improved", "metrics": {"accuracy": 0.85, "mse": 0.023}, "tags": ["production-ready", "production-ready"]}
    one = await registered(ada, "Predictor", first, **body)
    two = await registered(ada, "Predictor", second)
    promoted = await told(ada, "PATCH", "/Predictor/versions/2", {"status": "production", "comment": "Lower drawdown"})
    history = await told(ada, "GET", "/Predictor/versions/2/history?limit=1")
    listed = await told(ada, "GET", "/Predictor/versions")
    named = await told(ada, "GET", "?limit=10")
    found = [(await told(ada, "GET", f"?search={part}"))["total"] for part in ("EDICT", "predictors", "%5E")]
    too_long = await told(ada, "GET", f"?search={'n' * 101}", status=422)
    unseen = await told(ada, "GET", "?search=%00", status=422)
    beyond = await told(ada, "GET", "/Predictor/versions?limit=1&offset=1&status=registered")
    older = await told(ada, "GET", "/Predictor/versions?limit=1&offset=1")

    shown = {"model_name": "Predictor", "version": 1, "model_id": first, "status": "registered", "created_at": "", "description": ""}
    assert list(differences({**shown, "metrics": {"accuracy": 0.85}, "tags": [""]}, one)) == []
    assert (one["version"], one["status"], one["reported"], one["tags"]) == (1, "registered", body["metrics"], ["production-ready"])
    assert (one["lineage"]["parent"], one["lineage"]["config_hash"], one["metrics"]["accuracy"]) == (None, "c" * 64, 0.5)
    assert (one["metrics"]["mse"], one["reasons"].keys()) == (None, {"metrics.mse", "metrics.mae"})
    assert (two["version"], two["model_version"], two["lineage"]["job_id"][:4]) == (2, "1.0", "job_")
    assert (promoted["status"], promoted["updated_at"] > two["updated_at"]) == ("production", True)
    assert [(each["version"], each["status"]) for each in listed["versions"]] == [(2, "production"), (1, "registered")]
    assert [(each["model_name"], each["production"], each["model_id"]) for each in named["models"]] == [("Predictor", 2, two["model_id"])]
    assert (found, list(too_long["error"]["details"]), list(unseen["error"]["details"])) == ([1, 0, 0], ["search"], ["search"])
    (change,) = history["changes"]
    assert (change["before"], change["after"], change["comment"]) == ("registered", "production", "Lower drawdown")
    assert (change["by"][:5], history["total"]) == ("user-", 2)
    assert ([each["version"] for each in older["versions"]], older["total"], older["offset"]) == ([1], 2, 1)
    assert (beyond["versions"], beyond["total"]) == ([], 1)
    assert older["versions"][0] == one | {"updated_at": older["versions"][0]["updated_at"]}


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
    told_stages = [ModelStaged.model_validate_json(each["body"]) for each in await studio.told(ModelStaged.topic, key=other, count=2)]

    def in_production() -> list[int | None]:
        changes = [
            RegistryChanged.model_validate_json(each["body"]) for each in studio.broker.events if each["topic"] == RegistryChanged.topic
        ]
        return [number for number, _ in groupby(each.production for each in changes if each.account_id == ada.account_id)]

    async def last_is_told() -> bool:
        return in_production()[-2:] == [3, 1]

    await until(last_is_told, what="the last promotion to be told")

    assert served == [
        (1, ["production", "none"], ["none"]),
        (2, ["archived", "production"], ["none"]),
        # A model needs a version that serves: of its only one, which was archived here, nothing is in production there.
        (3, ["archived", "none"], ["production"]),
        (1, ["production", "none"], ["none"]),
    ]
    assert await statuses(ada, "desk") == ["production", "archived", "archived"]
    assert answered == "1.0"
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
    worse = {"metric": "mae", "op": ">=", "against": "production"}

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
        "worse": await ask(ada, "PUT", "/strict/gate", {"rules": [worse]}),
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
    assert "mae is better the lower it is" in said["worse"]


async def test_registered_versions_stay_when_their_model_is_trained_on_and_only_so_many(studio: World) -> None:
    free = await studio.user(Tier.FREE)
    model_id = await trained(studio, free)
    await registered(free, "kept", model_id)
    for _ in range(10):
        await trained(studio, free, model_id=model_id)

    versions = [each["version"] for each in (await free.get(f"/models/{model_id}/"))["versions"]]

    assert versions == ["1.0", *(f"1.{number}" for number in range(1, 11))]
    assert (await promote(free, "kept", 1)).json()["status"] == "production"
