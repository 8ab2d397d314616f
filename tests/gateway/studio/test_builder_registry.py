"""The registry in MLflow's words: runs registered, promoted with a comment, listed in pages, had as archives, deleted."""

import asyncio
import hashlib
import io
import json
import tarfile
import zipfile
from functools import partial
from pathlib import Path

import pytest

from services.gateway.domain.accounts.account import Tier
from tests.client import forks
from tests.client.command import Command
from tests.gateway.studio import registering
from tests.gateway.studio.registered_texts import API, ask, begun, refused, trained
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
MODELS = "/registry/models"


async def register(user: User, run_id: str, name: str, **more: object) -> dict[str, object]:
    body = {"model_path": f"outputs/{run_id}/model", "run_id": run_id, "name": name, **more}
    return dict(await ask(user, "POST", "/registry/register", body, status=201))


async def stages(user: User, name: str) -> list[str]:
    rows = (await ask(user, "GET", f"{MODELS}?name={name}"))["items"]
    return [row["stage"] for row in reversed(rows)]


async def test_a_run_is_registered_as_the_document_shows_and_again_it_is_a_conflict(studio: World, ada: User) -> None:
    first, second = await trained(studio, ada), await trained(studio, ada)
    sent = {"description": "Crypto news", "tags": {"asset": "crypto", "news": ""}, "metadata": {"f1": 0.9, "desk": "news"}}

    made = await register(ada, first, "crypto", **sent)
    code, error = await refused(
        ada, "POST", "/registry/register", {"model_path": f"outputs/{first}/model", "run_id": first, "name": "crypto"}
    )
    other = await register(ada, second, "crypto", stage="None")
    info = await ask(ada, "GET", f"{MODELS}/crypto/versions/1")
    name = await ask(ada, "GET", f"{MODELS}/crypto")
    elsewhere = await registering.told(ada, "GET", "/crypto/versions/1")
    card = (await registering.ask(ada, "GET", "/crypto/versions/1/card")).text

    assert (made["model_name"], made["version"], made["stage"], made["model_uri"]) == ("crypto", 1, "Staging", "models:/crypto/1")
    assert (code, error["code"]) == (409, "RESOURCE_CONFLICT")
    assert (other["version"], other["stage"]) == (2, "None")
    assert (info["tags"], info["metadata"], info["metrics"]["macro_f1"]) == (sent["tags"], sent["metadata"], 0.7)
    assert ([each["name"] for each in info["files"]], info["backbone"]) == (["model.onnx", "tokenizer.json"], "all-minilm-l6-v2")
    assert (info["lineage"]["run_id"], info["lineage"]["data_sha256"], info["lineage"]["release"]) == (first, "d" * 64, None)
    assert set(info["reasons"]) == {"lineage.release", "lineage.revision", "lineage.parent"}
    assert [(each["stage"], each["version"]) for each in name["latest_versions"]] == [("None", 2), ("Staging", 1)]
    assert all(
        word in card for word in ("data/news.json, column text", "test part of its texts", "| macro_f1 | 0.7 |", "SHA-256 of the texts")
    )
    assert (elsewhere["status"], elsewhere["reported"], elsewhere["tags"]) == ("staging", {"f1": 0.9}, ["asset=crypto", "news"])


