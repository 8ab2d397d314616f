"""The gateway's wiring of recipes."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.outbound.models.recipe_models_mongo import RecipeModelsMongo
from services.gateway.outbound.recipes.examples_mongo import ExamplesMongo
from services.gateway.outbound.recipes.recipes_mongo import RecipesMongo
from services.gateway.usecases.jobs.keep_example import KeepExample
from services.gateway.usecases.recipe_nouns import RecipeUseCases
from services.gateway.usecases.recipes.change_recipe import ChangeRecipe
from services.gateway.usecases.recipes.make_recipe import MakeRecipe
from services.gateway.usecases.recipes.recipe_uses import UsedByModels, UsedByRecipes, UsedByRuns
from services.gateway.usecases.recipes.show_recipes import ShowRecipes


@dataclass(frozen=True, slots=True)
class RecipeParts:
    """Recipes as the others need them; `use.show` is the port RecipeSpecs."""

    store: RecipesMongo
    models: RecipeModelsMongo
    examples: ExamplesMongo
    use: RecipeUseCases

    async def prepare(self) -> None:
        """Make indexes."""
        await self.store.prepare()
        await self.models.prepare()
        await self.examples.prepare()


def make_recipes(database: Database, jobs: Jobs, *, limits: TierLimits, wake: Callable[..., None]) -> RecipeParts:
    """Wire it; `wake` is called after each write that has events to be published."""
    store, models = RecipesMongo(database["recipes"], on_write=lambda: wake("recipes")), RecipeModelsMongo(database["models"])
    show, examples = ShowRecipes(store), ExamplesMongo(database["synthetic_examples"])
    uses = (UsedByRecipes(store), UsedByModels(models), UsedByRuns(jobs))
    use = RecipeUseCases(show, MakeRecipe(store, show, limits, now), ChangeRecipe(store, show, uses, examples, now))
    return RecipeParts(store, models, examples, use)


def make_keep_example(database: Database, accounts: Accounts, jobs: Jobs) -> KeepExample:
    """Return what comes of a generation of rows. Recipes are read alone: they are written by who changes them."""
    show = ShowRecipes(RecipesMongo(database["recipes"], on_write=lambda: None))
    return KeepExample(ExamplesMongo(database["synthetic_examples"]), show, accounts, jobs)
