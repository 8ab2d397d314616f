"""ML Development's answers about runs, made of jobs and of what outside workers have reported."""

from typing import Any, Final

from libs.contracts.money import price_of
from libs.contracts.recipe_runs import MODEL_MANIFEST, RecipeRunResult, RecipeRunSpec
from libs.contracts.training import Artifact, JobState, LogLine
from modelbourse.answers.ml_development import runs as answers
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.recipe_price import fits, recipe_hours
from services.gateway.domain.jobs.recipe_runs import is_reported, result_of, run_id_of, spec_of, status_of
from services.gateway.domain.jobs.run_report import RunReport

PREFIX: Final = "/api/ml-development"
NOUN: Final = "run"
WAITS: Final = "It waits for a worker."
RUNS: Final = "It has not ended."
OF_WORKER: Final = "Its outside worker has not said it."
IN_LIST: Final = "A list does not have it: the run's own address does."
NOT_MEASURED: Final = "Nothing was measured."
NO_MODEL: Final = "It is a run of no model: its files and metrics are kept with it."
FRESH: Final = "It measures no version, but what it fits itself."
CANCELLED: Final = answers.RunError(type="CANCELLED", message="It was cancelled.")
LINES_MOST: Final = 500


def no_run(run_id: str) -> JobNotFoundError:
    """Return the error of a run that there is not."""
    return JobNotFoundError(run_id, noun=NOUN)


def row_of(job: Job) -> answers.MlRun:
    """Return a run as lists show it."""
    return answers.MlRun(**_short(job, listed=True))


def run_of(job: Job) -> answers.MlRunWhole:
    """Return a run with all that it has measured and made."""
    result = None if is_reported(job) else result_of(job)
    values: dict[str, Any] = _short(job, listed=False) | _measured(result)
    values |= {
        "reported": _said(job.reported) if job.reported else None,
        "error": error_of(job),
        "estimated_completion": job.estimated_completion,
        "attempts": job.attempt,
        "compute_hours": None if job.compute_hours is None else float(job.compute_hours),
        "reserved_cost": job.reserved_cost,
        "cost": job.cost,
    }
    whys = {
        "reported": "No outside worker has reported on it.",
        "error": "It has not failed.",
        "estimated_completion": "It has ended." if job.state.ended else "Nobody knows yet.",
        "compute_hours": WAITS if not job.state.ended else "Nothing was used.",
        "cost": RUNS,
        "synthetic": NOT_MEASURED if job.state.ended else RUNS,
    }
    values["reasons"] |= {name: why for name, why in whys.items() if values[name] is None}
    return answers.MlRunWhole(**values)


def estimate_of(spec: RecipeRunSpec) -> answers.MlRunEstimate:
    """Return what a run would take at most."""
    hours, rows = recipe_hours(spec), spec.data.rows if spec.data else None
    why = {} if rows is not None else {"rows": "They were not counted: the file was sent, or ships with the platform."}
    return answers.MlRunEstimate(hours=float(hours), cost=price_of(hours), fits=fits(spec), rows=rows, reasons=why)


def _short(job: Job, *, listed: bool) -> dict[str, Any]:
    """Return what lists show of a run."""
    spec, told, status = spec_of(job), job.reported, status_of(job)
    of_worker = told is not None and is_reported(job)
    values: dict[str, Any] = {
        "id": run_id_of(job.id),
        "model_id": spec.model_id or None,
        "recipe_id": spec.recipe_id,
        "recipe_version_id": spec.recipe_version_id,
        "run_type": spec.run_type.value,
        "status": status,
        "model_version": spec.version or None,
        "model_family": spec.family,
        "created_at": job.created_at,
        "job_id": job.id,
    }
    values |= _of_worker(told, listed=listed) if told is not None and of_worker else _of_job(job, listed=listed)
    early = OF_WORKER if of_worker else WAITS if status == "queued" else RUNS
    whys = {
        "started_at": early,
        "finished_at": OF_WORKER if of_worker else RUNS,
        "logs_text": IN_LIST,
        "metrics_source": NOT_MEASURED if status in {"succeeded", "failed"} else early,
        "model_id": NO_MODEL,
        "model_version": FRESH if spec.model_id else NO_MODEL,
    }
    values["reasons"] = {name: why for name, why in whys.items() if values[name] is None} | values.pop("whys")
    return values


def _of_worker(told: RunReport, *, listed: bool) -> dict[str, Any]:
    """Return what an outside worker has said of its run."""
    return {
        "started_at": told.started_at,
        "finished_at": told.finished_at,
        "metrics_json": dict(told.metrics),
        "artifacts_json": {} if listed else told.artifacts,
        "logs_text": None if listed else told.logs_text,
        "metrics_source": "reported" if told.metrics else None,
        "progress": 100 if told.finished_at else 0,
        "stage": "reported by an outside worker",
        "whys": {},
    }


def _of_job(job: Job, *, listed: bool) -> dict[str, Any]:
    """Return what the platform knows of its own run."""
    measured = (job.result or {}).get("metrics", {})
    whys = (job.result or {}).get("reasons", {})
    return {
        "started_at": job.started_at,
        "finished_at": job.ended_at,
        "metrics_json": measured,
        "artifacts_json": {} if listed else _files(job),
        "logs_text": None if listed else logs_of(job.logs),
        "metrics_source": "measured" if measured else None,
        "progress": 100 if job.state is JobState.SUCCEEDED else job.progress,
        "stage": job.stage or ("waiting for a runner" if job.state is JobState.QUEUED else job.state.value),
        "whys": {f"metrics_json.{name}": whys.get(name, NOT_MEASURED) for name, value in measured.items() if value is None},
    }


def _measured(result: RecipeRunResult | None) -> dict[str, Any]:
    """Return what is long of a measured run; empty before."""
    names = ("baseline", "intervals", "tables", "curves", "folds", "importance", "rows", "notes", "synthetic", "run_card")
    if result is None:
        return {"folds": [], "notes": [], "synthetic": None} | {name: {} for name in names if name not in {"folds", "notes", "synthetic"}}
    return result.model_dump(include=set(names))


def files_of(job: Job) -> dict[str, Artifact]:
    """Return the files of a measured run, by their paths."""
    return {path: Artifact.model_validate(file) for path, file in (job.result or {}).get("files", {}).items()}


def _files(job: Job) -> dict[str, str]:
    paths = sorted(files_of(job))
    links = {path: f"{PREFIX}/runs/{run_id_of(job.id)}/files/{path}" for path in paths}
    return ({"model_path": links[MODEL_MANIFEST]} if MODEL_MANIFEST in links else {}) | links


def logs_of(lines: tuple[LogLine, ...]) -> str:
    """Return a log as text: the newest lines, a line each, with their time and level."""
    shown = lines[-LINES_MOST:]
    return "\n".join(f"{line.timestamp.isoformat(timespec='milliseconds')} {line.level} {line.message}" for line in shown)


def error_of(job: Job) -> answers.RunError | None:
    """Return why a job of the platform has failed, or was cancelled."""
    if is_reported(job):
        return None
    if job.state is JobState.CANCELLED:
        return (
            CANCELLED if job.cancel_reason is None else CANCELLED.model_copy(update={"message": f"It was cancelled: {job.cancel_reason}"})
        )
    return answers.RunError(type=job.error.type, message=job.error.message) if job.error else None


def _said(report: RunReport) -> answers.RunReported:
    return answers.RunReported(
        status=report.status,
        metrics_json=dict(report.metrics),
        artifacts_json=report.artifacts,
        logs_text=report.logs_text,
        reported_at=report.at,
    )
