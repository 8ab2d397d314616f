"""What is made of recipes, which keeps a recipe from being deleted: recipes that inherit from it, models, runs."""

from dataclasses import dataclass
from typing import Final, Protocol

from libs.chassis.stores.parts import Part
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.recipe_ports import RecipeModelFilter, RecipeModels

COUNTED: Final = (JobState.QUEUED, JobState.RUNNING, JobState.SUCCEEDED)
REPORTED: Final = ("queued", "running", "succeeded")


class Inheriting(Protocol):
    """Recipes by what they inherit from."""

    async def children(self, recipe_id: str, *, account_id: str) -> int:
        """Return how many recipes of this account inherit from one."""


@dataclass(frozen=True, slots=True)
class UsedByRecipes:
    """Implements the port RecipeUses."""

    recipes: Inheriting

    async def __call__(self, recipe_id: str, *, account_id: str) -> str | None:
        """Return how many recipes inherit from one."""
        return _counted(
            await self.recipes.children(recipe_id, account_id=account_id), "recipe that inherits from it", "recipes that inherit"
        )


@dataclass(frozen=True, slots=True)
class UsedByModels:
    """Implements the port RecipeUses."""

    models: RecipeModels

    async def __call__(self, recipe_id: str, *, account_id: str) -> str | None:
        """Return how many models are made by a recipe."""
        page = await self.models.find(RecipeModelFilter(account_id, recipe_id=recipe_id), Part(1))
        return _counted(page.count, "model", "models")


@dataclass(frozen=True, slots=True)
class UsedByRuns:
    """Implements the port RecipeUses."""

    jobs: Jobs

    async def __call__(self, recipe_id: str, *, account_id: str) -> str | None:
        """Return how many runs of a recipe go on or have ended well: one that was cancelled or failed says nothing of it."""
        wanted = JobFilter(JobKind.RUN_RECIPE, states=COUNTED, reported=REPORTED, spec={"recipe_id": recipe_id})
        page = await self.jobs.find(account_id, Part(1), wanted)
        return _counted(page.count, "run", "runs")


def _counted(count: int, one: str, several: str) -> str | None:
    return None if not count else f"1 {one}" if count == 1 else f"{count} {several}"
