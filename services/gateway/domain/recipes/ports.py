"""What recipes need from outside."""

from dataclasses import dataclass
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.recipes import Family, Level, RecipeChanged, RecipeStatus
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion


@dataclass(frozen=True, slots=True)
class RecipeFilter:
    """Which recipes; what is None takes all. `search` is a part of the name, whatever the case."""

    account_id: str
    family: Family | None = None
    level: Level | None = None
    status: RecipeStatus | None = None
    tag: str | None = None
    search: str | None = None

    def takes(self, recipe: Recipe) -> bool:
        """Tell whether a recipe is one of them, whosever it is."""
        wanted = ((self.family, recipe.family), (self.level, recipe.level), (self.status, recipe.status))
        return (
            all(asked in {None, has} for asked, has in wanted)
            and (self.tag is None or self.tag in recipe.tags)
            and (self.search is None or self.search.casefold() in recipe.name.casefold())
        )


class Recipes(Protocol):
    """The recipes of all accounts, with their versions. All raise UnavailableError."""

    async def get(self, recipe_id: str, *, account_id: str) -> Recipe:
        """Return a recipe of this account. Raise RecipeNotFoundError."""

    async def find(self, wanted: RecipeFilter, part: Part) -> Page[Recipe]:
        """Return a part of an account's recipes, the newest first."""

    async def version(self, recipe_id: str, version_id: str, *, account_id: str) -> RecipeVersion:
        """Return a version of a recipe of this account. Raise RecipeVersionNotFoundError."""

    async def versions(self, recipe_id: str, part: Part, *, account_id: str) -> Page[RecipeVersion]:
        """Return a part of a recipe's versions, the newest first. Raise RecipeNotFoundError."""

    async def add(self, recipe: Recipe, version: RecipeVersion, event: RecipeChanged, *, most: int) -> Recipe:
        """Keep a new recipe and return it; one that is known stays as it is. Raise TooManyRecipesError beyond `most`."""

    async def save(self, recipe: Recipe, event: RecipeChanged, *, version: RecipeVersion | None = None) -> None:
        """Write a changed recipe, and its new version where it has one. Raise RecipeChangedError for a lost race."""

    async def remove(self, recipe: Recipe, event: RecipeChanged) -> None:
        """Take a recipe away with its versions, and tell it. Raise RecipeChangedError for a lost race."""

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""


class RecipeUses(Protocol):
    """One kind of things that are made of recipes."""

    async def __call__(self, recipe_id: str, *, account_id: str) -> str | None:
        """Return what uses a recipe, in words (`2 models`); None when nothing does."""
