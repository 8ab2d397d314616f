"""Between AI Studio's words and the domain's: pure functions and two-way tables."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from libs.contracts.training import COMPUTE_LIMIT, JobState
from services.gateway.domain.job import Job
from services.gateway.domain.model import Listing, Model, ModelVersion
from services.gateway.inbound.faces.ai_studio.words import BUILD_WORDS, JOB_WORDS, STAGE_WORDS, status_of

LIST_METRICS: Final = ("accuracy", "precision", "recall", "f1_score", "sharpe_ratio")
MODEL_METRICS: Final = ("accuracy", "precision", "recall", "f1_score", "roc_auc", "sharpe_ratio", "max_drawdown", "total_return")
BACKTEST: Final = ("total_trades", "winning_trades", "losing_trades", "win_rate", "avg_win", "avg_loss", "profit_factor")
LEARNED_UNSAID: Final = "Its training did not write this down: train it again."
NOT_TRAINED: Final = "The model has not been trained yet."
NOT_HAD: Final = "This kind of model does not have it."
NOT_MEASURED: Final = "Not measured for a {kind} model."
# How far the final fit alone is: told among the metrics, and no metric.
EPOCHS: Final = frozenset({"epoch", "total_epochs", "best_epoch"})
TRAINING_METRICS: Final = ("final_accuracy", "final_loss", "epochs", "best_epoch")
VALIDATION_METRICS: Final = ("accuracy", "precision", "recall")
# Why a job failed, in the document's one word for it; its own kind of error stands beside.
FAILED: Final = "MODEL_TRAINING_ERROR"
STATE_IN_WORDS: Final = re.compile(r"\b(draft|training|ready|failed|archived|queued|running|succeeded|cancelled)\b")


def moment(at: datetime | None) -> str | None:
    """Write a moment as the face does: ISO 8601, UTC, `Z`."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status_words(details: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Say the domain's states in the face's words, where an error's details speak of a status."""
    words = {state.value: word for table in (BUILD_WORDS, STAGE_WORDS, JOB_WORDS) for state, word in table.items()}
    return {
        field: [STATE_IN_WORDS.sub(lambda found: words[found.group()], text) for text in texts] if field == "status" else texts
        for field, texts in details.items()
    }


def model_created(model: Model) -> dict[str, Any]:
    """Return what the maker of a model is told."""
    return {
        "id": model.id,
        "name": model.name,
        "status": status_of(model),
        "created_at": moment(model.created_at),
        "message": "Model created successfully. Ready for training.",
    }


def model_row(model: Model) -> dict[str, Any]:
    """Return a model as lists show it."""
    metrics = model.result.metrics if model.result else {}
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "model_type": model.spec.model_type.name,
        "algorithm": model.spec.algorithm,
        "status": status_of(model),
        "is_published": model.listing is Listing.LISTED,
        "performance_metrics": {name: metrics.get(name) for name in LIST_METRICS},
        "total_earnings": f"{model.earnings:.2f}",
        "version": model.versions[-1].name if model.versions else None,
        "created_at": moment(model.created_at),
        "updated_at": moment(model.updated_at),
        "reasons": _reasons(LIST_METRICS, model) | ({} if model.versions else {"version": NOT_TRAINED}),
    }


def model_details(model: Model) -> dict[str, Any]:
    """Return all there is to say of a model. What is null has its reason under `reasons`."""
    spec, result = model.spec, model.result
    details = model_row(model) | {
        "target_variable": spec.target_variable,
        "features": list(spec.features),
        "hyperparameters": spec.hyperparameters,
        "training_config": spec.training_config,
        "performance_metrics": _named(MODEL_METRICS, result.metrics if result else {}),
        "backtest_results": _counted(_named(BACKTEST, result.backtest if result else {})),
        "feature_importance": result.feature_importance if result else None,
        "total_downloads": model.downloads,
        "active_job_id": model.active_job,
        "versions": [_version(version) for version in model.versions],
        "baselines": result.baselines if result else None,
        "sharpe_interval": result.sharpe_interval if result else None,
        "equity_curve": [list(point) for point in result.equity_curve] if result else None,
        "run_card": result.run_card if result else None,
        "learned_until": _learned_until(result.run_card) if result else None,
        "data_source": result.run_card.get("data_source") if result else None,
        "synthetic": bool(result.run_card.get("synthetic")) if result else None,
    }
    nulls = [name for name, value in details.items() if value is None and name != "active_job_id"]
    missing = [name for part in ("performance_metrics", "backtest_results") for name, value in details[part].items() if value is None]
    reasons = _reasons([*missing, *nulls], model)
    if result and details["learned_until"] is None:
        reasons["learned_until"] = LEARNED_UNSAID
    return details | {"reasons": reasons}


def _learned_until(run_card: Mapping[str, Any]) -> str | None:
    said = run_card.get("learned_until")
    return moment(datetime.fromisoformat(said)) if said else None


def job_row(job: Job) -> dict[str, Any]:
    """Return a job as lists show it."""
    return {
        "id": job.id,
        "model_id": job.model_id,
        "job_name": job.name,
        "status": JOB_WORDS[job.state],
        "priority": job.priority.name,
        "model_version": job.model_version,
        "progress": job.progress,
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at),
        "completed_at": moment(job.ended_at),
        "compute_hours": _number(job.compute_hours),
        "training_metrics": _counted(_named(TRAINING_METRICS, job.training_metrics or {})),
        "validation_metrics": _named(VALIDATION_METRICS, job.validation_metrics or {}),
        "reasons": job_reasons(job),
    }


