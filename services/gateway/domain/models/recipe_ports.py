"""What models and runs of recipes need of recipes, and how such models are listed."""

from dataclasses import dataclass
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.recipe_runs import RecipeModelSpec
from libs.contracts.recipes import Family
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.recipe_models import Standing


class RecipeSpecs(Protocol):
    """Versions of recipes, as something is made of them."""

    async def made_of(self, recipe_id: str, version_id: str, *, account_id: str) -> RecipeModelSpec:
        """Return a version of a recipe that this account sees, its manifest resolved and valid.

        Raise RecipeNotFoundError, RecipeVersionNotFoundError, or InvalidError for a manifest with which nothing can be made.
        """


@dataclass(frozen=True, slots=True)
class RecipeModelFilter:
    """Which of an account's models of recipes; what is None takes all."""

    account_id: str
    family: Family | None = None
    standing: Standing | None = None
    recipe_id: str | None = None


class RecipeModels(Protocol):
    """Lists of the models of recipes."""

    async def find(self, wanted: RecipeModelFilter, part: Part) -> Page[Model]:
        """Return a part of them, the newest first."""
