"""Trainings on texts, as stories send their data, start them, and have them go on and end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from libs.contracts.envelope import now
from libs.contracts.jobs import JobCompleted, JobFailed, JobProgressed, JobRequested
from libs.contracts.texts import Confusion, Epoch, LabelRow, TextFile, TextManifest, TextResult
from libs.contracts.training import JobError, LogLine
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.world import User, World
from tests.waiting import until

BUILDER = "/api/v1"
NEWS = b'[{"text": "Profits rise", "label": "positive"}, {"text": "Profits fall", "label": "negative"}]'
METRICS = {"macro_f1": 0.67, "accuracy": 0.7, "mcc": 0.5}
LABELS = ("negative", "positive")


async def call(user: User, method: str, path: str, body: Any = None, **options: Any) -> Any:
    """Return what Model Builder answers."""
    return await user.http.request(method, f"{BUILDER}{path}", json=body, **options)


async def got(user: User, path: str) -> Any:
    """Return the data at a path; it must be there."""
    answer = await call(user, "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def send_news(user: User, path: str = "data/news.json", body: bytes = NEWS) -> None:
    answer = await user.http.put(f"{BUILDER}/files/{path}", content=body)
    assert answer.status_code in {200, 201}, answer.text


async def begun(user: User, **body: Any) -> dict[str, Any]:
    """Return what is answered of a training that was accepted."""
    answer = await call(user, "POST", "/training/start", {"data_path": "data/news.json"} | body)
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def progress(
    studio: World, job_id: str, *, epoch: int, logs: Sequence[LogLine] = (), partial: Mapping[str, Any] | None = None
) -> None:
    """Have a runner tell that it is in an epoch of three, of 75 steps each."""
    await heard(studio, job_id)
    await studio.training.bus.publish(
        JobProgressed(
            **studio.training.of_job(job_id),
            attempt=1,
            started_at=STARTED,
            progress=33 * epoch,
            stage="training",
            step=75 * epoch,
            total_steps=225,
            metrics={"epoch": epoch, "total_epochs": 3, "train_loss": 0.45, "val_loss": 0.52, "val_accuracy": 0.87, "val_macro_f1": 0.86},
            logs=tuple(logs),
            estimated_completion=now(),
            compute_hours=Decimal("0.002"),
            partial=None if partial is None else dict(partial),
        )
    )


async def problems_of(user: User, **body: Any) -> dict[str, list[str]]:
    """Return the fields that a refused training is told."""
    answer = await call(user, "POST", "/training/start", {"data_path": "data/news.json"} | body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "VALIDATION_ERROR"), answer.text
    fields: dict[str, list[str]] = error["details"]["fields"]
    return fields


def result_of(studio: World, request: JobRequested) -> TextResult:
    """Return what a runner answers: two labels, one file beside the model's."""
    weights = studio.training.artifacts.put(f"weights of {request.job_id}".encode())
    manifest = TextManifest(
        kind="network",
        backbone="all-minilm-l6-v2",
        method="head",
        labels=LABELS,
        max_length=128,
        job_id=request.job_id,
        files={"model.safetensors": TextFile(sha256=weights.sha256, size=weights.size)},
    )
    artifact = studio.training.artifacts.put(manifest.model_dump_json().encode())
    return TextResult(
        metrics=METRICS,
        labels=LABELS,
        per_class=tuple(LabelRow(label=label, precision=0.7, recall=0.7, f1=0.7, support=10) for label in LABELS),
        confusion=Confusion(labels=LABELS, counts=((7, 3), (3, 7))),
        baselines={"majority": {"macro_f1": 0.33, "accuracy": 0.5, "mcc": 0.0}},
        history=(Epoch(epoch=1, step=75, train_loss=0.8), Epoch(epoch=2, step=150, train_loss=0.4, val_loss=0.5)),
        best_epoch=2,
        rows={"train": 160, "validation": 20, "test": 20},
        method="head",
        notes=("There is no GPU: only the head has learned.",),
        reasons={"metrics.log_loss": "It was not measured."},
        run_card={"seed": 42},
        files={
            "model/manifest.json": artifact,
            "model/model.safetensors": weights,
            "checkpoint-1/weights.safetensors": weights,
            "checkpoint-2/weights.safetensors": weights,
            "report.html": studio.training.artifacts.put(b"<h1>report</h1>"),
        },
        artifact=artifact,
    )


async def complete(studio: World, user: User, job_id: str, *, at: datetime = STARTED, status: str = "completed") -> JobCompleted:
    """Have a runner end a training well; return how, once Model Builder shows it, or what else has become of it."""
    request = await heard(studio, job_id)
    end = JobCompleted(
        **studio.training.of_job(job_id),
        spec=request.spec,
        started_at=STARTED,
        ended_at=at,
        compute_hours=Decimal("0.004"),
        result=result_of(studio, request).model_dump(mode="json"),
        logs=(),
    )
    await studio.training.bus.publish(end)
    await run_is(user, job_id, status)
    return end


async def fail(studio: World, user: User, job_id: str, *, message: str, kind: str = "InvalidError") -> None:
    """Have a training fail, and wait until Model Builder shows it."""
    request = await heard(studio, job_id)
    end = JobFailed(
        **studio.training.of_job(job_id),
        spec=request.spec,
        started_at=STARTED,
        ended_at=STARTED,
        compute_hours=Decimal("0.001"),
        attempts=1,
        error=JobError(type=kind, message=message),
        logs=(),
    )
    await studio.training.bus.publish(end)
    await run_is(user, job_id, "failed")


async def run_is(user: User, job_id: str, status: str, **progress: Any) -> dict[str, Any]:
    """Wait until a training has this status, and its progress these values; return it."""
    run: dict[str, Any] = {}

    async def there() -> bool:
        run.update(await got(user, f"/training/{job_id}"))
        return run["status"] == status and all(run["progress"][name] == value for name, value in progress.items())

    await until(there, what=f"{job_id} {status} {progress}")
    return run
