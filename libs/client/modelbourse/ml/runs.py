"""ML Development's runs: trainings, evaluations and backtests of recipes, and what an outside worker reports of its own."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from modelbourse.answers.ml_development.runs import MlRunEstimate, MlRuns, MlRunWhole, RunStatus, RunType
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.ml.recipes import ML
from modelbourse.ml.waiting import wait_for
from modelbourse.steps import Steps

RUNS: Final = f"{ML}/runs"


def list_runs(
    gateway: Gateway,
    *,
    model_id: str | None = None,
    recipe_id: str | None = None,
    status: RunStatus | None = None,
    run_type: RunType | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Steps[MlRuns]:
    """Return a part of your runs in short, the newest first."""
    params = {"model_id": model_id, "recipe_id": recipe_id, "status": status, "run_type": run_type, "limit": limit, "offset": offset}
    return ask_for(gateway, MlRuns, "GET", RUNS, params=params)


def start_run(
    gateway: Gateway,
    recipe_id: str,
    version_id: str,
    run_type: RunType = "train",
    *,
    model_id: str | None = None,
    model_version: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[MlRunWhole]:
    """Start a run of a recipe's version; a training of a model makes its next version. Raise PaymentError, NotFoundError."""
    body = _asked(recipe_id, version_id, run_type, model_id, model_version)
    return ask_for(gateway, MlRunWhole, "POST", RUNS, body=body, key=idempotency_key or new_key())


def estimate_run(
    gateway: Gateway,
    recipe_id: str,
    version_id: str,
    run_type: RunType = "train",
    *,
    model_id: str | None = None,
    model_version: str | None = None,
) -> Steps[MlRunEstimate]:
    """Return what a run would take at most; nothing is started."""
    body = _asked(recipe_id, version_id, run_type, model_id, model_version)
    return ask_for(gateway, MlRunEstimate, "POST", f"{RUNS}/estimate", body=body)


def get_run(gateway: Gateway, run_id: str) -> Steps[MlRunWhole]:
    """Return a run as it stands; in the end with what it has measured beside its baselines. Raise NotFoundError."""
    return ask_for(gateway, MlRunWhole, "GET", _path(run_id))


def wait_for_run(
    gateway: Gateway,
    run_id: str,
    *,
    timeout: float | None = None,
    progress: bool = False,
    watch: Callable[[MlRunWhole], None] | None = None,
) -> Steps[MlRunWhole]:
    """Wait until a run has ended, well or not (`status`, `error`), and return it. Raise WaitTimeoutError after `timeout` seconds.

    `progress` shows a bar on stderr (lines, where that is no terminal); `watch` is called each time it is looked at.
    """
    return wait_for(
        gateway,
        f"the run {run_id}",
        lambda: get_run(gateway, run_id),
        ended=lambda seen: seen.status in {"succeeded", "failed"},
        stands=lambda seen: (seen.progress, seen.stage if seen.status == "running" else seen.status),
        timeout=timeout,
        progress=progress,
        watch=watch,
    )


def cancel_run(gateway: Gateway, run_id: str) -> Steps[MlRunWhole]:
    """End a run; hours that it has not used come back. Raise ConflictError when it has ended."""
    return ask_for(gateway, MlRunWhole, "DELETE", _path(run_id))


def report_run(
    gateway: Gateway,
    run_id: str,
    *,
    status: RunStatus | None = None,
    metrics: Mapping[str, Any] | None = None,
    artifacts: Mapping[str, Any] | None = None,
    logs: str | None = None,
) -> Steps[MlRunWhole]:
    """Report on a run as its outside worker; it never counts as measured. Raise InvalidRequestError for a step back."""
    body = given(status=status, metrics_json=metrics, artifacts_json=artifacts, logs_text=logs)
    return ask_for(gateway, MlRunWhole, "PUT", _path(run_id), body=body)


def get_run_file(gateway: Gateway, run_id: str, path: str = "report.html") -> Steps[bytes]:
    """Return a file of a run, as its `artifacts_json` names it. Raise NotFoundError."""
    answer = yield from gateway.ask("GET", _path(run_id, "files", *path.split("/")))
    return bytes(answer.content)


def _asked(recipe_id: str, version_id: str, run_type: RunType, model_id: str | None, model_version: str | None) -> dict[str, Any]:
    asked = {"recipe_id": recipe_id, "recipe_version_id": version_id, "run_type": run_type}
    return asked | given(model_id=model_id, model_version=model_version)


def _path(run_id: str, *parts: str) -> str:
    return path_to(f"{RUNS}/", run_id, *parts, then="")