async def test_what_a_run_has_not_made_is_not_registered_as_it(studio: World, ada: User, eve: User) -> None:
    mine, other = await trained(studio, ada, output_dir="outputs/training_run_123"), await trained(studio, ada)
    unfinished = await begun(ada)
    await ada.http.put(f"{API}/files/sent/model/manifest.json", content=b"{}")

    def body(model_path: str, run_id: str = mine, **more: object) -> dict[str, object]:
        return {"model_path": model_path, "run_id": run_id, "name": "strict", **more}

    answers = [
        await refused(user, "POST", "/registry/register", sent)
        for user, sent in (
            (ada, body(f"outputs/{other}/model")),
            (ada, body("outputs/training_run_124/model")),
            (ada, body("../model")),
            (ada, body("sent/model", "mlflow-run-456")),
            (ada, body(f"runs:/{other}/model")),
            (ada, body("outputs/training_run_123/model", stage="Prodction")),
            (ada, body("outputs/training_run_123/model", name="a b")),
            (ada, body(f"runs:/{unfinished}/model", unfinished)),
            (eve, body(f"runs:/{mine}/model")),
            (ada, body("outputs/training_run_123/model", "job_unknown")),
        )
    ]
    by_tracker = await ask(ada, "POST", "/registry/register", body("outputs/training_run_123/model", "mlflow-run-456"), status=201)
    by_address = await ask(ada, "POST", "/registry/register", body(f"runs:/{other}/model", other), status=201)
    _, renamed = await refused(ada, "POST", "/registry/register", body(f"runs:/{other}/model", other, name="second"))
    changed = f"outputs/{other}/model"
    await ada.http.put(f"{API}/files/{changed}/model.onnx", content=b"other weights")
    _, tampered = await refused(ada, "POST", "/registry/register", body(changed, other))

    assert [(code, error["details"].get("field")) for code, error in answers] == [
        *[(422, "model_path")] * 5,
        (422, "stage"),
        (422, "name"),
        (409, "status"),
        (404, None),
        (404, None),
    ]
    assert "'outputs/training_run_123/model'" in answers[0][1]["message"]
    assert "Did you mean 'outputs/training_run_123/model'" in answers[1][1]["message"]
    assert "Did you mean 'Production'" in answers[5][1]["message"]
    assert (renamed["details"]["field"], "is registered as 'strict'" in renamed["message"]) == ("name", True)
    assert (tampered["details"]["field"], "model.onnx is gone or changed" in tampered["message"]) == ("model_path", True)
    assert (by_tracker["run_id"], by_tracker["version"]) == (mine, 1)
    assert (by_address["run_id"], by_address["version"]) == (other, 2)


async def test_a_run_whose_end_is_still_being_written_is_registered_a_moment_later(studio: World, ada: User) -> None:
    run_id = await trained(studio, ada)
    body = {"model_path": f"runs:/{run_id}/model", "run_id": run_id, "name": "early"}

    # As it is between the writing of its version and of its end.
    await studio.database["jobs"].update_one({"_id": run_id}, {"$set": {"state": "running"}})
    early = await refused(ada, "POST", "/registry/register", body)
    await studio.database["jobs"].update_one({"_id": run_id}, {"$set": {"state": "succeeded"}})
    made = await ask(ada, "POST", "/registry/register", body, status=201)

    assert (early[0], made["version"]) == (409, 1)
    assert early[1]["message"] == f"{run_id} has made its model, and its end is still being written: try again."


async def test_a_stage_is_given_with_a_comment_and_its_history_tells_who_when_and_why(studio: World, ada: User) -> None:
    runs = [await trained(studio, ada) for _ in range(3)]
    for run_id in runs:
        await register(ada, run_id, "moved")
    path = f"{MODELS}/moved/versions"

    first = await ask(ada, "PUT", f"{path}/1/stage", {"stage": "Production", "comment": "Validated"})
    again = await ada.http.put(f"{API}{path}/1/stage", json={"stage": "Production", "comment": "Again"})
    beside = await ask(ada, "PUT", f"{path}/2/stage", {"stage": "production"})
    after_beside = await stages(ada, "moved")
    await ask(ada, "PUT", f"{path}/3/stage", {"stage": "Production", "archive_existing": True})
    after_archiving = await stages(ada, "moved")
    await registering.told(ada, "PATCH", "/moved/versions/3", {"status": "archived"})
    history = await ask(ada, "GET", f"{path}/1/history?limit=2")
    oldest = await ask(ada, "GET", f"{path}/1/history?limit=2&offset=2")

    assert (first["previous_stage"], first["stage"], first["comment"]) == ("Staging", "Production", "Validated")
    assert "in that stage already" in again.json()["message"]
    assert again.json()["data"]["comment"] == ""
    assert (beside["stage"], after_beside, after_archiving) == (
        "Production",
        ["None", "Production", "Staging"],
        ["None", "Archived", "Production"],
    )
    assert await stages(ada, "moved") == ["None", "Archived", "Archived"]
    assert [(each["from_stage"], each["to_stage"], each["comment"]) for each in history["items"]] == [
        ("Production", "None", "Version 2 took its place."),
        ("Staging", "Production", "Validated"),
    ]
    assert [(each["from_stage"], each["to_stage"]) for each in oldest["items"]] == [("None", "Staging"), (None, "None")]
    assert all(each["by"].startswith("user-") for each in history["items"])
    assert (history["pagination"]["total"], history["pagination"]["has_next"]) == (4, True)


