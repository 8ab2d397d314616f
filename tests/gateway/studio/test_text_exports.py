"""Exports as a user meets them: asked for by a path of the data root or a registered name, followed, their files in the data root."""

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from libs.contracts.ids import new_id
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobCompleted, JobFailed, JobProgressed
from libs.contracts.text_exports import NOT_VALID, ExportProgress, ExportReport, ExportResult, ExportSpec
from libs.contracts.training import JobError
from services.gateway.usecases.jobs.wait_for_job import WaitForJob
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.registered_texts import trained
from tests.gateway.studio.sockets import authorization, closed, message, refused, token
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
EXPORT = "/api/v1/export"
ASKED = {"model_path": "outputs/training_run_123/model", "output_dir": "models/exported", "format": "onnx", "validate": True}
MODEL = {"manifest.json": b"{}", "config.json": b"{}", "tokenizer.json": b"{ }", "model.safetensors": b"weights"}
REPORT = ExportReport(
    model_path="outputs/training_run_123/model", manifest_sha256="0" * 64, reference="model", passed=True, checks=(), libraries={}
)
WORK: dict[str, Any] = {
    "started_at": STARTED, "ended_at": STARTED + timedelta(minutes=1), "compute_hours": Decimal("0.001"), "logs": ()
}  # fmt: skip


