"""What is made of the platform's own recipes."""

from dataclasses import dataclass

from libs.chassis.errors import ErrorKind, PlatformError
from libs.contracts.manifests.families import baseline_manifest, read_manifest
from libs.contracts.recipe_runs import RecipeModelSpec
from libs.contracts.recipes import FAMILIES


class NoRecipeError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """There is no such recipe."""

    def __init__(self) -> None:
        super().__init__("Recipe not found")


@dataclass(frozen=True, slots=True)
class MadeOf:
    """Implements the port RecipeSpecs."""

    async def made_of(self, recipe_id: str, version_id: str, *, account_id: str) -> RecipeModelSpec:  # noqa: ARG002 - as others need it
        """Return a version of a recipe."""
        for family in FAMILIES:
            if (recipe_id, version_id) == (f"recipe_{family}_base", f"ver_{family}_base_v1"):
                manifest = read_manifest(baseline_manifest(family), family=family).model_dump(mode="json")
                return RecipeModelSpec(
                    family=family, recipe_id=recipe_id, recipe_version_id=version_id, recipe_version="1.0.0", manifest=manifest
                )
        raise NoRecipeError