async def test_a_gate_holds_promotions_and_says_by_how_much_they_fail(
    studio: World, ada: User, gateways: list[str], tmp_path: Path
) -> None:
    weak, good = await trained(studio, ada, macro_f1=0.6), await trained(studio, ada, macro_f1=0.8)
    await register(ada, good, "gated", stage="Production")
    await registering.told(ada, "PUT", "/gated/gate", {"rules": [{"metric": "macro_f1", "op": ">=", "value": 0.75}]})

    body = {"model_path": f"outputs/{weak}/model", "run_id": weak, "name": "gated", "stage": "Production"}
    code, error = await refused(ada, "POST", "/registry/register", body)
    await register(ada, weak, "gated", stage="Staging")
    wish = {"stage": "Production", "comment": "Please"}
    again, _ = await refused(ada, "PUT", f"{MODELS}/gated/versions/2/stage", wish)
    environment = Command(gateways[0].replace("ws", "http", 1), tmp_path).environment(
        {"MODELBOURSE_TOKEN": ada.http.headers["Authorization"].partition(" ")[2]}
    )
    info = partial(asyncio.to_thread, forks.run, environment=environment, stdin="", program="sentiment-model-info")
    shown = await info(("gated", "2", "--history"))
    changes, refusals = [await info(("gated", "2", what, "--format", "json")) for what in ("--history", "--refused")]
    refusal, early = (await ask(ada, "GET", f"{MODELS}/gated/versions/2/history"))["refused"]

    assert (again, refusal["from_stage"], refusal["to_stage"], refusal["comment"]) == (409, "Staging", "Production", "Please")
    assert [{**each, "reasons": {}} for each in refusal["failing"]] == [{**each, "reasons": {}} for each in error["failing"]]
    assert (code, error["code"], error["details"]["field"]) == (409, "RESOURCE_CONFLICT", "failing")
    assert error["failing"] == [{"metric": "macro_f1", "op": ">=", "wanted": 0.75, "got": 0.6}]
    assert await stages(ada, "gated") == ["Production", "Staging"]
    assert "macro_f1 is 0.6: must be >= 0.75" in shown[1], shown[2]
    assert [[each["to_stage"] for each in json.loads(printed)] for _, printed, _ in (changes, refusals)] == [
        ["Staging", "None"],
        ["Production", "Production"],
    ]
    # The registration that was refused has left no version, and is told of the model's later one.
    assert (early["from_stage"], early["reasons"].keys(), early["failing"]) == (None, {"from_stage"}, refusal["failing"])
    assert early["message"].startswith("The version is not registered as 'gated' for production")


