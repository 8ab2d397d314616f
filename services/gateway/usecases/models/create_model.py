"""Keep a new model configuration as a draft."""

from contextlib import suppress
from dataclasses import dataclass

from libs.contracts.gateway import ModelCreated
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.models.errors import ModelChangedError, ModelNotFoundError, SlugTakenError, TooManyModelsError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.work import Work
from services.gateway.usecases.models.model_draft import ModelDraft
from services.gateway.usecases.models.try_again import TRIES


@dataclass(frozen=True, slots=True)
class CreateModel:
    """The same work twice makes one model."""

    models: Models
    limits: TierLimits
    clock: Clock

    async def __call__(self, draft: ModelDraft, *, caller: Caller, work: Work) -> Model:
        """Return the model that was made.

        Raise SubscriptionRequiredError or LimitReachedError for more than the tier may have, SlugTakenError when others took its readable
        name each time.
        """
        self.limits.check_spec(draft.spec, tier=caller.tier)
        model_id = work.new_id("model")
        for _ in range(TRIES - 1):
            with suppress(SlugTakenError):
                return await self._make(model_id, draft, caller=caller, work=work)
        return await self._make(model_id, draft, caller=caller, work=work)

    async def _make(self, model_id: str, draft: ModelDraft, *, caller: Caller, work: Work) -> Model:
        account_id, at = caller.account_id, self.clock()
        slug = await self.models.free_slug(draft.slug, account_id=account_id) if draft.slug else None
        model = Model(model_id, account_id, slug or draft.name, draft.description, draft.spec, created_at=at, updated_at=at, slug=slug)
        event = ModelCreated(
            sequence=model.sequence,
            model_id=model.id,
            account_id=account_id,
            name=model.name,
            description=model.description,
            spec=model.market,
        )
        try:
            await self.models.add(model, event, most=self.limits.most(Limit.MODELS, caller.tier))
        except (ModelChangedError, TooManyModelsError) as error:
            if known := await self._known(model, work):
                return known
            if isinstance(error, TooManyModelsError):
                raise self.limits.refusal(Limit.MODELS, tier=caller.tier) from error
            raise
        return model

    async def _known(self, model: Model, work: Work) -> Model | None:
        """Return the model if the same request came before and was cut off after it had made it."""
        if work.seed is None:
            return None
        with suppress(ModelNotFoundError):
            return await self.models.get(model.id, account_id=model.account_id)
        return None
