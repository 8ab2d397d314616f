"""Model Builder's trainings on texts: start, list, look, read the log, wait, cancel."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from modelbourse.answers.builder.trainings import (
    LogLevel,
    TextStatus,
    TextTraining,
    TextTrainingCancelled,
    TextTrainingLogs,
    TextTrainingPage,
    TextTrainingStarted,
)
from modelbourse.asking import given, path_to
from modelbourse.builder.asking import ask_builder
from modelbourse.builder.waiting import wait_for
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

TRAININGS: Final = "/training"


def start_training(
    gateway: Gateway,
    data_path: str,
    *,
    output_dir: str | None = None,
    experiment_name: str | None = None,
    config: Mapping[str, Any] | None = None,
    resume_from: str | None = None,
    log_level: LogLevel | None = None,
    idempotency_key: str | None = None,
) -> Steps[TextTrainingStarted]:
    """Start a training on labelled texts of your data root, or of `dataset:<id>`; it makes the next version of its experiment.

    `config` has `training`, `preprocessing` and `data`, as `sentiment-config --template` shows them. Raise InvalidRequestError by field,
    NotFoundError, PaymentError or PermissionDeniedError.
    """
    body = {"data_path": data_path} | given(
        output_dir=output_dir,
        experiment_name=experiment_name,
        config=None if config is None else dict(config),
        resume_from=resume_from,
        log_level=log_level,
    )
    return ask_builder(gateway, TextTrainingStarted, "POST", f"{TRAININGS}/start", body=body, key=idempotency_key or new_key())


def list_trainings(
    gateway: Gateway, *, status: TextStatus | None = None, experiment_name: str | None = None, limit: int = 20, offset: int = 0
) -> Steps[TextTrainingPage]:
    """Return a part of your trainings, the newest first."""
    params = {"limit": limit, "offset": offset} | given(status=status, experiment_name=experiment_name)
    return ask_builder(gateway, TextTrainingPage, "GET", TRAININGS, params=params)


def get_training(gateway: Gateway, job_id: str) -> Steps[TextTraining]:
    """Return a training as it stands; raise NotFoundError."""
    return ask_builder(gateway, TextTraining, "GET", path_to(f"{TRAININGS}/", job_id, then=""))


def get_logs(gateway: Gateway, job_id: str, *, level: LogLevel | None = None, limit: int = 100, offset: int = 0) -> Steps[TextTrainingLogs]:
    """Return a part of a training's log, the oldest line first; raise NotFoundError."""
    params = {"limit": limit, "offset": offset} | given(level=level)
    return ask_builder(gateway, TextTrainingLogs, "GET", path_to(f"{TRAININGS}/", job_id, then="/logs"), params=params)


def cancel_training(gateway: Gateway, job_id: str) -> Steps[TextTrainingCancelled]:
    """End a training; what it has used is charged. Raise NotFoundError, or ConflictError for one that has ended."""
    return ask_builder(gateway, TextTrainingCancelled, "DELETE", path_to(f"{TRAININGS}/", job_id, then=""))


def wait_for_training(
    gateway: Gateway, job_id: str, *, timeout: float | None = None, watch: Callable[[TextTraining], None] | None = None
) -> Steps[TextTraining]:
    """Wait until a training has ended well and return it; `watch` is told what is seen.

    Raise BuilderJobFailedError, BuilderJobCancelledError or, after `timeout` seconds, WaitTimeoutError: the training goes on.
    """
    return wait_for(gateway, job_id, lambda: get_training(gateway, job_id), timeout=timeout, watch=watch)
