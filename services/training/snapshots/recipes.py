"""Both sides of a version that a recipe made."""

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.model_monitoring import MonitorSpec, RecipeSubject
from services.training.snapshots.sides import Sides


def recipe_sides(spec: MonitorSpec, subject: RecipeSubject, *, artifacts: Artifacts) -> Sides:
    """PLACEHOLDER."""
    raise InvalidError("none")