async def keep(user: User, folder: str, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        assert (await user.http.put(f"/api/v1/files/{folder}/{name}", content=content)).status_code in {200, 201}


async def ask(user: User, path: str = "", **changes: Any) -> httpx.Response:
    return await user.http.post(f"{EXPORT}{path}", json=ASKED | changes)


async def spec_of(world: World, job_id: str) -> ExportSpec:
    async def heard() -> bool:
        return job_id in world.training.job_requests

    await until(heard, what=f"the request of {job_id}")
    return ExportSpec.model_validate(world.training.job_requests[job_id].spec)


async def complete(world: World, job_id: str) -> None:
    spec = await spec_of(world, job_id)
    model, report = (world.training.artifacts.put(each) for each in (b"onnx", REPORT.model_dump_json().encode()))
    result = ExportResult(
        files={"model.onnx": model, "validation_report.json": report},
        outputs={"onnx": "model.onnx"},
        size=90_904_327,
        validation_passed=True,
        report=REPORT,
        run_card={},
    )
    spec_told = spec.model_dump(mode="json")
    event = JobCompleted(**world.training.of_job(job_id), **WORK, spec=spec_told, result=result.model_dump(mode="json"))
    await world.training.bus.publish(event)
    await world.training.again(event)


async def export_is(user: User, export_id: str, status: str) -> dict[str, Any]:
    told: dict[str, Any] = {}

    async def there() -> bool:
        told.update((await user.http.get(f"{EXPORT}/{export_id}")).json()["data"])
        return bool(told["status"] == status)

    await until(there, what=f"{export_id} {status}")
    return told


async def test_a_model_is_exported_and_its_bundle_lies_in_the_data_root(studio: World, ada: User, eve: User) -> None:
    await keep(ada, "outputs/training_run_123/model", MODEL)
    await keep(ada, "data", {"test.json": b"[]"})

    answer = await ask(ada, optimize=True, test_data="data/test.json")
    pending = answer.json()["data"]
    spec = await spec_of(studio, pending["export_id"])
    await complete(studio, pending["export_id"])
    done = await export_is(ada, pending["export_id"], "completed")
    listed = (await ada.http.get(f"{EXPORT}?status=completed")).json()["data"]
    file = await ada.http.get("/api/v1/files/models/exported/model.onnx")

    assert (answer.status_code, answer.json()["message"], pending["status"]) == (201, "Export pending", "pending")
    assert set(spec.model) == set(MODEL)
    assert (spec.formats, spec.optimize, spec.is_validated, spec.name) == (("onnx",), True, True, "training_run_123")
    assert spec.test_data is not None
    assert spec.test_data.path == "data/test.json"
    documented = {"export_id", "model_path", "output_path", "format", "status", "validation_passed", "file_size", "exported_at"}
    assert documented <= set(done)
    assert (done["output_path"], done["format"], done["validation_passed"]) == ("models/exported/model.onnx", "onnx", True)
    assert (done["file_size"], done["file_bytes"], done["report"]["passed"]) == ("90.9MB", 90_904_327, True)
    assert [each["path"] for each in done["files"]] == ["models/exported/model.onnx", "models/exported/validation_report.json"]
    assert file.content == b"onnx"
    for told in (pending, done, listed["items"][0]):
        assert {name for name, value in told.items() if value is None} == set(told["reasons"])
    assert (listed["pagination"]["total"], listed["items"][0]["files"]) == (1, None)
    assert (await eve.http.get(f"{EXPORT}/{pending['export_id']}")).status_code == 404
    assert (await eve.http.delete(f"{EXPORT}/{pending['export_id']}")).status_code == 404
    ended = await ada.http.delete(f"{EXPORT}/{pending['export_id']}")
    assert (ended.status_code, ended.json()["error"]["code"]) == (409, "RESOURCE_CONFLICT")


async def test_an_export_whose_files_do_not_pass_has_failed_and_its_report_is_kept(studio: World, ada: User) -> None:
    await keep(ada, "outputs/training_run_123/model", MODEL)
    export_id = (await ask(ada, format="both")).json()["data"]["export_id"]
    spec = await spec_of(studio, export_id)
    failed = REPORT.model_copy(update={"passed": False})
    kept = studio.training.artifacts.put(b'{"passed": false}')
    partial = ExportProgress(report=failed, files={"validation_report.json": kept}).model_dump(mode="json")
    why = JobError(type=NOT_VALID, message="model.pt: A logit differs from the model's by 0.4; at most 0.0001 are rounding.")
    event = JobFailed(
        **studio.training.of_job(export_id), **WORK, spec=spec.model_dump(mode="json"), attempts=1, error=why, partial=partial
    )

    await studio.training.bus.publish(event)
    told = await export_is(ada, export_id, "failed")
    report = await ada.http.get("/api/v1/files/models/exported/validation_report.json")

    assert spec.formats == ("onnx", "torchscript")
    assert told["error"] == {"code": "EXPORT_ERROR", "message": why.message}
    assert (told["validation_passed"], told["report"]["passed"], told["output_path"]) == (False, False, None)
    assert told["reasons"]["output_path"] == "It has made nothing: see error."
    assert report.content == b'{"passed": false}'


async def test_an_export_is_followed_live_to_its_end_and_shown_to_who_comes_late(
    studio: World, ada: User, eve: User, gateways: list[str]
) -> None:
    await keep(ada, "outputs/training_run_123/model", MODEL)
    export_id = (await ask(ada)).json()["data"]["export_id"]
    await spec_of(studio, export_id)
    here, there = [f"{address}/ws/export/{export_id}" for address in gateways]
    progress = JobProgressed(
        **studio.training.of_job(export_id),
        attempt=1,
        started_at=STARTED,
        progress=40,
        stage="writing ONNX",
        step=2,
        total_steps=5,
        metrics={},
        logs=(),
        estimated_completion=None,
    )

    async with connect(here, additional_headers=authorization(ada)) as socket:
        first = await message(socket)
        await studio.training.bus.publish(progress)
        second = await message(socket)
        await complete(studio, export_id)
        last, end = await message(socket), await closed(socket)
    async with connect(f"{there}?token={token(ada)}") as late:
        shown, late_end = await message(late), await closed(late)
    strangers = []
    for address in (f"{here}?token={token(eve)}", f"{gateways[0]}/ws/export/{new_id('job')}?token={token(ada)}"):
        async with connect(address) as other:
            strangers.append((await closed(other))[0])

    assert [each["data"]["status"] for each in (first, second, last)] == ["pending", "pending", "completed"]
    assert (second["type"], second["job_id"], second["data"]["percentage"]) == ("export_update", export_id, 40)
    assert second["data"]["stage"] == "writing ONNX"
    assert (last["data"]["percentage"], last["data"]["validation_passed"]) == (100, True)
    assert shown["data"] == last["data"]
    assert (end, late_end) == ((1000, "It has ended."),) * 2
    assert strangers == [4404, 4404]


async def test_what_cannot_be_exported_is_refused_by_the_field_with_what_is_allowed(ada: User) -> None:
    await keep(ada, "outputs/training_run_123/model", MODEL)
    await keep(ada, "elsewhere", {"news.json": b"[]"})
    await keep(ada, "mine", {"model.onnx": b"mine"})

    for changes, field, words in (
        ({"format": "onxx"}, "format", "Unknown format 'onxx'. Did you mean 'onnx'?"),
        ({"format": "onnx,pickle"}, "format", "There are onnx, torchscript, triton, both; several with commas."),
        ({"model_path": "outputs/training_run_12/model"}, "model_path", "Did you mean 'outputs/training_run_123/model'?"),
        ({"model_path": "outputs/training_run_123"}, "model_path", "Did you mean 'outputs/training_run_123/model'?"),
        ({"model_path": "elsewhere"}, "model_path", "it has no manifest.json. It has news.json."),
        ({"model_path": "elsewhere/news.json"}, "model_path", "is a file: name the folder that it lies in"),
        ({"model_path": "/etc"}, "model_path", "relative to your data root"),
        ({"output_dir": "../up"}, "output_dir", "leads out of your data root"),
        ({"output_dir": "outputs/training_run_123/model"}, "output_dir", "holds a trained model, whose files would be replaced"),
        ({"output_dir": "elsewhere/news.json"}, "output_dir", "what is a file is no folder"),
        ({"output_dir": "mine"}, "output_dir", "'mine/model.onnx' was sent, and would be replaced"),
        ({"test_data": "data/none.json"}, "test_data", "There is no file 'data/none.json'"),
        ({"optimise": True}, "optimise", "Did you mean 'optimize'?"),
    ):
        answer = await ask(ada, **changes)
        error = answer.json()["error"]

        assert (answer.status_code, error["code"], error["details"]["field"]) == (422, "VALIDATION_ERROR", field), answer.text
        assert words in error["details"]["issue"], answer.text
    unknown = await ask(ada, model_path="models:/nobody/1")
    assert unknown.status_code == 404


async def test_an_exported_file_is_validated_and_one_that_is_a_program_only_as_it_was_made_here(studio: World, ada: User) -> None:
    await keep(ada, "found", {"manifest.json": b"{}", "model.onnx": b"onnx", "model.pt": b"program", "tokenizer.json": b"{}"})

    answer = await ask(ada, "/validate", model_path="found/model.onnx")
    refused = [await ada.http.post(f"{EXPORT}/validate", json={"model_path": path}) for path in ("found/model.pt", "found/tokenizer.json")]

    assert answer.status_code == 422  # Of an export's fields it takes none.
    body = {"model_path": "found/model.onnx", "output_dir": "reports"}
    told = (await ada.http.post(f"{EXPORT}/validate", json=body)).json()["data"]
    spec = await spec_of(studio, told["export_id"])
    assert (spec.checks, spec.is_ours, spec.output_dir, set(spec.model)) == (
        "model.onnx", False, "reports", {"manifest.json", "model.onnx", "model.pt", "tokenizer.json"}
    )  # fmt: skip
    assert (told["task"], told["format"], told["status"]) == ("validation", "onnx", "pending")
    program, other = (each.json()["error"]["details"]["issue"] for each in refused)
    assert "TorchScript files are programs" in program
    assert "it ends in" not in program
    assert "which ends in .onnx or .pt" in other


async def test_what_is_quick_has_ended_when_it_is_answered(studio: World, ada: User) -> None:
    await keep(ada, "outputs/training_run_123/model", MODEL)
    export_id = (await ask(ada)).json()["data"]["export_id"]
    jobs = studio.gateway.platform.job_parts.jobs
    waiting = asyncio.ensure_future(WaitForJob(jobs, 30.0)(await jobs.get(export_id, account_id=ada.account_id, kind=JobKind.EXPORT)))

    await complete(studio, export_id)
    job = await waiting

    assert job.state.ended
    assert json.loads(json.dumps(job.result))["outputs"] == {"onnx": "model.onnx"}


async def test_a_registered_version_is_exported_by_its_address(studio: World, ada: User) -> None:
    run_id = await trained(studio, ada)
    body = {"model_path": f"outputs/{run_id}/model", "run_id": run_id, "name": "crypto-exported", "stage": "None"}
    assert (await ada.http.post("/api/v1/registry/register", json=body)).status_code == 201

    told = (await ask(ada, model_path="models:/crypto-exported/1", format="triton")).json()["data"]
    spec = await spec_of(studio, told["export_id"])
    unknown, wrong = [await ask(ada, model_path=f"models:/crypto-exported/{which}") for which in ("2", "Prod")]

    manifest = json.loads(studio.training.artifacts.get(str(spec.version)))
    assert (spec.model, spec.name, manifest["job_id"]) == ({}, "crypto_exported", run_id)
    assert unknown.status_code == 404
    assert (wrong.status_code, wrong.json()["error"]["details"]["field"]) == (422, "model_path")


async def test_a_key_exports_and_watches_only_where_it_may(ada: User, gateways: list[str]) -> None:
    await keep(ada, "outputs/training_run_123/model", MODEL)
    made = {
        name: (await ada.http.post("/api/v1/auth/generate-key", json={"name": name, "permissions": [name]})).json()["data"]
        for name in ("train", "export", "predict")
    }
    keys = {name: str(key.get("api_key") or key.get("key")) for name, key in made.items()}

    answers = {name: await ada.http.post(EXPORT, json=ASKED, headers={"Authorization": f"Bearer {key}"}) for name, key in keys.items()}

    assert {name: answer.status_code for name, answer in answers.items()} == {"train": 403, "export": 201, "predict": 403}
    assert answers["train"].json()["error"]["code"] == "AUTHORIZATION_ERROR"
    assert "'export'" in answers["train"].json()["error"]["message"]
    address = f"{gateways[0]}/ws/export/{answers['export'].json()['data']['export_id']}"
    async with connect(address, additional_headers={"Authorization": f"Bearer {keys['export']}"}) as socket:
        assert (await message(socket))["data"]["status"] == "pending"
    assert (await refused(f"{address}?token={keys['predict']}"))[0] == 403