async def test_versions_are_listed_in_pages_by_stage_and_name_and_market_models_are_not_there(studio: World, ada: User, eve: User) -> None:
    for name, stage in (("b", "Production"), ("a", "Staging"), ("a", "None")):
        await register(ada, await trained(studio, ada, experiment=name), name, stage=stage)
    await registering.registered(ada, "c", await registering.trained(studio, ada))

    pages = [await ask(ada, "GET", f"{MODELS}?limit=2&offset={offset}") for offset in (0, 2)]
    chosen = await ask(ada, "GET", f"{MODELS}?stage=Production&limit=10")
    market = [await refused(ada, "GET", f"{MODELS}/c"), await refused(ada, "GET", f"{MODELS}?stage=Prod")]

    assert [[(row["name"], row["version"]) for row in page["items"]] for page in pages] == [[("a", "2"), ("a", "1")], [("b", "1")]]
    assert pages[1]["pagination"] == {"page": 2, "per_page": 2, "total": 3, "total_pages": 2, "has_next": False, "has_prev": True}
    assert [(row["id"], row["stage"]) for row in chosen["items"]] == [("b/1", "Production")]
    assert [code for code, _ in market] == [404, 422]
    assert (await ask(eve, "GET", MODELS))["items"] == []
    assert (await refused(eve, "GET", f"{MODELS}/a/versions/1/download"))[0] == 404


async def test_a_version_that_nothing_answers_by_is_deleted_and_its_number_is_not_given_again(studio: World, ada: User) -> None:
    for _ in range(2):
        await register(ada, await trained(studio, ada), "gone")
    await ask(ada, "PUT", f"{MODELS}/gone/versions/1/stage", {"stage": "Production"})
    await registering.told(ada, "PUT", "/gone/aliases/champion", {"version": 2})

    held = [await refused(ada, "DELETE", f"{MODELS}/gone/versions/{number}") for number in (1, 2, 3)]
    await registering.told(ada, "DELETE", "/gone/aliases/champion")
    deleted = await ask(ada, "DELETE", f"{MODELS}/gone/versions/2")
    await ask(ada, "PUT", f"{MODELS}/gone/versions/1/stage", {"stage": "Archived"})
    await ask(ada, "DELETE", f"{MODELS}/gone/versions/1")
    empty = await refused(ada, "GET", f"{MODELS}/gone")
    names = await registering.told(ada, "GET", "")
    again = await register(ada, await trained(studio, ada), "gone")

    assert [(code, error["code"]) for code, error in held] == [
        (409, "RESOURCE_CONFLICT"),
        (409, "RESOURCE_CONFLICT"),
        (404, "RESOURCE_NOT_FOUND"),
    ]
    assert deleted == {"model_name": "gone", "version": 2}
    assert (empty[0], [each["model_name"] for each in names["models"]]) == (404, [])
    assert again["version"] == 3


@pytest.mark.parametrize("form", ["zip", "tar"])
async def test_a_folder_comes_as_an_archive_with_checksums_the_same_each_time(studio: World, ada: User, form: str) -> None:
    run_id = await trained(studio, ada)
    await register(ada, run_id, f"had-{form}")
    path = f"{API}{MODELS}/had-{form}/versions/1/download?format={form}"

    got = await ada.http.get(path)
    same = await ada.http.get(path, headers={"If-None-Match": got.headers["etag"]})

    if form == "zip":
        with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    else:
        with tarfile.open(fileobj=io.BytesIO(got.content)) as tar:
            files = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]  # all are files
    sums = dict(reversed(line.split("  ")) for line in files.pop(f"had-{form}-1/SHA256SUMS").decode().splitlines())
    assert hashlib.sha256(got.content).hexdigest() == got.headers["x-checksum-sha256"]
    assert (int(got.headers["content-length"]), same.status_code) == (len(got.content), 304)
    assert {f"had-{form}-1/{name}": digest for name, digest in sums.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert files[f"had-{form}-1/model.onnx"] == f"model.onnx of {run_id}".encode()


async def test_a_key_without_the_permission_cannot_register(studio: World) -> None:
    user = await studio.user(Tier.ELITE)
    made = await user.http.post("/auth/api-keys", json={"name": "trains", "scopes": ["train"]})
    key = made.json()["key"]

    answer = await user.http.post(
        f"{API}/registry/register",
        json={"model_path": "a/model", "run_id": "r", "name": "n"},
        headers={"Authorization": f"Bearer {key}"},
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AUTHORIZATION_ERROR")
    assert "register" in answer.json()["error"]["message"]
