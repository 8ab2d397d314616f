"""AI Engine's agents: train in an environment, wait, let loose, and get pictures."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from modelbourse.answers.engine.agents import AcceptedAgent, AcceptedRun, Agent, AgentRun, AgentRuns, Agents, AgentTraining
from modelbourse.answers.engine.environments import DeletedEnvironment
from modelbourse.asking import ask_for, given
from modelbourse.engine.environments import data_source, path_of
from modelbourse.engine.errors import EngineJobCancelledError, EngineJobFailedError
from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.gateway import Gateway, new_key
from modelbourse.looking import Looks
from modelbourse.steps import Steps

J = TypeVar("J", AgentTraining, AgentRun)
Show = Callable[[J], None]


def list_agents(gateway: Gateway, environment_id: str, *, limit: int = 100, offset: int = 0) -> Steps[Agents]:
    """Return a part of an environment's agents, the newest first."""
    return ask_for(gateway, Agents, "GET", path_of(environment_id, "agents"), params=given(limit=limit, offset=offset))


def get_agent(gateway: Gateway, environment_id: str, agent_id: str) -> Steps[Agent]:
    """Return an agent; raise NotFoundError."""
    return ask_for(gateway, Agent, "GET", path_of(environment_id, "agents", agent_id))


def train_agent(
    gateway: Gateway,
    environment_id: str,
    *,
    agent_type: str,
    total_timesteps: int,
    hyperparameters: Mapping[str, Any] | None = None,
    network_architecture: Mapping[str, Sequence[int]] | None = None,
    eval_freq: int | None = None,
    evaluation_share: float | None = None,
    seeds: int | None = None,
    seed: int | None = None,
    environments: int | None = None,
    check_learnability: bool | None = None,
    name: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[AcceptedAgent]:
    """Queue a training of an agent, of several seeds where `seeds` says so. Raise InvalidRequestError, PaymentError or ConflictError."""
    body = {"agent_type": agent_type, "total_timesteps": total_timesteps} | given(
        hyperparameters=None if hyperparameters is None else dict(hyperparameters),
        network_architecture=None if network_architecture is None else dict(network_architecture),
        eval_freq=eval_freq,
        evaluation_share=evaluation_share,
        seeds=seeds,
        seed=seed,
        environments=environments,
        check_learnability=check_learnability,
        name=name,
    )
    return ask_for(gateway, AcceptedAgent, "POST", path_of(environment_id, "train"), body=body, key=idempotency_key or new_key())


def get_training(gateway: Gateway, environment_id: str, job_id: str) -> Steps[AgentTraining]:
    """Return a training as it stands; raise NotFoundError."""
    return ask_for(gateway, AgentTraining, "GET", path_of(environment_id, "train", job_id))


def cancel_training(gateway: Gateway, environment_id: str, job_id: str) -> Steps[AgentTraining]:
    """End a training; the hours that it has not used come back."""
    return ask_for(gateway, AgentTraining, "POST", path_of(environment_id, "train", job_id, "cancel"), key=new_key())


def wait_for_training(
    gateway: Gateway,
    environment_id: str,
    job_id: str,
    *,
    timeout: float | None = None,
    progress: bool = False,
    watch: Callable[[AgentTraining], None] | None = None,
) -> Steps[AgentTraining]:
    """Wait until a training has ended well and return it; `progress` shows steps and rewards on stderr, `watch` is told what is seen.

    Raise EngineJobFailedError, EngineJobCancelledError or, after `timeout` seconds, WaitTimeoutError: the training goes on.
    """
    look = lambda: get_training(gateway, environment_id, job_id)  # noqa: E731 - as Looks wants it
    shows = _progress_of_training(job_id) if progress else nullcontext()
    return _wait(gateway, look, f"the training {job_id}", shows, watch=watch, timeout=timeout)


def run_agent(
    gateway: Gateway,
    environment_id: str,
    agent_id: str,
    *,
    episodes: int = 1,
    deterministic: bool | None = None,
    render: bool | None = None,
    seed: int | None = None,
    dataset_id: str | Sequence[str] | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[AcceptedRun]:
    """Let an agent loose: on the days that it was evaluated on, or on other candles. Raise ConflictError before it is ready."""
    source = data_source(dataset_id, start_date, end_date)
    body = {"episodes": episodes} | given(deterministic=deterministic, render=render, seed=seed, data_source=source)
    path = path_of(environment_id, "agents", agent_id, "run")
    return ask_for(gateway, AcceptedRun, "POST", path, body=body, key=idempotency_key or new_key())


def list_runs(gateway: Gateway, environment_id: str, agent_id: str, *, limit: int = 100, offset: int = 0) -> Steps[AgentRuns]:
    """Return a part of an agent's runs, the newest first."""
    return ask_for(gateway, AgentRuns, "GET", path_of(environment_id, "agents", agent_id, "runs"), params=given(limit=limit, offset=offset))


def get_run(gateway: Gateway, environment_id: str, agent_id: str, run_id: str) -> Steps[AgentRun]:
    """Return a run as it stands, with its results when it has completed; raise NotFoundError."""
    return ask_for(gateway, AgentRun, "GET", path_of(environment_id, "agents", agent_id, "runs", run_id))


def cancel_run(gateway: Gateway, environment_id: str, agent_id: str, run_id: str) -> Steps[AgentRun]:
    """End a run; the hours that it has not used come back."""
    return ask_for(gateway, AgentRun, "POST", path_of(environment_id, "agents", agent_id, "runs", run_id, "cancel"), key=new_key())


def wait_for_run(
    gateway: Gateway,
    environment_id: str,
    agent_id: str,
    run_id: str,
    *,
    timeout: float | None = None,
    watch: Callable[[AgentRun], None] | None = None,
) -> Steps[AgentRun]:
    """Wait until a run has ended well and return it; raise as `wait_for_training` does."""
    look = lambda: get_run(gateway, environment_id, agent_id, run_id)  # noqa: E731 - as Looks wants it
    return _wait(gateway, look, f"the run {run_id}", nullcontext(), watch=watch, timeout=timeout)


def get_agent_plot(gateway: Gateway, environment_id: str, agent_id: str, plot: str) -> Steps[bytes]:
    """Return a picture of an agent, by a name of its `results.plots`; raise NotFoundError."""
    answer = yield from gateway.ask("GET", path_of(environment_id, "agents", agent_id, "plots", plot))
    return bytes(answer.content)


def get_run_plot(gateway: Gateway, environment_id: str, agent_id: str, run_id: str, plot: str) -> Steps[bytes]:
    """Return a picture of a run, by a name of its `results.plots`; raise NotFoundError."""
    answer = yield from gateway.ask("GET", path_of(environment_id, "agents", agent_id, "runs", run_id, "plots", plot))
    return bytes(answer.content)


def delete_agent(gateway: Gateway, environment_id: str, agent_id: str) -> Steps[DeletedEnvironment]:
    """Delete an agent; raise ConflictError while it trains or runs."""
    return ask_for(gateway, DeletedEnvironment, "DELETE", path_of(environment_id, "agents", agent_id))


def _wait(
    gateway: Gateway,
    look: Callable[[], Steps[J]],
    what: str,
    shows: AbstractContextManager[Show[J] | None],
    *,
    watch: Show[J] | None,
    timeout: float | None,
) -> Steps[J]:
    def too_late(last: J | None) -> WaitTimeoutError:
        stands = f"it is {last.status}" if last else "it goes on"
        return WaitTimeoutError(f"{what} is not waited for any longer than {timeout:g} s; {stands}", None)

    looks = Looks(gateway, look, too_late, timeout)
    with shows as show:
        while True:
            job = yield from looks.next()
            for told in (show, watch):
                if told is not None:
                    told(job)
            if job.status not in {"queued", "running"}:
                break
    if job.status == "failed":
        message = f"{what} failed: {job.error or 'no reason was given'}"
        raise EngineJobFailedError(message, job)
    if job.status == "cancelled":
        message = f"{what} was cancelled"
        raise EngineJobCancelledError(message, job)
    return job


def _progress_of_training(job_id: str) -> AbstractContextManager[Show[AgentTraining]]:
    from modelbourse.engine.agent_progress import progress_of_agent  # noqa: PLC0415  # rich takes a while to import

    return progress_of_agent(job_id)
