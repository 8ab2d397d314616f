"""A model as its name in the registry has it, whose word counts: the stages of its versions follow that, a moment later."""

from dataclasses import replace
from typing import Final

from libs.contracts.gateway import Stage
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.version import STAGES, RegisteredVersion, Status

UP: Final = {Status.STAGING, Status.PRODUCTION}


def as_registered(model: Model, name: RegisteredName | None) -> Model:
    """Return a model whose registered versions are in production, or in staging, where its name says so, and nowhere else."""
    if name is None:
        return model
    return replace(model, versions=tuple(_told(each, name.of_model(model.id, each.name)) for each in model.versions))


def _told(version: ModelVersion, registered: RegisteredVersion | None) -> ModelVersion:
    if registered is None:
        return version
    if registered.status in UP:
        return replace(version, stage=STAGES[registered.status])
    return replace(version, stage=Stage.NONE) if version.stage in {Stage.STAGING, Stage.PRODUCTION} else version
