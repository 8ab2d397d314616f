"""Put a model away, and take it back into use."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from libs.contracts.gateway import ModelArchived, ModelRestored
from libs.contracts.training import MARKET
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.models.errors import TooManyModelsError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.predictions.servable import Servables
from services.gateway.usecases.models.try_again import try_again

Hear = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ArchiveModel:
    """An archived model takes no place among those that its account may have in use; twice is once, both ways.

    `hear` is called with the id of each that was turned, so that what is registered of it follows at once.
    """

    models: Models
    servables: Servables
    limits: TierLimits
    clock: Clock
    hear: Hear | None = None

    async def __call__(self, model_id: str, *, caller: Caller, kind: str | None = MARKET) -> Model:
        """Return the archived model of this kind (of any, for None).

        Raise ModelNotFoundError, ModelBusyError, ModelOfferedError, SubscriptionRequiredError or LimitReachedError (the tier has no more
        archived models), or ModelChangedError.
        """
        return await self._turned(model_id, caller=caller, archive=True, kind=kind)

    async def restore(self, model_id: str, *, caller: Caller, kind: str | None = MARKET) -> Model:
        """Return the model in use.

        Raise ModelNotFoundError, SubscriptionRequiredError or LimitReachedError (the tier has no more models), or ModelChangedError.
        """
        return await self._turned(model_id, caller=caller, archive=False, kind=kind)

    async def _turned(self, model_id: str, *, caller: Caller, archive: bool, kind: str | None) -> Model:
        model = await try_again(model_id, lambda: self._turn(model_id, caller=caller, archive=archive, kind=kind))
        if self.hear is not None:
            await self.hear(model.id)
        return model

    async def _turn(self, model_id: str, *, caller: Caller, archive: bool, kind: str | None) -> Model:
        limit, event = (Limit.ARCHIVED, ModelArchived) if archive else (Limit.MODELS, ModelRestored)
        model, at = await self.models.get(model_id, account_id=caller.account_id, kind=kind), self.clock()
        turned = model.archived(at=at) if archive else model.restored(at=at)
        if turned is model:
            return model
        told = event(sequence=turned.sequence, model_id=model.id, account_id=model.account_id)
        try:
            await self.models.move(turned, told, most=self.limits.most(limit, caller.tier))
        except TooManyModelsError as error:
            raise self.limits.refusal(limit, tier=caller.tier) from error
        self.servables.forget(model.id)
        return turned
