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
from services.gateway.domain.models.model import OFFERED, Model
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
        by now: so the last to act does so by its last word. Stages that were given after `told_at` are left to whoever gave them; what is
        given here counts as given when the name was written, as it is no wish of its own.
        """
        models = set(touched)
        for _ in range(TRIES):
            models |= _in_production(name)
            await self._settle(name, models, told_at)
            again = await self.registry.get(name.name, account_id=name.account_id)
            if again.production_number == name.production_number:
                return again
            # This was said after all that had been told: whatever was done by the name as it was before is done by its word now.
            name, told_at = again, None
        return name

    async def _settle(self, name: RegisteredName, models: Collection[str], told_at: datetime | None) -> None:
        current = name.production
        follow = partial(self._stage, account_id=name.account_id, given_at=name.updated_at)
        if current is not None:
            with suppress(*GONE):
                await follow(current, Stage.PRODUCTION, when=partial(_may_enter, version=current.model_version, told_at=told_at))
        for model_id in models:
            with suppress(*GONE):
                model = await self.models.get(model_id, account_id=name.account_id, kind=None)
                serving = next((each.name for each in model.versions if each.stage is Stage.PRODUCTION), "")
                found = name.of_model(model_id, serving)
                if found is not None and found != current:
                    await follow(found, STAGES[found.status], when=partial(_may_leave, version=serving, told_at=told_at))

    async def _stage(
        self,
        version: RegisteredVersion,
        stage: Stage,
        *,
        account_id: str,
        displaced: Stage = Stage.ARCHIVED,
        given_at: datetime | None = None,
        when: Callable[[Model], bool] | None = None,
    ) -> None:
        owner = await self._owner(account_id)
        turn = partial(
            self.stage, version.model_id, version.model_version, caller=owner, aliases=None, kind=None, given_at=given_at, when=when
        )
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


def _may_enter(model: Model, *, version: str, told_at: datetime | None) -> bool:
    """Tell whether a version may take the production of its model, of which neither was given after what was told."""
    own = model.version_named(version)
    return not any(_is_left(each, told_at) for each in model.versions if each is own or each.stage is Stage.PRODUCTION)


def _may_leave(model: Model, *, version: str, told_at: datetime | None) -> bool:
    """Tell whether a version is to leave production; what others have paid for, or are about to, goes on serving them."""
    own = model.version_named(version)
    return own.stage is Stage.PRODUCTION and not _is_left(own, told_at) and model.listing not in OFFERED


def _is_left(version: ModelVersion, told_at: datetime | None) -> bool:
    """Tell whether a version's stage was given after this moment: whoever has given it writes the name too, or has told of it."""
    return told_at is not None and version.was_staged_after(told_at)


def _in_production(name: RegisteredName) -> set[str]:
    return {name.production.model_id} if name.production else set()
