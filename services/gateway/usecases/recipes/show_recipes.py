"""Show recipes and their versions: an account's own, and the platform's, which everybody sees."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.chassis.stores.parts import Page, Part
from libs.contracts.recipe_runs import RecipeModelSpec
from services.gateway.domain.recipes.baselines import RECIPE_IDS, baseline, baseline_version, baselines
from services.gateway.domain.recipes.ports import RecipeFilter, Recipes
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion


@dataclass(frozen=True, slots=True)
class ShowRecipes:
    """Implements the port RecipeSpecs, too."""

    recipes: Recipes

    async def get(self, recipe_id: str, *, account_id: str) -> Recipe:
        """Return a recipe that this account sees. Raise RecipeNotFoundError."""
        return baseline(recipe_id) if recipe_id in RECIPE_IDS else await self.recipes.get(recipe_id, account_id=account_id)

    async def find(self, wanted: RecipeFilter, part: Part) -> Page[Recipe]:
        """Return a part of what an account sees: the platform's own first, then its own, the newest first."""
        shipped = [each for each in baselines() if wanted.takes(each)]
        first = shipped[part.skipped : part.skipped + part.size]
        # Of a size of one, where none is left to be shown: how many there are is told all the same.
        left = part.size - len(first)
        page = await self.recipes.find(wanted, Part(max(1, left), offset=max(0, part.skipped - len(shipped))))
        return Page(len(shipped) + page.count, [*first, *page.items[:left]])

    async def version(self, recipe_id: str, version_id: str, *, account_id: str) -> RecipeVersion:
        """Return a version of a recipe that this account sees. Raise RecipeNotFoundError or RecipeVersionNotFoundError."""
        if recipe_id in RECIPE_IDS:
            return baseline_version(recipe_id, version_id)
        await self.recipes.get(recipe_id, account_id=account_id)
        return await self.recipes.version(recipe_id, version_id, account_id=account_id)

    async def newest(self, recipe: Recipe, *, account_id: str) -> RecipeVersion:
        """Return the newest version of a recipe. Raise RecipeVersionNotFoundError for one that was deleted meanwhile."""
        if recipe.account_id is None:
            return baseline_version(recipe.id, recipe.newest.version_id)
        return await self.recipes.version(recipe.id, recipe.newest.version_id, account_id=account_id)

    async def versions(self, recipe_id: str, part: Part, *, account_id: str) -> Page[RecipeVersion]:
        """Return a part of a recipe's versions, the newest first. Raise RecipeNotFoundError."""
        if recipe_id not in RECIPE_IDS:
            return await self.recipes.versions(recipe_id, part, account_id=account_id)
        only: Sequence[RecipeVersion] = [baseline_version(recipe_id, baseline(recipe_id).newest.version_id)]
        return Page(len(only), only[part.skipped : part.skipped + part.size])

    async def made_of(self, recipe_id: str, version_id: str, *, account_id: str) -> RecipeModelSpec:
        """Return a version of a recipe that this account sees, as models and runs are made of it.

        Raise RecipeNotFoundError or RecipeVersionNotFoundError.
        """
        recipe = await self.get(recipe_id, account_id=account_id)
        version = await self.version(recipe_id, version_id, account_id=account_id)
        return RecipeModelSpec(
            family=recipe.family,
            recipe_id=recipe_id,
            recipe_version_id=version_id,
            recipe_version=version.ref.number,
            manifest=version.resolved,
        )
