"""What a run of a recipe is charged at most: CPU seconds by its family and learner, its rows, and how often it fits."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from libs.contracts.money import to_hours
from libs.contracts.recipe_runs import RecipeRunSpec, RunType
from libs.contracts.recipes import Family
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits

# Reckoned with room, as what a run has used up ends it, and what it has not used comes back: a new process with its imports, its data and
# its report; a fit of the family's gradient boosting, with what it is measured by, on the data that ship; and one of networks.
FIXED_S: Final = 60
FIT_S: Final[Mapping[Family, int]] = {"pricing": 90, "next_best_action": 120, "location_scoring": 120, "forecasting": 300}
NETWORK_S: Final = 1200
NETWORKS: Final = frozenset({"nhits", "n-hits", "n_hits"})
# A file of an account is so much slower than what ships, by its size.
A_MEGABYTE: Final = 0.2
FOLDS: Final = 5


def recipe_hours(spec: RecipeRunSpec) -> Decimal:
    """Return the compute hours that are set aside; what is not used comes back."""
    learner = str(spec.manifest.get("learner", {}).get("name", "")).lower()
    fit = NETWORK_S if learner in NETWORKS else FIT_S[spec.family]
    size = 1 + A_MEGABYTE * (spec.data.artifact.size / 1_000_000 if spec.data else 0)
    return to_hours(FIXED_S + fit * size * fits(spec))


def fits(spec: RecipeRunSpec) -> int:
    """Return how often a run learns: a backtest does on each of its origins, or folds."""
    folds = spec.manifest.get("split", {}).get("folds", FOLDS)
    return int(folds) if spec.run_type is RunType.BACKTEST else 1


def check_recipe_run(spec: RecipeRunSpec, *, limits: TierLimits, tier: Tier) -> None:
    """Raise SubscriptionRequiredError or LimitReachedError, at the manifest's source, for a file that is larger than the tier may send."""
    if spec.data is None or spec.data.artifact.size <= limits.most(Limit.UPLOAD, tier):
        return
    refusal = limits.refusal(Limit.UPLOAD, tier=tier)
    said = [text for texts in refusal.details.values() for text in texts]
    raise type(refusal)(refusal.message, details={"manifest_json.data.source": said})
