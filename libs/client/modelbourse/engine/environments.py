"""AI Engine's environments of reinforcement learning: make, look at, delete."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from modelbourse.answers.engine.environments import DeletedEnvironment, Environment, Environments
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

ENVIRONMENTS: Final = "/v1/ai/rl-environments"


def list_environments(gateway: Gateway, *, status: str | None = None, limit: int = 100, offset: int = 0) -> Steps[Environments]:
    """Return a part of your environments, the oldest first."""
    return ask_for(gateway, Environments, "GET", ENVIRONMENTS, params=given(status=status, limit=limit, offset=offset))


def get_environment(gateway: Gateway, environment_id: str) -> Steps[Environment]:
    """Return an environment; raise NotFoundError."""
    return ask_for(gateway, Environment, "GET", path_of(environment_id))


def create_environment(
    gateway: Gateway,
    *,
    name: str,
    type: str,  # noqa: A002  # as the API has it
    symbols: Sequence[str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    dataset_id: str | Sequence[str] | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[Environment]:
    """Make an environment on datasets (one a symbol) or on symbols by name; raise InvalidRequestError with all that is wrong."""
    told = dict(parameters or {}) | given(symbols=None if symbols is None else list(symbols))
    source = data_source(dataset_id, start_date, end_date)
    body = {"name": name, "type": type, "parameters": told} | given(data_source=source)
    return ask_for(gateway, Environment, "POST", ENVIRONMENTS, body=body, key=idempotency_key or new_key())


def delete_environment(gateway: Gateway, environment_id: str) -> Steps[DeletedEnvironment]:
    """Delete an environment with all of its agents; raise ConflictError while one trains or runs."""
    return ask_for(gateway, DeletedEnvironment, "DELETE", path_of(environment_id))


def data_source(dataset_id: str | Sequence[str] | None, start_date: str | None, end_date: str | None) -> dict[str, Any] | None:
    """Return where candles are from, as the API has it; None where nothing is said."""
    several = None if dataset_id is None or isinstance(dataset_id, str) else list(dataset_id)
    one = dataset_id if isinstance(dataset_id, str) else None
    told = given(dataset_id=one, dataset_ids=several, start_date=start_date, end_date=end_date)
    return {"type": "historical"} | told if told else None


def path_of(environment_id: str, *parts: str) -> str:
    """Return the path of an environment, or of what it has."""
    return path_to(f"{ENVIRONMENTS}/", environment_id, *parts, then="")
