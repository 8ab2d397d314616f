"""Tasks: trainings of networks and backtests, as they wait, run and end."""

from collections.abc import Mapping
from typing import Any, Final

from modelbourse.answers.trading_ai.tasks import Task, TaskCancelled, TaskRetried, Tasks, TaskStarted, TaskStats
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

TASKS: Final = "/api/tasks"


def train_network(
    gateway: Gateway,
    /,
    model_type: str,
    symbol: str,
    *,
    timeframe: str = "1d",
    options: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Steps[TaskStarted]:
    """Train a network (lstm, gru, transformer, ensemble) on a symbol; `options` are `epochs`, `batch_size` and so on.

    Raise InvalidRequestError that names each field. An account may ask for 10 a day.
    """
    body = {"model_type": model_type, "symbol": symbol, "timeframe": timeframe, **(options or {})}
    return ask_for(gateway, TaskStarted, "POST", f"{TASKS}/train", body=body, key=idempotency_key or new_key())


def list_tasks(
    gateway: Gateway, *, status: str | None = None, task_name: str | None = None, limit: int = 50, offset: int = 0
) -> Steps[Tasks]:
    """Return a part of your tasks in short, the newest first."""
    params = given(status=status, task_name=task_name, limit=limit, offset=offset)
    return ask_for(gateway, Tasks, "GET", TASKS, params=params)


def get_task(gateway: Gateway, task_id: str) -> Steps[Task]:
    """Return a task as it stands; raise NotFoundError."""
    return ask_for(gateway, Task, "GET", path_to(f"{TASKS}/", task_id, then=""))


def cancel_task(gateway: Gateway, task_id: str) -> Steps[TaskCancelled]:
    """End a task; the hours that it has not used come back. One that has ended is refused."""
    return ask_for(gateway, TaskCancelled, "DELETE", path_to(f"{TASKS}/", task_id, then=""))


def retry_task(gateway: Gateway, task_id: str, *, idempotency_key: str | None = None) -> Steps[TaskRetried]:
    """Do what a failed task was to do, as a new one. Raise InvalidRequestError for one that has not failed."""
    return ask_for(gateway, TaskRetried, "POST", path_to(f"{TASKS}/retry/", task_id, then=""), key=idempotency_key or new_key())


def get_stats(gateway: Gateway) -> Steps[TaskStats]:
    """Return what your tasks come to, and how the platform's queue stands."""
    return ask_for(gateway, TaskStats, "GET", f"{TASKS}/stats")
