"""What a name stands for: for whoever names a model by its place in the registry, and for who reads about it."""

from contextlib import suppress
from dataclasses import dataclass

from services.gateway.domain.models.errors import ModelNotFoundError, ModelNotTrainedError, ResultNotKeptError, VersionNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models, Results
from services.gateway.domain.registry.card import Facts
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.reference import read_reference
from services.gateway.domain.registry.version import RegisteredVersion


@dataclass(frozen=True, slots=True)
class FindRegistered:
    """`name` is what is in production, `name@champion` what an alias points to, `name@3` a number; or an address as MLflow has them."""

    registry: Registry
    models: Models
    results: Results

    async def __call__(self, reference: str, *, account_id: str, field: str = "model") -> RegisteredVersion:
        """Return what a reference stands for; its `model_id` and `model_version` answer. `models:/name/3`, `models:/name/Production` too.

        Raise InvalidError at `field` for an address that names nothing, NameNotFoundError, NotInProductionError, NotInStatusError,
        RegisteredVersionNotFoundError or AliasNotFoundError.
        """
        wanted = read_reference(reference, field=field)
        return await self.registry.referred(wanted, account_id=account_id)

    async def facts(self, name: RegisteredName, number: int) -> Facts:
        """Return all that is known of a version: what was trained with, and what it measured, None where that is gone."""
        version = name.numbered(number)
        try:
            model: Model | None = await self.models.get(version.model_id, account_id=name.account_id, kind=version.kind)
        except ModelNotFoundError:
            return Facts(name, version, None, None)
        assert model is not None
        with suppress(VersionNotFoundError, ModelNotTrainedError):
            made = model.version_named(version.model_version)
            serving = model.in_service
            if serving is not None and serving.name == made.name and model.result is not None:
                return Facts(name, version, made.spec, model.result)
            try:
                return Facts(name, version, made.spec, await self.results.get(model.id, made))
            except ResultNotKeptError:
                return Facts(name, version, made.spec, None)
        return Facts(name, version, None, None)
