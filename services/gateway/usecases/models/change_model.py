"""Change a model's texts, or a draft's configuration; delete a draft."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.contracts.gateway import ModelDeleted, ModelUpdated
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.models.retraining import lasting, scheduled
from services.gateway.domain.models.schedule import with_retrain
from services.gateway.domain.predictions.servable import Servables
from services.gateway.usecases.models.model_draft import ModelDraft
from services.gateway.usecases.models.try_again import try_again


@dataclass(frozen=True, slots=True)
class UpdateModel:
    """Name, description and retraining of any model that is in use; the rest of drafts only. Twice is once."""

    models: Models
    servables: Servables
    limits: TierLimits
    clock: Clock

    async def __call__(self, model_id: str, *, caller: Caller, change: Callable[[Model], ModelDraft]) -> Model:
        """Return the changed model; `change` makes the new texts and configuration from what is there.

        Raise ModelNotFoundError, ModelArchivedError, NotADraftError, ModelChangedError, SubscriptionRequiredError or LimitReachedError
        (more than the tier may have), or what `change` raises.
        """
        return await try_again(model_id, lambda: self._update(model_id, caller=caller, change=change))

    async def _update(self, model_id: str, *, caller: Caller, change: Callable[[Model], ModelDraft]) -> Model:
        model = await self.models.get(model_id, account_id=caller.account_id)
        model.check_in_use()
        draft = change(model)
        if with_retrain(draft.spec, None) != with_retrain(model.market, None):
            self.limits.check_spec(draft.spec, tier=caller.tier)
        edited = model.edited(name=draft.name, description=draft.description, spec=draft.spec, at=self.clock())
        if edited is not model:
            if edited.spec != model.market:
                edited = lasting(scheduled(edited), before=model)
            await self.models.save(edited, _told(edited))
            self.servables.forget(model_id)
        return edited


def _told(model: Model) -> ModelUpdated:
    return ModelUpdated(
        sequence=model.sequence,
        model_id=model.id,
        account_id=model.account_id,
        name=model.name,
        description=model.description,
        spec=model.market,
    )


@dataclass(frozen=True, slots=True)
class DeleteModel:
    """Drafts only."""

    models: Models

    async def __call__(self, model_id: str, *, account_id: str) -> None:
        """Raise ModelNotFoundError, NotADraftError or ModelChangedError."""
        model = await self.models.get(model_id, account_id=account_id)
        model.check_draft()
        await self.models.delete(model, ModelDeleted(sequence=model.sequence + 1, model_id=model.id, account_id=account_id))
