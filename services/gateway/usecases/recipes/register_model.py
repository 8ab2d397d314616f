"""Register a model from a version of a recipe: a draft, of which runs make versions."""

from contextlib import suppress
from dataclasses import dataclass, replace

from libs.contracts.recipe_runs import RECIPE
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.models.errors import ModelChangedError, ModelNotFoundError, SlugTakenError, TooManyModelsError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.models.recipe_models import registry_name
from services.gateway.domain.models.recipe_ports import RecipeSpecs
from services.gateway.domain.work import Work
from services.gateway.usecases.models.try_again import TRIES


@dataclass(frozen=True, slots=True)
class NewModel:
    """What is to be registered."""

    name: str
    recipe_id: str
    recipe_version_id: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class RegisterModel:
    """The same work twice makes one model. Its readable name, which the registry has it under, is made of its name."""

    recipes: RecipeSpecs
    models: Models
    limits: TierLimits
    clock: Clock

    async def __call__(self, new: NewModel, *, caller: Caller, work: Work) -> Model:
        """Return the model that was made.

        Raise RecipeNotFoundError, RecipeVersionNotFoundError, SubscriptionRequiredError or LimitReachedError for more models than the tier
        may have, SlugTakenError where others took its readable name each time.
        """
        account_id, at = caller.account_id, self.clock()
        spec = await self.recipes.made_of(new.recipe_id, new.recipe_version_id, account_id=account_id)
        model = Model(work.new_id("model"), account_id, new.name, "", spec, created_at=at, updated_at=at, owner=new.owner)
        for _ in range(TRIES - 1):
            with suppress(SlugTakenError):
                return await self._add(model, caller=caller, work=work)
        return await self._add(model, caller=caller, work=work)

    async def _add(self, model: Model, *, caller: Caller, work: Work) -> Model:
        slug = await self.models.free_slug(registry_name(model.name), account_id=model.account_id)
        named = replace(model, slug=slug)
        try:
            await self.models.add(named, most=self.limits.most(Limit.MODELS, caller.tier))
        except (ModelChangedError, TooManyModelsError) as error:
            if work.seed is not None:  # The same request may have come before, and been cut off after it had made it.
                with suppress(ModelNotFoundError):
                    return await self.models.get(model.id, account_id=model.account_id, kind=RECIPE)
            if isinstance(error, TooManyModelsError):
                raise self.limits.refusal(Limit.MODELS, tier=caller.tier) from error
            raise
        return named
