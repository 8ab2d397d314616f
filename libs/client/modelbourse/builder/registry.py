"""Model Builder's registry, in MLflow's words: register, list, give stages, read history, download, delete."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import httpx

from modelbourse.answers.builder.registry import (
    BuilderHistory,
    BuilderModelInfo,
    BuilderRegistered,
    BuilderRegisteredName,
    BuilderRegisteredPage,
    BuilderTransitioned,
    BuilderVersionDeleted,
    Stage,
)
from modelbourse.asking import given, path_to
from modelbourse.builder.asking import BUILDER, ask_builder
from modelbourse.errors import NotConnectedError
from modelbourse.gateway import Gateway, new_key
from modelbourse.saving import save_pieces
from modelbourse.sending import FilePath
from modelbourse.steps import Steps

MODELS: Final = "/registry/models"


def register_model(
    gateway: Gateway,
    model_path: str,
    run_id: str,
    name: str,
    *,
    description: str | None = None,
    stage: Stage | None = None,
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Steps[BuilderRegistered]:
    """Register what a training has made as the next version of a name; `metadata` stands beside what the platform has measured.

    Raise InvalidRequestError, NotFoundError, or ConflictError where it is registered there already.
    """
    body = {"model_path": model_path, "run_id": run_id, "name": name} | given(
        description=description,
        stage=stage,
        tags=None if tags is None else dict(tags),
        metadata=None if metadata is None else dict(metadata),
    )
    return ask_builder(gateway, BuilderRegistered, "POST", "/registry/register", body=body, key=idempotency_key or new_key())


def list_models(
    gateway: Gateway, *, stage: Stage | None = None, name: str | None = None, limit: int = 20, offset: int = 0
) -> Steps[BuilderRegisteredPage]:
    """Return a part of the registered versions, by name, the newest of each first."""
    params = {"limit": limit, "offset": offset} | given(stage=stage, name=name)
    return ask_builder(gateway, BuilderRegisteredPage, "GET", MODELS, params=params)


def get_name(gateway: Gateway, name: str) -> Steps[BuilderRegisteredName]:
    """Return a name with its newest version in each stage; raise NotFoundError."""
    return ask_builder(gateway, BuilderRegisteredName, "GET", path_to(f"{MODELS}/", name, then="", noun="name"))


def get_version(gateway: Gateway, name: str, version: int | str) -> Steps[BuilderModelInfo]:
    """Return a registered version, whole; raise NotFoundError."""
    return ask_builder(gateway, BuilderModelInfo, "GET", _version(name, version))


def set_stage(
    gateway: Gateway, name: str, version: int | str, stage: Stage, *, comment: str | None = None, archive_existing: bool = False
) -> Steps[BuilderTransitioned]:
    """Give a version a stage; what is in Production serves in every face. Raise NotFoundError, or ConflictError where a gate fails."""
    body = {"stage": stage, "archive_existing": archive_existing} | given(comment=comment)
    return ask_builder(gateway, BuilderTransitioned, "PUT", _version(name, version, then="/stage"), body=body)


def get_history(gateway: Gateway, name: str, version: int | str, *, limit: int = 20, offset: int = 0) -> Steps[BuilderHistory]:
    """Return a part of what has become of a version, the newest first; raise NotFoundError."""
    params = {"limit": limit, "offset": offset}
    return ask_builder(gateway, BuilderHistory, "GET", _version(name, version, then="/history"), params=params)


def delete_version(gateway: Gateway, name: str, version: int | str) -> Steps[BuilderVersionDeleted]:
    """Delete a version; raise NotFoundError, or ConflictError for one in Production or with an alias."""
    return ask_builder(gateway, BuilderVersionDeleted, "DELETE", _version(name, version))


def download_version(
    gateway: Gateway,
    name: str,
    version: int | str,
    into: FilePath,
    *,
    format: Literal["zip", "tar"] = "zip",  # noqa: A002  # as the address has it
) -> Steps[Path]:
    """Write a version's folder as an archive, whole or not at all, and return where it is; it has a SHA256SUMS.

    Raise NotFoundError, NotConnectedError when it breaks off, or OSError.
    """
    place = Path(into)
    place = place / f"{name}-{version}.{format}" if place.is_dir() else place
    path = f"{BUILDER}{_version(name, version, then='/download')}"
    answer = yield from gateway.ask("GET", path, params={"format": format}, stream=True)
    try:
        yield from save_pieces(answer, place)
    except httpx.TransportError as error:
        raise NotConnectedError(gateway.url, str(error)) from error
    return place


def _version(name: str, version: int | str, *, then: str = "") -> str:
    return path_to(f"{path_to(f'{MODELS}/', name, then='', noun='name')}/versions/", str(version), then=then, noun="version")
