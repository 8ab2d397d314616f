"""Make a recipe, or clone one: its manifest becomes version 1.0.0, a patch of what its parent has now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from libs.contracts.envelope import JsonObject
from libs.contracts.recipes import Family, Level
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.recipes.errors import ParentNotFoundError, RecipeNotFoundError, RecipeRefusedError, TooManyRecipesError
from services.gateway.domain.recipes.inheritance import difference, merged, resolved
from services.gateway.domain.recipes.ports import Recipes
from services.gateway.domain.recipes.recipe import ANCESTORS_MOST, FIRST, Recipe, RecipeVersion, VersionRef, told
from services.gateway.domain.work import Work
from services.gateway.usecases.recipes.show_recipes import ShowRecipes

INITIAL: Final = "Initial version"


@dataclass(frozen=True, slots=True)
class NewRecipe:
    """A recipe that is to be made."""

    name: str
    family: Family
    level: Level
    parent_id: str | None
    tags: Sequence[str]
    manifest: JsonObject


@dataclass(frozen=True, slots=True)
class MakeRecipe:
    """The same work twice makes one recipe."""

    recipes: Recipes
    show: ShowRecipes
    limits: TierLimits
    clock: Clock

    async def __call__(self, new: NewRecipe, *, caller: Caller, work: Work) -> Recipe:
        """Return the recipe that was made, a draft.

        Raise ParentNotFoundError, RecipeRefusedError for a parent that it cannot have, InvalidError for its manifest, or
        SubscriptionRequiredError or LimitReachedError for more recipes than the tier may have.
        """
        recipe = self._draft(new, caller, work)
        parent, inherited = None, None
        if new.parent_id is not None:
            try:
                parent = await self.show.get(new.parent_id, account_id=caller.account_id)
            except RecipeNotFoundError as error:
                raise ParentNotFoundError(new.parent_id) from error
            recipe.check_parent(parent)
            inherited = await self.show.newest(parent, account_id=caller.account_id)
        return await self._keep(recipe, new.manifest, inherited, note=INITIAL, caller=caller)

    async def clone(self, recipe_id: str, name: str, *, caller: Caller, work: Work) -> Recipe:
        """Return a draft with all that a recipe is now, which is its parent. Raise RecipeNotFoundError, or as for a new one."""
        source = await self.show.get(recipe_id, account_id=caller.account_id)
        newest = await self.show.newest(source, account_id=caller.account_id)
        new = NewRecipe(name, source.family, source.level, source.id, source.tags, newest.resolved)
        note = f"Cloned from {source.id} {newest.ref.number}"
        return await self._keep(self._draft(new, caller, work), new.manifest, newest, note=note, caller=caller)

    def _draft(self, new: NewRecipe, caller: Caller, work: Work) -> Recipe:
        recipe_id, at = work.new_id("recipe"), self.clock()
        return Recipe(
            id=recipe_id,
            account_id=caller.account_id,
            name=new.name,
            family=new.family,
            level=new.level,
            status="draft",
            parent_id=new.parent_id,
            tags=tuple(new.tags),
            created_at=at,
            updated_at=at,
            newest=VersionRef(recipe_id, work.new_id("ver"), FIRST),
        )

    async def _keep(self, recipe: Recipe, manifest: JsonObject, inherited: RecipeVersion | None, *, note: str, caller: Caller) -> Recipe:
        version = version_of(recipe, recipe.newest, manifest, inherited, field="manifest", by=caller.username, note=note, like=None)
        most = self.limits.most(Limit.RECIPES, caller.tier)
        try:
            return await self.recipes.add(recipe, version, told(recipe, "created"), most=most)
        except TooManyRecipesError as error:
            raise self.limits.refusal(Limit.RECIPES, tier=caller.tier) from error


def version_of(
    recipe: Recipe,
    ref: VersionRef,
    manifest: JsonObject,
    inherited: RecipeVersion | None,
    *,
    field: str,
    by: str,
    note: str,
    like: RecipeVersion | None,
) -> RecipeVersion:
    """Return a version of a recipe, its manifest merged over what it inherits, or over its family's defaults; `like` is the version before.

    Raise InvalidError for its manifest, below `field`, or RecipeRefusedError for a clone of a clone too deep.
    """
    ancestors = (*inherited.ancestors, inherited.ref) if inherited else ()
    if len(ancestors) > ANCESTORS_MOST:
        raise RecipeRefusedError(field="parent_id", problem=f"it would inherit through more than {ANCESTORS_MOST} recipes.")
    base = inherited.resolved if inherited else resolved({}, family=recipe.family, field=field)
    found = resolved(merged(base, manifest), family=recipe.family, field=field)
    return RecipeVersion(
        ref=ref,
        manifest=manifest,
        resolved=found,
        ancestors=ancestors,
        diff=None if like is None else tuple(difference(like.resolved, found)),
        created_by=by,
        created_at=recipe.updated_at,
        change_note=note,
    )
