"""AI Engine's experiments and tunings: search for the best hyperparameters, follow the trials, make a model of the best one."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal

from modelbourse.answers.engine.experiments import (
    Experiment,
    ExperimentDeleted,
    Experiments,
    ExperimentStarted,
    ExperimentStopping,
    ModelMade,
    Trials,
    Tuning,
    TuningQueued,
    TuningResults,
)
from modelbourse.asking import ask_for, given, path_to
from modelbourse.engine.errors import EngineJobCancelledError, EngineJobFailedError
from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.gateway import Gateway, new_key
from modelbourse.looking import Looks
from modelbourse.steps import Steps

EXPERIMENTS: Final = "/v1/ai/experiments"
ENDED: Final = frozenset({"stopped", "completed", "failed"})
Space = Mapping[str, Mapping[str, Any]]


def list_experiments(gateway: Gateway, *, status: str | None = None, limit: int = 100, offset: int = 0) -> Steps[Experiments]:
    """Return a part of your experiments, the oldest first."""
    return ask_for(gateway, Experiments, "GET", EXPERIMENTS, params=given(status=status, limit=limit, offset=offset))


def get_experiment(gateway: Gateway, experiment_id: str) -> Steps[Experiment]:
    """Return an experiment as it stands; raise NotFoundError."""
    return ask_for(gateway, Experiment, "GET", _path(experiment_id))


def create_experiment(
    gateway: Gateway,
    /,
    *,
    name: str,
    model_type: str,
    dataset_id: str,
    features: Iterable[str],
    target: str,
    hyperparameter_space: Space,
    idempotency_key: str | None = None,
    **more: Any,
) -> Steps[Experiment]:
    """Create an experiment, which is started next; raise InvalidRequestError with all that is wrong.

    `more` is what it can be asked for besides (docs/guides/experiments.md): optimization_metric, objectives, max_trials, sampler …
    """
    body = {
        "name": name,
        "model_type": model_type,
        "dataset_id": dataset_id,
        "features": list(features),
        "target": target,
        "hyperparameter_space": {parameter: dict(each) for parameter, each in hyperparameter_space.items()},
    }
    return ask_for(gateway, Experiment, "POST", EXPERIMENTS, body=body | given(**more), key=idempotency_key or new_key())


def start_experiment(gateway: Gateway, experiment_id: str, *, idempotency_key: str | None = None) -> Steps[ExperimentStarted]:
    """Start an experiment. Raise ConflictError for one that was started before, PaymentError."""
    return ask_for(gateway, ExperimentStarted, "POST", _path(experiment_id, "start"), key=idempotency_key or new_key())


def stop_experiment(gateway: Gateway, experiment_id: str) -> Steps[ExperimentStopping]:
    """Stop a running experiment: trials that have ended are kept. Raise ConflictError for one that does not run."""
    return ask_for(gateway, ExperimentStopping, "POST", _path(experiment_id, "stop"))


def resume_experiment(
    gateway: Gateway, experiment_id: str, *, max_trials: int | None = None, idempotency_key: str | None = None
) -> Steps[ExperimentStarted]:
    """Go on with an experiment until there are so many trials in all; without `max_trials`, measure what one that was stopped has found.

    Raise ConflictError while it runs, PaymentError.
    """
    path = _path(experiment_id, "resume")
    return ask_for(gateway, ExperimentStarted, "POST", path, body=given(max_trials=max_trials), key=idempotency_key or new_key())


def delete_experiment(gateway: Gateway, experiment_id: str) -> Steps[ExperimentDeleted]:
    """Delete an experiment with its trials; raise ConflictError while it runs."""
    return ask_for(gateway, ExperimentDeleted, "DELETE", _path(experiment_id))


def list_trials(
    gateway: Gateway,
    experiment_id: str,
    *,
    status: str | None = None,
    sort_by: str | None = None,
    sort_order: Literal["asc", "desc"] | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Steps[Trials]:
    """Return a part of an experiment's trials, the newest first, or the best first by a metric (`sort_by`)."""
    params = given(status=status, sort_by=sort_by, sort_order=sort_order, limit=limit, offset=offset)
    return ask_for(gateway, Trials, "GET", _path(experiment_id, "trials"), params=params)


def make_model(
    gateway: Gateway, experiment_id: str, *, name: str | None = None, trial_id: str | None = None, idempotency_key: str | None = None
) -> Steps[ModelMade]:
    """Make a model of the best trial, or of the one that is named; raise ConflictError while none has completed."""
    body = given(name=name, trial_id=trial_id)
    return ask_for(gateway, ModelMade, "POST", _path(experiment_id, "model"), body=body, key=idempotency_key or new_key())


