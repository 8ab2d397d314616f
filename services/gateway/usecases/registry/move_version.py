"""Give a registered version a status, and its model's version the stage that goes with it, so that all faces serve the same."""

from collections.abc import Callable
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
from services.gateway.domain.registry.errors import CannotServeError
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import STAGES, RegisteredVersion, Status
from services.gateway.usecases.models.stage_version import StageVersion
from services.gateway.usecases.registry.change_name import change_name

GONE: Final = (ModelNotFoundError, ModelNotTrainedError, VersionNotFoundError, ModelArchivedError, ResultNotKeptError)
Move = Callable[[RegisteredName, datetime], RegisteredName]


@dataclass(frozen=True, slots=True)
class MoveVersion:
    """The stage first: what its owner's tier does not allow is not promoted. Then the name, in one write; then what it has replaced.

    Broken off in between, `FollowStages` does the rest: it hears of each stage. `stage` asks the registry nothing.
    """

    registry: Registry
    models: Models
    accounts: Accounts
    stage: StageVersion
    clock: Clock

    async def __call__(self, name: RegisteredName, number: int, status: Status, *, move: Move | None = None) -> RegisteredName:
        """Return the name after the move; `move` makes it otherwise than by `moved`. Twice is once.

        Raise CannotServeError when the number stands for what is gone, RegistryChangedError, or what keeps the model's owner from giving
        its version that stage.
        """
        version = name.numbered(number)
        try:
            await self._stage(version, STAGES[status], account_id=name.account_id)
        except GONE as error:
            if status in {Status.STAGING, Status.PRODUCTION}:
                message = f"Version {number} of '{name.name}' cannot serve: {error.message}"
                raise CannotServeError(message) from error
        moving = move or (lambda found, at: found.moved(number, status, at=at))
        before, after = await change_name(self.registry, name.name, lambda found: moving(found, self.clock()), account_id=name.account_id)
        await self.settle(after, before=before)
        return after

    async def settle(self, after: RegisteredName, *, before: RegisteredName) -> None:
        """Archive what was in production before; what others have paid for, or are about to, goes on serving them."""
        current, replaced = after.production, before.production
        if current is not None:
            with suppress(*GONE):
                # Once more: another number of the same model may have been promoted at the same time, and is not what the name has now.
                await self._stage(current, Stage.PRODUCTION, account_id=after.account_id)
        if replaced is None or (current is not None and current.model_id == replaced.model_id):
            return  # Of one model, the version in production has archived the one that was.
        with suppress(*GONE):
            model = await self.models.get(replaced.model_id, account_id=after.account_id)
            if model.listing not in OFFERED and model.version_named(replaced.model_version).stage is Stage.PRODUCTION:
                await self._stage(replaced, Stage.ARCHIVED, account_id=after.account_id)

    async def _stage(self, version: RegisteredVersion, stage: Stage, *, account_id: str) -> None:
        turn = partial(self.stage, version.model_id, version.model_version, caller=await self._owner(account_id), aliases=None)
        try:
            await turn(stage=stage)
        except LastVersionError:
            # The model's only one: its owner goes on using it, in no stage.
            await turn(stage=Stage.NONE)

    async def _owner(self, account_id: str) -> Caller:
        """Return the owner, under whose tier versions are staged."""
        if account_id == STRANGER.account_id:
            return STRANGER
        account = await self.accounts.get(account_id)
        return Caller(account.id, account.username, account.role, account.tier, scopes_of(account.role), credential="registry")
