"""Trading AI's answers about tasks, each made of a job: by its state it says other things."""

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any, Final

from libs.contracts.backtests import BacktestSummary
from libs.contracts.training import JobState
from modelbourse.answers.trading_ai import tasks as answers
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.tasks import QueueState, Tally, TaskStatistics
from services.gateway.inbound.faces.trading_ai.task_words import TASK_NAMES, status_of

URL: Final = "/api/tasks"
NOT_BEGUN: Final = "it waits for a free worker"
TOO_EARLY: Final = "it has not run long enough to tell"
NO_EPOCH: Final = "no epoch of the fit has ended yet"
NONE_ENDED: Final = "no task has succeeded or failed"
DURATIONS: Final[Mapping[str, str]] = {
    "avg_execution_time_seconds": "mean",
    "median_execution_time_seconds": "median",
    "min_execution_time_seconds": "least",
    "max_execution_time_seconds": "most",
}


def started_of(job: Job, *, model_id: str) -> answers.TaskStarted:
    """Return the answer to a training that was accepted."""
    hours = job.expected_hours
    return answers.TaskStarted(
        task_id=job.id,
        status=status_of(job),
        estimated_completion=job.estimated_completion,
        estimated_duration_seconds=None if hours is None else ceil(float(hours) * 3600 / job.workers),
        check_status_url=f"{URL}/{job.id}",
        job_id=job.slug or job.id,
        model_id=model_id,
        reasons={"estimated_completion": "it has ended"} if job.estimated_completion is None else {},
    )


def row_of(job: Job) -> answers.Task:
    """Return a task's row in a list, by its state."""
    said, reasons = _standing(job)
    return answers.Task(**said, reasons=reasons)


def _standing(job: Job) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what every answer about a task says by its state, and why values of it are null."""
    said: dict[str, Any] = {
        "task_id": job.id,
        "task_name": TASK_NAMES[job.kind],
        "status": status_of(job),
        "progress": job.progress,
        "created_at": job.created_at,
        "started_at": job.started_at,
        **({"parent_id": job.parent} if job.parent else {}),
    }
    began, why = job.started_at, {} if job.started_at else {"started_at": "it ended before it began to run"}
    ran = (job.ended_at - began).total_seconds() if began and job.ended_at else None
    no_time = {} if ran is not None else {"execution_time_seconds": "it ended before it began to run"}
    match job.state:
        case JobState.QUEUED | JobState.RUNNING:
            waits = job.state is JobState.QUEUED
            reasons = {"started_at": NOT_BEGUN} if waits else {}
            unknown = {"estimated_completion": NOT_BEGUN if waits else TOO_EARLY} if job.estimated_completion is None else {}
            return said | {"estimated_completion": job.estimated_completion}, reasons | unknown
        case JobState.SUCCEEDED:
            return said | {"completed_at": job.ended_at, "execution_time_seconds": ran}, why | no_time
        case JobState.FAILED:
            error = job.error.message if job.error else "It failed."
            return said | {"error": error, "failed_at": job.ended_at, "execution_time_seconds": ran}, why | no_time
        case JobState.CANCELLED:
            return said | {"revoked_at": job.ended_at}, why


def task_of(job: Job, *, position: int | None = None, model_id: str | None = None) -> answers.Task:
    """Return all there is to say of a task, by its state; `position` is its place in the queue, `model_id` the model that it trains."""
    said, reasons = _standing(job)
    match job.state:
        case JobState.QUEUED:
            more: dict[str, Any] = {"queue_position": position}
        case JobState.RUNNING:
            more = {"current_operation": operation_of(job)} | ({"metrics": _metrics(job)} if job.model_id else {})
            more |= {"retries": job.attempt - 1} if job.attempt > 1 else {}
            reasons |= {f"metrics.{name}": NO_EPOCH for name, value in more.get("metrics", ()) if value is None}
        case JobState.SUCCEEDED:
            more = {"result": _trained(job, model_id=model_id or job.model_id) if job.model_id else _played(job)}
        case JobState.FAILED:
            again = max(job.attempt - 1, 0)
            trace = job.error.traceback if job.error else None
            more = {
                "error_type": job.error.type if job.error else None,
                "traceback": trace,
                "retries": again,
                "max_retries": again if job.attempts_most is None else max(job.attempts_most - 1, again),
            }
            reasons |= {} if trace else {"traceback": "the platform itself has refused or ended it, as the error says"}
        case JobState.CANCELLED:
            more = {"message": f"Task cancelled by an operator: {job.cancel_reason}" if job.cancel_reason else "Task cancelled by user"}
    return answers.Task(**said, **more, reasons=reasons)


def operation_of(job: Job) -> str:
    """Return what a running job does, in words."""
    epoch, of = job.metrics.get("epoch"), job.metrics.get("total_epochs")
    stage = job.stage[:1].upper() + job.stage[1:]
    return f"{stage}: epoch {epoch:.0f}/{of:.0f}" if epoch and of else stage


def _metrics(job: Job) -> answers.TaskMetrics:
    told = job.metrics
    epoch = told.get("epoch")
    return answers.TaskMetrics(
        current_epoch=int(epoch) if epoch else None,
        current_loss=told.get("loss", told.get("log_loss")),
        current_accuracy=told.get("accuracy"),
    )


def _trained(job: Job, *, model_id: str | None) -> answers.TaskResult:
    """Return what a training has measured, and where its version lies."""
    learned = job.training_metrics or {}
    epochs, best = learned.get("epochs"), learned.get("best_epoch")
    result = answers.TaskResult(
        model_id=model_id,
        accuracy=job.metrics.get("accuracy"),
        precision=job.metrics.get("precision"),
        recall=job.metrics.get("recall"),
        f1_score=job.metrics.get("f1_score"),
        final_loss=learned.get("final_loss"),
        training_time_seconds=(job.ended_at - job.started_at).total_seconds() if job.ended_at and job.started_at else None,
        epochs_completed=None if epochs is None else int(epochs),
        best_epoch=None if best is None else int(best),
        model_path=path_of(job),
        reasons={},
    )
    unsaid = "this kind of model does not have it, or it was trained before it was kept"
    null = [name for name in result.model_fields_set if getattr(result, name) is None]
    return result.model_copy(update={"reasons": {name: job.reasons.get(name, unsaid) for name in null}})


def path_of(job: Job) -> str | None:
    """Return where the manifest of what a training has made lies in the artifact store; None of one from before that was kept."""
    return f"sha256/{job.artifact[:2]}/{job.artifact}" if job.artifact else None


def _played(job: Job) -> answers.TaskResult:
    """Return a backtest's result in short."""
    result = BacktestSummary.model_validate(job.result)
    backtest_id = job.slug or job.id
    values = {**result.metrics, **result.money}
    trades = values.get("total_trades")
    played = answers.TaskResult(
        backtest_id=backtest_id,
        results_url=f"/api/backtests/{backtest_id}",
        total_trades=None if trades is None else int(trades),
        win_rate=values.get("win_rate"),
        net_profit=values.get("net_profit"),
        sharpe_ratio=values.get("sharpe_ratio"),
        max_drawdown=values.get("max_drawdown"),
        reasons={},
    )
    null = [name for name in played.model_fields_set if getattr(played, name) is None]
    return played.model_copy(update={"reasons": {name: result.reasons.get(name, "it was not measured") for name in null}})