def get_experiment_plot(gateway: Gateway, experiment_id: str, plot: str = "history.png") -> Steps[bytes]:
    """Return a picture of an experiment, or `report.html`, as bytes; raise NotFoundError while there is none."""
    answer = yield from gateway.ask("GET", _path(experiment_id, "plots", plot))
    return bytes(answer.content)


def wait_for_experiment(
    gateway: Gateway, experiment_id: str, *, timeout: float | None = None, watch: Callable[[Experiment], None] | None = None
) -> Steps[Experiment]:
    """Wait until an experiment has completed and return it; `watch` is called each time it is looked at.

    Raise EngineJobFailedError, EngineJobCancelledError for one that was stopped or, after `timeout` seconds, WaitTimeoutError.
    """

    def too_late(last: Experiment | None) -> WaitTimeoutError:
        stands = f"it is {last.status}" if last else "it goes on"
        return WaitTimeoutError(f"the experiment {experiment_id} is not waited for any longer than {timeout:g} s; {stands}", None)

    looks = Looks(gateway, lambda: get_experiment(gateway, experiment_id), too_late, timeout)
    while True:
        seen = yield from looks.next()
        if watch is not None:
            watch(seen)
        if seen.status in ENDED:
            _check_ended_well(seen, f"the experiment {experiment_id}")
            return seen


def tune_model(
    gateway: Gateway,
    /,
    model_id: str,
    *,
    dataset_id: str,
    hyperparameter_space: Space,
    idempotency_key: str | None = None,
    **more: Any,
) -> Steps[TuningQueued]:
    """Search for a model's best hyperparameters on a dataset; `more` is as for experiments. Raise InvalidRequestError, PaymentError."""
    space = {parameter: dict(each) for parameter, each in hyperparameter_space.items()}
    body = {"dataset_id": dataset_id, "hyperparameter_space": space} | given(**more)
    return ask_for(gateway, TuningQueued, "POST", _tuning(model_id), body=body, key=idempotency_key or new_key())


def get_tuning(gateway: Gateway, model_id: str, job_id: str) -> Steps[Tuning]:
    """Return a tuning as it stands; raise NotFoundError."""
    return ask_for(gateway, Tuning, "GET", _tuning(model_id) + path_to("/", job_id, then=""))


def get_tuning_results(gateway: Gateway, model_id: str, job_id: str) -> Steps[TuningResults]:
    """Return what a completed tuning has found; raise ConflictError before."""
    return ask_for(gateway, TuningResults, "GET", _tuning(model_id) + path_to("/", job_id, then="/results"))


def cancel_tuning(gateway: Gateway, model_id: str, job_id: str) -> Steps[Tuning]:
    """Stop a tuning; raise NotFoundError, or ConflictError for one that does not run."""
    return ask_for(gateway, Tuning, "POST", _tuning(model_id) + path_to("/", job_id, then="/cancel"))


def delete_tuning(gateway: Gateway, model_id: str, job_id: str) -> Steps[ExperimentDeleted]:
    """Delete a tuning with its trials; raise NotFoundError, or ConflictError while it runs."""
    return ask_for(gateway, ExperimentDeleted, "DELETE", _tuning(model_id) + path_to("/", job_id, then=""))


def wait_for_tuning(
    gateway: Gateway, model_id: str, job_id: str, *, timeout: float | None = None, watch: Callable[[Tuning], None] | None = None
) -> Steps[TuningResults]:
    """Wait until a tuning has completed and return its results. Raise as for experiments."""

    def too_late(last: Tuning | None) -> WaitTimeoutError:
        stands = f"it is {last.status}" if last else "it goes on"
        return WaitTimeoutError(f"the tuning {job_id} is not waited for any longer than {timeout:g} s; {stands}", None)

    looks = Looks(gateway, lambda: get_tuning(gateway, model_id, job_id), too_late, timeout)
    while True:
        seen = yield from looks.next()
        if watch is not None:
            watch(seen)
        if seen.status in ENDED:
            _check_ended_well(seen, f"the tuning {job_id}")
            return (yield from get_tuning_results(gateway, model_id, job_id))


def _check_ended_well(seen: Experiment | Tuning, what: str) -> None:
    if seen.status == "failed":
        message = f"{what} failed: {seen.error or 'no reason was given'}"
        raise EngineJobFailedError(message, seen)
    if seen.status == "stopped":
        message = f"{what} was stopped"
        raise EngineJobCancelledError(message, seen)


def _path(experiment_id: str, *parts: str) -> str:
    return path_to(f"{EXPERIMENTS}/", experiment_id, *parts, then="")


def _tuning(model_id: str) -> str:
    return path_to("/v1/ai/models/", model_id, then="/hyperparameter-tuning")
