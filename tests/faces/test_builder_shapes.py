"""Every answer that Model Builder's document shows is there, with its fields and types."""

from typing import Any, Final

import pytest

from tests.faces.endpoints_builder import BUILDER
from tests.faces.made import Things
from tests.faces.shapes import differences
from tests.gateway.studio.text_runs import complete, progress, run_is, send_news
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
AT: Final = "2025-01-15T10:30:00Z"
DEPENDENCIES: Final = {"mlflow": "connected", "gpu": "available", "storage": "accessible"}
HEALTH: Final = {"status": "healthy", "timestamp": AT, "version": "1.0.0", "dependencies": DEPENDENCIES}
STATUS: Final = {
    "service": "sentiment-model-builder",
    "version": "1.0.0",
    "uptime": "2h 15m 30s",
    "active_training_jobs": 1,
    "gpu_utilization": 85.5,
    "memory_usage": "4.2GB / 16GB",
    "disk_usage": "12.5GB / 100GB",
}
STARTED: Final = {
    "job_id": "training-job-123",
    "status": "started",
    "estimated_duration": "2h 30m",
    "mlflow_run_id": "mlflow-run-456",
    "created_at": AT,
}
RUNNING: Final = {
    "job_id": "training-job-123",
    "status": "running",
    "progress": {"current_epoch": 2, "total_epochs": 3, "current_step": 150, "total_steps": 225, "percentage": 66.7},
    "metrics": {"train_loss": 0.45, "val_loss": 0.52, "val_accuracy": 0.87},
    "estimated_completion": AT,
}
EXPORTED: Final = {
    "export_id": "export-job-123",
    "model_path": "outputs/training_run_123/model",
    "output_path": "models/exported/model.onnx",
    "format": "onnx",
    "status": "completed",
    "validation_passed": True,
    "file_size": "245MB",
    "exported_at": AT,
}
REGISTERED: Final = {
    "model_name": "crypto-sentiment-model",
    "version": 1,
    "stage": "Staging",
    "model_uri": "models:/crypto-sentiment-model/1",
    "registered_at": AT,
}
# As the document shows lists.
LISTED: Final = {
    "items": [{"name": "crypto-sentiment-v1", "stage": "Production"}],
    "pagination": {"page": 1, "per_page": 20, "total": 45, "total_pages": 3, "has_next": True, "has_prev": False},
}
ERROR: Final = {
    "success": False,
    "error": {
        "code": "VALIDATION_ERROR",
        "message": "Invalid data format",
        "details": {"field": "text_column", "issue": "Column 'text_column' not found in dataset"},
    },
    "correlation_id": "req-123456",
    "timestamp": AT,
}


async def shown(user: User, path: str) -> Any:
    answer = await user.http.get(f"{BUILDER}{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def unlike(data: Any, answer: Any) -> list[str]:
    """Return where an answer is not as documented; what is null with a reason is as it should be."""
    frame = {"success": True, "data": data, "message": "Training completed successfully", "correlation_id": "req-123456"}
    reasons = answer["data"].get("reasons", {})
    return [each for each in differences(frame, answer) if not any(each.startswith(f"$.data.{name} is null") for name in reasons)]


async def test_each_answer_that_is_shown_is_there(studio: World, ada: User, adas: Things) -> None:
    await send_news(ada)
    started = (await ada.http.post(f"{BUILDER}/training/start", json={"data_path": "data/news.json"})).json()
    job_id = started["data"]["job_id"]
    await progress(studio, job_id, epoch=2)
    await run_is(ada, job_id, "running")
    bad = await ada.http.post(f"{BUILDER}/data/validate", json={"data_path": "data/news.json", "text_colum": "text"})
    running = await shown(ada, f"/training/{job_id}")
    await complete(studio, ada, job_id)
    made = {"model_path": f"outputs/{job_id}/model", "run_id": started["data"]["mlflow_run_id"], "name": "crypto-sentiment-model"}
    registered = (await ada.http.post(f"{BUILDER}/registry/register", json=made)).json()
    export_id = await adas.one(f"{BUILDER}/export/{{export_id}}")

    wrong = {
        "health": unlike(HEALTH, await shown(ada, "/health")),
        "status": unlike(STATUS, await shown(ada, "/status")),
        "start": unlike(STARTED, started),
        "training": unlike(RUNNING, running),
        "export": unlike(EXPORTED, await shown(adas.user, f"/export/{export_id}")),
        "register": unlike(REGISTERED, registered),
        "list": unlike(LISTED, await shown(ada, "/registry/models")),
        "error": list(differences(ERROR, bad.json())),
    }

    assert {what: each for what, each in wrong.items() if each} == {}
