"""Why a recipe is refused."""

from collections.abc import Sequence
from typing import Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from services.gateway.domain.errors import NotFoundError

VERSIONS_MOST: Final = 100
"""Of a recipe."""


class RecipeNotFoundError(NotFoundError):
    """There is no such recipe, or it is somebody else's."""

    def __init__(self, _: str = "") -> None:
        super().__init__("Recipe not found")


class ParentNotFoundError(NotFoundError):
    """There is no such recipe to inherit from, or it is somebody else's."""

    def __init__(self, parent_id: str) -> None:
        problem = f"There is no recipe '{parent_id[:80]}' to inherit from."
        super().__init__(f"Parent recipe not found: {parent_id[:80]}", details={"parent_id": [problem]})


class RecipeVersionNotFoundError(NotFoundError):
    """The recipe has no such version."""

    def __init__(self, _: str = "") -> None:
        super().__init__("Recipe version not found")


class PlatformRecipeError(PlatformError, kind=ErrorKind.CONFLICT):
    """The platform's own recipes are everybody's, and nobody changes them."""

    def __init__(self, recipe_id: str) -> None:
        super().__init__(f"{recipe_id} is the platform's own, and nobody changes it: clone it, and change the clone.")


class RecipeRefusedError(InvalidError):
    """What is asked of a recipe does not go together with what it is."""

    def __init__(self, *, field: str, problem: str) -> None:
        super().__init__(f"Invalid {field} value: {problem}", details={field: [problem]})


class RecipeUsedError(InvalidError):
    """A recipe that something was made of stays. Runs cannot be taken away: they go by themselves, in time."""

    def __init__(self, used_by: Sequence[str]) -> None:
        problem = f"The recipe is used by {' and '.join(used_by)}: archive it instead."
        super().__init__(problem, details={"recipe_id": [problem]})


class RecipeChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Others have changed the recipe at the same time."""

    def __init__(self, recipe_id: str) -> None:
        super().__init__(f"{recipe_id} was changed by another request at the same time; send yours again.")


class TooManyRecipesError(PlatformError, kind=ErrorKind.CONFLICT):
    """The account has as many recipes as it may."""


class TooManyRecipeVersionsError(InvalidError):
    """The recipe has as many versions as it may."""

    def __init__(self) -> None:
        problem = f"The recipe has {VERSIONS_MOST} versions, the most there can be: clone it, and go on with the clone."
        super().__init__(problem, details={"recipe_id": [problem]})
