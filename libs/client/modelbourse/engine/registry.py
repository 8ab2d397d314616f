"""AI Engine's registry: register versions of models under a name, promote them through a gate, roll back, compare."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from modelbourse.answers.engine.registry import (
    Comparison,
    ModelVersion,
    ModelVersions,
    RegisteredModel,
    RegisteredModels,
    RegistryGate,
    VersionHistory,
)
from modelbourse.asking import ask_for, given, path_to, strings_of
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

REGISTRY: Final = "/v1/ai/registry"


def list_names(gateway: Gateway, *, search: str | None = None, limit: int = 100, offset: int = 0) -> Steps[RegisteredModels]:
    """Return a part of your names, by the alphabet, each with what is in production; with `search` those with this in them."""
    return ask_for(gateway, RegisteredModels, "GET", REGISTRY, params={"limit": limit, "offset": offset} | given(search=search))


def get_name(gateway: Gateway, model_name: str) -> Steps[RegisteredModel]:
    """Return a name with what is in production, its aliases and its gate; raise NotFoundError."""
    return ask_for(gateway, RegisteredModel, "GET", _path(model_name))


def list_versions(
    gateway: Gateway, model_name: str, *, status: str | None = None, limit: int = 100, offset: int = 0
) -> Steps[ModelVersions]:
    """Return a part of the versions of a name, the newest first; raise NotFoundError."""
    params = {"limit": limit, "offset": offset} | given(status=status)
    return ask_for(gateway, ModelVersions, "GET", _path(model_name, "versions"), params=params)


def get_version(gateway: Gateway, model_name: str, version: int) -> Steps[ModelVersion]:
    """Return a version with its metrics, how it stands to the gate, and where it comes from; raise NotFoundError."""
    return ask_for(gateway, ModelVersion, "GET", _path(model_name, "versions", version))


def get_history(gateway: Gateway, model_name: str, version: int, *, limit: int = 100, offset: int = 0) -> Steps[VersionHistory]:
    """Return a part of what has become of a version, the newest change first; raise NotFoundError."""
    params = {"limit": limit, "offset": offset}
    return ask_for(gateway, VersionHistory, "GET", _path(model_name, "versions", version, "history"), params=params)


def register(
    gateway: Gateway,
    model_name: str,
    model_id: str,
    *,
    model_version: str | None = None,
    description: str | None = None,
    metrics: Mapping[str, float] | None = None,
    tags: str | Iterable[str] | None = None,
    idempotency_key: str | None = None,
) -> Steps[ModelVersion]:
    """Register a model's newest version, or the one that is named; `metrics` are your own figures, shown as `reported`.

    Raise NotFoundError, InvalidRequestError, or ConflictError where it is registered already.
    """
    body = given(
        model_id=model_id,
        model_version=model_version,
        description=description,
        metrics=None if metrics is None else dict(metrics),
        tags=None if tags is None else strings_of("tags", tags),
    )
    return ask_for(gateway, ModelVersion, "POST", _path(model_name, "versions"), body=body, key=idempotency_key or new_key())


def promote(
    gateway: Gateway, model_name: str, version: int, status: str = "production", *, comment: str | None = None
) -> Steps[ModelVersion]:
    """Give a version a status; in production it serves in every face. Where an admin has to agree, `approval` says so.

    Its history keeps the comment. Raise NotFoundError, InvalidRequestError, or ConflictError with what fails the gate, in sentences under
    `details["failing"]` and in numbers under `failing`.
    """
    body = {"status": status} | given(comment=comment)
    return ask_for(gateway, ModelVersion, "PATCH", _path(model_name, "versions", version), body=body)


def describe(
    gateway: Gateway, model_name: str, version: int, *, description: str | None = None, tags: str | Iterable[str] | None = None
) -> Steps[ModelVersion]:
    """Change what is said of a version; raise NotFoundError."""
    body = given(description=description, tags=None if tags is None else strings_of("tags", tags))
    return ask_for(gateway, ModelVersion, "PATCH", _path(model_name, "versions", version), body=body)


def set_gate(gateway: Gateway, model_name: str, rules: Sequence[Mapping[str, Any]] = (), *, approval: str = "none") -> Steps[RegistryGate]:
    """Set what a version must reach: `{"metric", "op", "value"}` or `{"metric", "op", "against": "production", "margin"}`.

    Raise NotFoundError, or InvalidRequestError with the nearest metric.
    """
    body = {"rules": [dict(each) for each in rules], "approval": approval}
    return ask_for(gateway, RegistryGate, "PUT", _path(model_name, "gate"), body=body)


def roll_back(gateway: Gateway, model_name: str, *, idempotency_key: str | None = None) -> Steps[ModelVersion]:
    """Put what was in production before there again, at once; raise NotFoundError, or ConflictError where there is nothing."""
    return ask_for(gateway, ModelVersion, "POST", _path(model_name, "rollback"), key=idempotency_key or new_key())


def compare(gateway: Gateway, model_name: str, a: int, b: int) -> Steps[Comparison]:
    """Return two versions side by side: metrics, and where their configurations differ; raise NotFoundError."""
    return ask_for(gateway, Comparison, "GET", _path(model_name, "compare"), params={"a": a, "b": b})


def get_card(gateway: Gateway, model_name: str, version: int, *, format: str = "markdown") -> Steps[str]:  # noqa: A002  # as the API has it
    """Return a version's model card, as `markdown` or `html`; raise NotFoundError."""
    answer = yield from gateway.ask("GET", _path(model_name, "versions", version, "card"), params={"format": format})
    return answer.content.decode()


def set_alias(gateway: Gateway, model_name: str, alias: str, version: int) -> Steps[RegisteredModel]:
    """Point an alias to a version, and to no other; raise NotFoundError or InvalidRequestError."""
    return ask_for(gateway, RegisteredModel, "PUT", _path(model_name, "aliases", alias), body={"version": version})


def remove_alias(gateway: Gateway, model_name: str, alias: str) -> Steps[RegisteredModel]:
    """Remove an alias; raise NotFoundError."""
    return ask_for(gateway, RegisteredModel, "DELETE", _path(model_name, "aliases", alias))


def _path(model_name: str, *parts: str | int) -> str:
    return path_to(f"{REGISTRY}/", model_name, *map(str, parts), then="", noun="name in the registry")