def stats_of(found: TaskStatistics, queue: QueueState, *, workers: int, at: datetime) -> answers.TaskStats:
    """Return what an account's tasks come to, and how the platform's queue stands."""
    health = answers.TaskSystemHealth(
        celery_workers_active=workers, queue_depth=queue.waiting, avg_queue_wait_time_seconds=queue.mean_wait_s
    )
    told = {name: getattr(found.durations, field) for name, field in DURATIONS.items()}
    rates = {"success_rate": found.all.rate(JobState.SUCCEEDED), "failure_rate": found.all.rate(JobState.FAILED)}
    reasons = {name: NONE_ENDED for name, value in (told | rates).items() if value is None}
    if queue.mean_wait_s is None:
        reasons["system_health.avg_queue_wait_time_seconds"] = "no job has begun yet"
    return answers.TaskStats(
        total_tasks=found.all.total,
        pending=found.all.of(JobState.QUEUED),
        running=found.all.of(JobState.RUNNING),
        successful=found.all.of(JobState.SUCCEEDED),
        failed=found.all.of(JobState.FAILED),
        revoked=found.all.of(JobState.CANCELLED),
        **rates,
        **told,
        last_24h=_counts(found.day),
        last_7d=_counts(found.week),
        by_task_type={TASK_NAMES[kind]: _counts(tally) for kind, tally in found.kinds.items()},
        system_health=health,
        last_updated=at,
        reasons=reasons | _rate_reasons(found),
    )


def _counts(tally: Tally) -> answers.TaskCounts:
    return answers.TaskCounts(
        total=tally.total,
        successful=tally.of(JobState.SUCCEEDED),
        failed=tally.of(JobState.FAILED),
        success_rate=tally.rate(JobState.SUCCEEDED),
    )


def _rate_reasons(found: TaskStatistics) -> dict[str, str]:
    parts = {"last_24h": found.day, "last_7d": found.week} | {
        f"by_task_type.{TASK_NAMES[kind]}": each for kind, each in found.kinds.items()
    }
    return {f"{name}.success_rate": NONE_ENDED for name, tally in parts.items() if tally.rate(JobState.SUCCEEDED) is None}
