"""The bodies of tasks as Trading AI's document shows them."""

from typing import Any, Final

AT: Final = "2025-11-22T12:00:00Z"
KNOWN: Final = {"task_id": "abc-123-def-456", "task_name": "ml_tasks.train_model_async", "created_at": AT}
ACCEPTED: Final = {
    "task_id": "abc-123-def-456",
    "status": "PENDING",
    "estimated_completion": "2025-11-22T15:30:00Z",
    "estimated_duration_seconds": 3600,
    "check_status_url": "/api/tasks/abc-123-def-456",
}
STARTED: Final = KNOWN | {
    "status": "STARTED",
    "progress": 45,
    "started_at": AT,
    "estimated_completion": AT,
    "current_operation": "Training epoch 45/100",
    "metrics": {"current_epoch": 45, "current_loss": 0.0345, "current_accuracy": 0.68},
}
SUCCESS: Final = KNOWN | {
    "status": "SUCCESS",
    "progress": 100,
    "result": {
        "model_id": "lstm_BTCUSDT_15m_20251122",
        "accuracy": 0.72,
        "precision": 0.70,
        "recall": 0.68,
        "f1_score": 0.69,
        "final_loss": 0.0234,
        "training_time_seconds": 3600,
        "epochs_completed": 100,
        "best_epoch": 87,
        "model_path": "/models/lstm_BTCUSDT_15m_20251122.h5",
    },
    "started_at": AT,
    "completed_at": AT,
    "execution_time_seconds": 3600,
}
FAILURE: Final = KNOWN | {
    "status": "FAILURE",
    "progress": 47,
    "error": "Out of memory during training at epoch 47",
    "error_type": "MemoryError",
    "traceback": "Traceback (most recent call last):",
    "retries": 3,
    "max_retries": 3,
    "started_at": AT,
    "failed_at": AT,
    "execution_time_seconds": 1500,
}
REVOKED: Final = KNOWN | {
    "status": "REVOKED",
    "progress": 25,
    "started_at": AT,
    "revoked_at": AT,
    "message": "Task cancelled by user",
}
STATS: Final[dict[str, Any]] = {
    "total_tasks": 1234,
    "pending": 5,
    "running": 2,
    "successful": 1150,
    "failed": 77,
    "revoked": 0,
    "success_rate": 0.937,
    "failure_rate": 0.063,
    "avg_execution_time_seconds": 1800.5,
    "median_execution_time_seconds": 1650.5,
    "min_execution_time_seconds": 120.5,
    "max_execution_time_seconds": 7200.5,
    "last_24h": {"total": 48, "successful": 46, "failed": 2, "success_rate": 0.958},
    "last_7d": {"total": 312, "successful": 295, "failed": 17, "success_rate": 0.945},
    "system_health": {"celery_workers_active": 4, "queue_depth": 5, "avg_queue_wait_time_seconds": 15.5},
    "last_updated": AT,
}
