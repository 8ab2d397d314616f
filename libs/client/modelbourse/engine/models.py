"""AI Engine's models: create, train on a dataset, wait, delete."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from modelbourse.answers.engine.models import EngineModel, EngineModelDeleted, EngineModels, EngineTraining, EngineTrainingQueued
from modelbourse.asking import ask_for, given, path_to
from modelbourse.engine.errors import EngineJobCancelledError, EngineJobFailedError
from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.gateway import Gateway, new_key
from modelbourse.looking import Looks
from modelbourse.steps import Steps

MODELS: Final = "/v1/ai/models"


def list_models(
    gateway: Gateway,
    *,
    type: str | None = None,  # noqa: A002  # as the API has it
    status: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Steps[EngineModels]:
    """Return a part of your models of every face, the oldest first."""
    params = given(type=type, status=status, limit=limit, offset=offset)
    return ask_for(gateway, EngineModels, "GET", MODELS, params=params)


def get_model(gateway: Gateway, model_id: str) -> Steps[EngineModel]:
    """Return a model; raise NotFoundError."""
    return ask_for(gateway, EngineModel, "GET", path_to(f"{MODELS}/", model_id, then=""))


def create_model(
    gateway: Gateway,
    *,
    name: str,
    type: str,  # noqa: A002  # as the API has it
    features: Iterable[str],
    target: str,
    parameters: Mapping[str, Any] | None = None,
    description: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[EngineModel]:
    """Create a model without data, which is trained on a dataset; raise InvalidRequestError with all that is wrong."""
    body = {"name": name, "type": type, "features": list(features), "target": target, "parameters": dict(parameters or {})}
    return ask_for(gateway, EngineModel, "POST", MODELS, body=body | given(description=description), key=idempotency_key or new_key())


def train_model(
    gateway: Gateway,
    model_id: str,
    *,
    dataset_id: str | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    validation_split: float | None = None,
    callbacks: Iterable[Mapping[str, Any]] | None = None,
    validation: Mapping[str, Any] | None = None,
    sample_weights: str | None = None,
    calibration: str | None = None,
    refit: bool | None = None,
    job_name: str | None = None,
    priority: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[EngineTrainingQueued]:
    """Queue a training of a model on a dataset (null: on what it learned from before). Raise PaymentError, ConflictError."""
    body = given(
        dataset_id=dataset_id,
        hyperparameters=None if hyperparameters is None else dict(hyperparameters),
        validation_split=validation_split,
        callbacks=None if callbacks is None else [dict(each) for each in callbacks],
        validation=None if validation is None else dict(validation),
        sample_weights=sample_weights,
        calibration=calibration,
        refit=refit,
        job_name=job_name,
        priority=priority,
    )
    path = path_to(f"{MODELS}/", model_id, then="/train")
    return ask_for(gateway, EngineTrainingQueued, "POST", path, body=body, key=idempotency_key or new_key())


def get_training(gateway: Gateway, model_id: str, job_id: str) -> Steps[EngineTraining]:
    """Return a training as it stands; raise NotFoundError."""
    return ask_for(gateway, EngineTraining, "GET", _training(model_id, job_id))


def cancel_training(gateway: Gateway, model_id: str, job_id: str, *, idempotency_key: str | None = None) -> Steps[EngineTraining]:
    """End a training: what it has used is charged, the rest comes back. Raise ConflictError when it has ended."""
    return ask_for(gateway, EngineTraining, "POST", f"{_training(model_id, job_id)}/cancel", key=idempotency_key or new_key())


def wait_for_training(
    gateway: Gateway,
    model_id: str,
    job_id: str,
    *,
    timeout: float | None = None,
    progress: bool = False,
    watch: Callable[[EngineTraining], None] | None = None,
) -> Steps[EngineTraining]:
    """Wait until a training has ended well and return it.

    `progress` shows a bar on stderr (lines, where that is no terminal); `watch` is called each time it is looked at.
    Raise EngineJobFailedError, EngineJobCancelledError or, after `timeout` seconds, WaitTimeoutError: the training goes on.
    """

    def too_late(last: EngineTraining | None) -> WaitTimeoutError:
        stands = f"it is {last.status}" if last else "it goes on"
        return WaitTimeoutError(f"the training {job_id} is not waited for any longer than {timeout:g} s; {stands}", None)

    looks = Looks(gateway, lambda: get_training(gateway, model_id, job_id), too_late, timeout)
    with _progress_of(job_id) if progress else nullcontext() as show:
        while True:
            training = yield from looks.next()
            for told in (show, watch):
                if told is not None:
                    told(training)
            if training.ended:
                break
    if training.status == "failed":
        message = f"the training {job_id} failed: {training.error or 'no reason was given'}"
        raise EngineJobFailedError(message, training)
    if training.status == "cancelled":
        message = f"the training {job_id} was cancelled"
        raise EngineJobCancelledError(message, training)
    return training


def delete_model(gateway: Gateway, model_id: str) -> Steps[EngineModelDeleted]:
    """Delete a model with all of its versions; raise ConflictError while it is trained or in production."""
    return ask_for(gateway, EngineModelDeleted, "DELETE", path_to(f"{MODELS}/", model_id, then=""))


def _training(model_id: str, job_id: str) -> str:
    return path_to(f"{MODELS}/", model_id, then="") + path_to("/train/", job_id, then="")


def _progress_of(job_id: str) -> AbstractContextManager[Callable[[EngineTraining], None]]:
    from modelbourse.engine.progress import progress_of_training  # noqa: PLC0415  # rich takes a while to import

    return progress_of_training(job_id)
