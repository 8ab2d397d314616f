"""Change a recipe: its name, tags and status; one version more; or take it away while nothing was made of it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import JsonObject
from libs.contracts.recipes import RecipeStatus
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.recipes.errors import (
    RecipeChangedError,
    RecipeNotFoundError,
    RecipeRefusedError,
    RecipeUsedError,
    RecipeVersionNotFoundError,
)
from services.gateway.domain.recipes.example import Examples
from services.gateway.domain.recipes.inheritance import resolved
from services.gateway.domain.recipes.ports import Recipes, RecipeUses
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion, VersionRef, next_number, told
from services.gateway.domain.work import Work
from services.gateway.usecases.recipes.make_recipe import version_of
from services.gateway.usecases.recipes.show_recipes import ShowRecipes

T = TypeVar("T")
TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class RecipeChange:
    """What is to be changed; what is None stays."""

    name: str | None = None
    status: RecipeStatus | None = None
    tags: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version that is to be added; `created_by` None: the caller."""

    manifest: JsonObject
    change_note: str = ""
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeRecipe:
    """A change that meets another one is made again, from what is there then."""

    recipes: Recipes
    show: ShowRecipes
    uses: Sequence[RecipeUses]
    examples: Examples
    clock: Clock

    async def __call__(self, recipe_id: str, change: RecipeChange, *, caller: Caller) -> Recipe:
        """Return a recipe after a change.

        Raise RecipeNotFoundError, PlatformRecipeError, RecipeRefusedError for a status that cannot follow (also of one whose parent is a
        draft), or InvalidError where the manifest of one to be approved cannot be used any more.
        """
        return await _again(recipe_id, lambda: self._change(recipe_id, change, caller))

    async def _change(self, recipe_id: str, change: RecipeChange, caller: Caller) -> Recipe:
        recipe = await self._own(recipe_id, caller)
        after = recipe.changed(name=change.name, tags=change.tags, status=change.status, at=self.clock())
        if after is recipe:
            return recipe
        is_approved = after.approved != recipe.approved
        if is_approved:
            await self._check_approvable(recipe, caller)
        await self.recipes.save(after, told(after, after.status if is_approved or after.status != recipe.status else "updated"))
        return after

    async def _check_approvable(self, recipe: Recipe, caller: Caller) -> None:
        newest = await self.show.newest(recipe, account_id=caller.account_id)
        try:
            resolved(newest.resolved, family=recipe.family, field="manifest_json")
        except InvalidError as error:  # A later release knows its family better.
            raise RecipeRefusedError(
                field="status", problem=f"version {newest.ref.number} cannot be used any more. {error.message}"
            ) from error
        if newest.ancestors:
            with suppress(RecipeNotFoundError):  # What it inherits it has, though its parent has gone.
                recipe.check_rests_on(await self.show.get(newest.ancestors[-1].recipe_id, account_id=caller.account_id))

    async def add_version(self, recipe_id: str, new: NewVersion, *, caller: Caller, work: Work) -> RecipeVersion:
        """Return the version that was added; the same work twice adds one.

        It inherits from what its parent is now. Raise RecipeNotFoundError, PlatformRecipeError, RecipeRefusedError for an archived recipe,
        TooManyRecipeVersionsError, or InvalidError for its manifest.
        """
        version_id = work.new_id("ver")
        if work.seed is not None:
            with suppress(RecipeVersionNotFoundError):
                return await self.recipes.version(recipe_id, version_id, account_id=caller.account_id)
        return await _again(recipe_id, lambda: self._add(recipe_id, version_id, new, caller))

    async def _add(self, recipe_id: str, version_id: str, new: NewVersion, caller: Caller) -> RecipeVersion:
        recipe = await self._own(recipe_id, caller)
        before = await self.show.newest(recipe, account_id=caller.account_id)
        version = version_of(
            replace(recipe, updated_at=self.clock()),
            VersionRef(recipe.id, version_id, next_number(recipe.newest.number)),
            new.manifest,
            await self._inherited(recipe, before, caller),
            field="manifest_json",
            by=new.created_by or caller.username,
            note=new.change_note,
            like=before,
        )
        after = recipe.with_version(version)
        await self.recipes.save(after, told(after, "version_added"), version=version)
        return version

    async def _inherited(self, recipe: Recipe, before: RecipeVersion, caller: Caller) -> RecipeVersion | None:
        """Return what the parent is now; what it was for the version before, where the parent is archived."""
        if recipe.parent_id is None:
            return None
        account_id, last = caller.account_id, before.ancestors[-1]
        try:
            parent = await self.show.get(recipe.parent_id, account_id=account_id)
        except RecipeNotFoundError as error:
            raise RecipeRefusedError(
                field="recipe_id", problem=f"{recipe.parent_id}, which it inherits from, has gone: clone it."
            ) from error
        if parent.status == "archived":
            return await self.show.version(last.recipe_id, last.version_id, account_id=account_id)
        return await self.show.newest(parent, account_id=account_id)

    async def remove(self, recipe_id: str, *, caller: Caller) -> None:
        """Take a recipe away with its versions. Raise RecipeNotFoundError, PlatformRecipeError, or RecipeUsedError."""
        await _again(recipe_id, lambda: self._remove(recipe_id, caller))

    async def _remove(self, recipe_id: str, caller: Caller) -> None:
        recipe = await self._own(recipe_id, caller)
        found = [await uses(recipe_id, account_id=caller.account_id) for uses in self.uses]
        if used_by := [said for said in found if said is not None]:
            raise RecipeUsedError(used_by)
        after = replace(recipe, updated_at=self.clock(), sequence=recipe.sequence + 1)
        await self.examples.remove(recipe_id, account_id=caller.account_id)
        await self.recipes.remove(after, told(after, "deleted"))

    async def _own(self, recipe_id: str, caller: Caller) -> Recipe:
        recipe = await self.show.get(recipe_id, account_id=caller.account_id)
        recipe.check_own()
        return recipe


async def _again(recipe_id: str, change: Callable[[], Awaitable[T]]) -> T:
    for _ in range(TRIES):
        with suppress(RecipeChangedError):
            return await change()
    raise RecipeChangedError(recipe_id)
