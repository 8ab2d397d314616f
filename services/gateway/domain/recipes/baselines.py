"""The platform's own recipes: an approved baseline of each family, everybody's to use and to clone, nobody's to change.

Their manifests are files (libs/contracts/manifests/baselines). What has been released never changes: a better one is another version.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Final

from libs.contracts.manifests.families import baseline_manifest
from libs.contracts.recipes import FAMILIES, Family
from services.gateway.domain.recipes.errors import RecipeNotFoundError, RecipeVersionNotFoundError
from services.gateway.domain.recipes.inheritance import resolved
from services.gateway.domain.recipes.recipe import FIRST, Recipe, RecipeVersion, VersionRef

BY: Final = "system"
# When they were first released.
AT: Final = datetime(2026, 11, 30, tzinfo=UTC)
NAMES: Final[Mapping[Family, str]] = {
    "pricing": "Pricing Baseline v1",
    "next_best_action": "Next Best Action Baseline v1",
    "location_scoring": "Location Scoring Baseline v1",
    "forecasting": "Demand Forecasting Baseline v1",
}
TAGS: Final[Mapping[Family, tuple[str, ...]]] = {
    "pricing": ("baseline", "optimization"),
    "next_best_action": ("baseline", "uplift"),
    "location_scoring": ("baseline", "spatial"),
    "forecasting": ("baseline", "demand"),
}
RECIPE_IDS: Final[Mapping[str, Family]] = {f"recipe_{family}_base": family for family in FAMILIES}


def baselines() -> list[Recipe]:
    """Return all of them, by family."""
    return [baseline(recipe_id) for recipe_id in RECIPE_IDS]


@cache
def baseline(recipe_id: str) -> Recipe:
    """Return one of them. Raise RecipeNotFoundError."""
    family = RECIPE_IDS.get(recipe_id)
    if family is None:
        raise RecipeNotFoundError(recipe_id)
    newest = VersionRef(recipe_id, f"ver_{family}_base_v1", FIRST)
    return Recipe(
        id=recipe_id,
        account_id=None,
        name=NAMES[family],
        family=family,
        level="baseline",
        status="approved",
        parent_id=None,
        tags=TAGS[family],
        created_at=AT,
        updated_at=AT,
        newest=newest,
        approved_at=AT,
        approved=newest,
    )


@cache
def baseline_version(recipe_id: str, version_id: str) -> RecipeVersion:
    """Return a version of one of them. Raise RecipeNotFoundError or RecipeVersionNotFoundError."""
    recipe = baseline(recipe_id)
    if version_id != recipe.newest.version_id:
        raise RecipeVersionNotFoundError(version_id)
    whole = resolved(baseline_manifest(recipe.family), family=recipe.family, field="manifest_json")
    return RecipeVersion(
        ref=recipe.newest,
        manifest=whole,
        resolved=whole,
        ancestors=(),
        diff=None,
        created_by=BY,
        created_at=AT,
        change_note="Initial version",
    )
