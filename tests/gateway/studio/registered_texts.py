"""Trainings on texts, as stories start and end them: what they make lies in the artifact store and in the data root."""

import json
from typing import Any

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.jobs import JobCompleted
from libs.contracts.texts import Confusion, LabelRow, TextFile, TextManifest, TextResult
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.world import User, World
from tests.waiting import until

API = "/api/v1"
LABELS = ("negative", "neutral", "positive")
NEWS = json.dumps([{"text": f"Text {number}", "label": LABELS[number % 3]} for number in range(30)]).encode()


async def ask(user: User, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    """Return the data of an answer, which has this status."""
    answer = await user.http.request(method, f"{API}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()["data"]


async def refused(user: User, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Return the status and the error of a request that is refused."""
    answer = await user.http.request(method, f"{API}{path}", json=body)
    return answer.status_code, answer.json()["error"]


async def begun(user: User, *, experiment: str = "sentiment-analysis", output_dir: str | None = None) -> str:
    """Return a training that was accepted."""
    sent = await user.http.put(f"{API}/files/data/news.json", content=NEWS)
    assert sent.status_code in {200, 201}, sent.text
    body = {"data_path": "data/news.json", "experiment_name": experiment, "output_dir": output_dir}
    return str((await ask(user, "POST", "/training/start", body, status=201))["job_id"])


async def trained(
    studio: World, user: User, *, experiment: str = "sentiment-analysis", output_dir: str | None = None, macro_f1: float = 0.7
) -> str:
    """Return a training that has made a model, whose files are where they should be."""
    job_id = await begun(user, experiment=experiment, output_dir=output_dir)
    request = await heard(studio, job_id)
    result = result_of(Artifacts(studio.settings.artifacts_url), job_id, macro_f1=macro_f1)
    end = JobCompleted(
        **studio.training.of_job(job_id) | {"model_id": request.model_id},
        spec=request.spec,
        started_at=STARTED,
        ended_at=STARTED,
        compute_hours=request.reserved_hours,
        result=result.model_dump(mode="json"),
        logs=(),
    )
    await studio.training.bus.publish(end)

    async def is_known() -> bool:
        return (await ask(user, "GET", f"/training/{job_id}"))["status"] == "completed"

    await until(is_known, what=f"{job_id} completed")
    return job_id


def result_of(artifacts: Artifacts, job_id: str, *, macro_f1: float) -> TextResult:
    """Return what a training has made: a model of two small files."""
    made = {name: artifacts.put(f"{name} of {job_id}".encode()) for name in ("model.onnx", "tokenizer.json")}
    manifest = TextManifest(
        kind="network",
        backbone="all-minilm-l6-v2",
        method="head",
        labels=LABELS,
        max_length=128,
        job_id=job_id,
        files={name: TextFile(sha256=each.sha256, size=each.size) for name, each in made.items()},
    )
    kept = artifacts.put(manifest.model_dump_json().encode())
    files = {f"model/{name}": each for name, each in made.items()} | {"model/manifest.json": kept}
    metrics = {"macro_f1": macro_f1, "accuracy": 0.74, "mcc": None}
    return TextResult(
        metrics=metrics,
        labels=LABELS,
        per_class=tuple(LabelRow(label=each, precision=0.7, recall=0.7, f1=0.7, support=3) for each in LABELS),
        confusion=Confusion(labels=LABELS, counts=((2, 1, 0), (0, 3, 0), (0, 1, 2))),
        baselines={},
        rows={"train": 20, "validation": 4, "test": 6},
        method="head",
        run_card={"data_sha256": "d" * 64, "config_hash": "c" * 64, "libraries": {"torch": "2.9.0"}},
        files=files,
        artifact=kept,
    )
