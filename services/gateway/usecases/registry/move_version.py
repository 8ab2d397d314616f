"""Give a registered version a status, and its model's version the stage that goes with it, so that all faces serve the same."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from libs.contracts.gateway import Stage
from services.gateway.domain.accounts.caller import STRANGER, Caller, scopes_of
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.models.errors import (
    LastVersionError,
    ModelArchivedError,
    ModelNotFoundError,
    ModelNotTrainedError,
    ResultNotKeptError,
    VersionNotFoundError,
)
from services.gateway.domain.models.model import OFFERED
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.registry.errors import CannotServeError
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import STAGES, RegisteredVersion, Status
from services.gateway.usecases.models.stage_version import StageVersion
from services.gateway.usecases.registry.change_name import change_name

GONE: Final = (ModelNotFoundError, ModelNotTrainedError, VersionNotFoundError, ModelArchivedError, ResultNotKeptError)
TRIES: Final = 20
Move = Callable[[RegisteredName, datetime], RegisteredName]


@dataclass(frozen=True, slots=True)
class MoveVersion:
    """The stage first: what its owner's tier does not allow is not promoted. Then the name, whose word counts; then stages follow it.

    `stage` asks the registry nothing. Broken off after the name was written, its event leads to `settle`, which makes its word true; before
    that, nothing was promised, and the same request does the whole of it again.
    """

    registry: Registry
    models: Models
    accounts: Accounts
    stage: StageVersion
    clock: Clock

    async def __call__(
        self,
        name: RegisteredName,
        number: int,
        status: Status,
        *,
        move: Move | None = None,
        displaced: Status = Status.ARCHIVED,
    ) -> RegisteredName:
        """Return the name after the move; `move` makes it otherwise than by `moved`. Twice is once.

        `displaced` is where what was in production goes, which `move` has to say too.

        Raise CannotServeError when the number stands for what is gone, RegistryChangedError, or what keeps the model's owner from giving
        its version that stage.
        """
        version = name.numbered(number)
        try:
            await self._stage(version, STAGES[status], account_id=name.account_id, displaced=STAGES[displaced])
        except GONE as error:
            if status in {Status.STAGING, Status.PRODUCTION}:
                message = f"Version {number} of '{name.name}' cannot serve: {error.message}"
                raise CannotServeError(message) from error
        moving = move or (lambda found, at: found.moved(number, status, at=at))
        before, after = await change_name(self.registry, name.name, lambda found: moving(found, self.clock()), account_id=name.account_id)
        return await self.settle(after, touched={version.model_id, *_in_production(before)})

    async def settle(self, name: RegisteredName, *, touched: Collection[str], told_at: datetime | None = None) -> RegisteredName:
        """Give stages what the name says: of these models, and of the one in production. Return the name as it is then.

        Others may promote at the same time. Whoever has acted by what the name said looks again, and acts again where it says otherwise
        by now: so the last to act does so by its last word. Stages that were given after `told_at` are left to whoever gave them.
        """
        models = set(touched)
        for _ in range(TRIES):
            models |= _in_production(name)
            await self._settle(name, models, told_at)
            again = await self.registry.get(name.name, account_id=name.account_id)
            if again.production_number == name.production_number:
                return again
            name = again
        return name

    async def _settle(self, name: RegisteredName, models: Collection[str], told_at: datetime | None) -> None:
        current = name.production
        if current is not None:
            with suppress(*GONE):
                model = await self.models.get(current.model_id, account_id=name.account_id, kind=None)
                if not _is_left(model.version_named(current.model_version), told_at):
                    await self._stage(current, Stage.PRODUCTION, account_id=name.account_id)
        for model_id in models:
            with suppress(*GONE):
                model = await self.models.get(model_id, account_id=name.account_id, kind=None)
                serving = next((each for each in model.versions if each.stage is Stage.PRODUCTION), None)
                if serving is None or _is_left(serving, told_at):
                    continue
                found = name.of_model(model_id, serving.name)
                # What others have paid for, or are about to, goes on serving them.
                if found is not None and found != current and model.listing not in OFFERED:
                    await self._stage(found, STAGES[found.status], account_id=name.account_id)

    async def _stage(self, version: RegisteredVersion, stage: Stage, *, account_id: str, displaced: Stage = Stage.ARCHIVED) -> None:
        owner = await self._owner(account_id)
        turn = partial(self.stage, version.model_id, version.model_version, caller=owner, aliases=None, kind=None)
        try:
            await turn(stage=stage, displaced=displaced)
        except LastVersionError:
            # The model's only one: its owner goes on using it, in no stage.
            await turn(stage=Stage.NONE)

    async def _owner(self, account_id: str) -> Caller:
        """Return the owner, under whose tier versions are staged."""
        if account_id == STRANGER.account_id:
            return STRANGER
        account = await self.accounts.get(account_id)
        return Caller(account.id, account.username, account.role, account.tier, scopes_of(account.role), credential="registry")


def _is_left(version: ModelVersion, told_at: datetime | None) -> bool:
    """Tell whether a version's stage was given after this moment: whoever has given it writes the name too, or has told of it."""
    return told_at is not None and version.was_staged_after(told_at)


def _in_production(name: RegisteredName) -> set[str]:
    return {name.production.model_id} if name.production else set()