def job_reasons(job: Job) -> dict[str, str]:
    """Say why a job's values are null, by name."""
    reasons: dict[str, str] = {}
    word = JOB_WORDS[job.state]
    if job.started_at is None:
        reasons["started_at"] = "No runner has taken the job up." if job.state.ended else "The job waits for a runner."
    if not job.state.ended:
        reasons |= dict.fromkeys(("completed_at", "cost", "refund_amount"), f"The job is {word}: known when it ends.")
        if job.compute_hours is None:
            reasons["compute_hours"] = f"The job is {word}: known when it has run for a while."
    if job.estimated_completion is None:
        reasons["estimated_completion"] = "The job has ended." if job.state.ended else "It is too early to say."
    if job.training_metrics is None:
        when = f"The job is {word} and measured nothing." if job.state.ended else f"The job is {word}: measured when it ends."
        reasons |= dict.fromkeys(("training_metrics", "validation_metrics"), when)
    else:
        measured = _named(TRAINING_METRICS, job.training_metrics) | _named(VALIDATION_METRICS, job.validation_metrics or {})
        reasons |= {name: job.reasons.get(name, NOT_HAD) for name, value in measured.items() if value is None}
    return _why_not_now(job) | reasons


def _why_not_now(job: Job) -> dict[str, str]:
    """Say why one of the latest metrics is null, by name."""
    match job.state:
        case JobState.QUEUED | JobState.RUNNING:
            why = f"The job is {JOB_WORDS[job.state]} and has not measured it yet."
        case JobState.SUCCEEDED:
            why = NOT_HAD
        case _:
            why = f"The job is {JOB_WORDS[job.state]} and did not measure it."
    values = _current_metrics(job) | {"best_epoch": _best_epoch(job)}
    return {name: job.reasons.get(name, why) for name, value in values.items() if value is None}


def job_details(job: Job) -> dict[str, Any]:
    """Return all there is to say of a job. An epoch is a tree, round, epoch or iteration of the fit under way; before it began, a step."""
    epoch, epochs = _epochs(job)
    return job_row(job) | {
        "stage": job.stage,
        "current_epoch": epoch,
        "total_epochs": epochs,
        "best_epoch": _best_epoch(job),
        "current_metrics": _current_metrics(job),
        "estimated_completion": moment(job.estimated_completion),
        "estimated_cost": _money(job.reserved_cost),
        "cost": _money(job.cost),
        "refund_amount": _money(job.refund),
        "attempts": job.attempt,
        "error": {"code": COMPUTE_LIMIT if job.error.is_compute_limit else FAILED, "type": job.error.type, "message": job.error.message}
        if job.error
        else None,
        "cancel_requested_at": moment(job.cancel_requested_at),
        "logs": [{"timestamp": moment(line.timestamp), "level": line.level, "message": line.message} for line in job.logs],
    }


def _best_epoch(job: Job) -> int | None:
    """Return the epoch that would be kept now, or was; null while there is none."""
    best = ((job.training_metrics if job.state is JobState.SUCCEEDED else job.metrics) or {}).get("best_epoch")
    return None if best is None else int(best)


def _epochs(job: Job) -> tuple[int, int]:
    """Return how many are done, and of how many; a job that ended well has done them all, whatever was told last on the way."""
    done, of = job.metrics.get("epoch"), job.metrics.get("total_epochs")
    if job.state is JobState.SUCCEEDED:
        done = of = (job.training_metrics or {}).get("epochs") or job.total_steps
    return (job.step, job.total_steps) if done is None or of is None else (int(done), int(of))


def _current_metrics(job: Job) -> dict[str, float | None]:
    metrics = {name: value for name, value in job.metrics.items() if name not in EPOCHS}
    return {"accuracy": None, **metrics, "loss": metrics.get("loss", metrics.get("log_loss"))}


def job_cancelled(job: Job, *, refund: Decimal) -> dict[str, Any]:
    """Return what is told of a job when it is cancelled."""
    return {
        "message": "Training job cancelled successfully",
        "refund_amount": f"{refund:.2f}",
        "job_id": job.id,
        "status": JOB_WORDS[job.state],
    }


def _named(documented: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the documented values, null where there is none, then all others."""
    return {name: values.get(name) for name in (*documented, *values)}


def _reasons(names: Sequence[str], model: Model) -> dict[str, str]:
    """Say of each of these names why it is null; names that have a value are passed over."""
    if model.result is None:
        return dict.fromkeys(names, NOT_TRAINED)
    given = {**model.result.metrics, **model.result.backtest}
    missing = [name for name in names if given.get(name) is None]
    known = {name: reason for name, reason in model.result.reasons.items() if name in missing}
    return dict.fromkeys(missing, NOT_MEASURED.format(kind=model.spec.model_type.value)) | known


def _version(version: ModelVersion) -> dict[str, Any]:
    return {
        "version": version.name,
        "job_id": version.job_id,
        "created_at": moment(version.made_at),
        "performance_metrics": version.metrics,
    }


def _counted(values: Mapping[str, float | None]) -> dict[str, float | int | None]:
    """Turn counts into whole numbers."""
    return {
        name: int(value) if value is not None and name.endswith(("_trades", "epochs", "_epoch")) else value
        for name, value in values.items()
    }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
