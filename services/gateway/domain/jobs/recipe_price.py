"""What a run of a recipe is charged at most: CPU seconds by its family and learner, its rows, and how often it fits."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from libs.contracts.money import to_hours
from libs.contracts.recipe_runs import RecipeRunSpec, RunType
from libs.contracts.recipes import Family
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits

# Set aside with room, as what a run has used up ends it, and what it has not used comes back: for a new process with its imports, its data
# and its report; for a fit of the family's learner, with what it is measured by; and for one of networks. Measured on the data that ship:
# a training takes 2.7 CPU seconds in all (pricing), 2.5 (next best action), 1.8 (location scoring), 7.3 (forecasting), and a backtest of
# five fits 3.3, 5.2, 4.0 and 20. Networks are reckoned: 165 of N-HiTS's 400 steps took less than 170.
FIXED_S: Final = 30
FIT_S: Final[Mapping[Family, int]] = {"pricing": 30, "next_best_action": 30, "location_scoring": 30, "forecasting": 60}
NETWORK_S: Final = 600
NETWORKS: Final = frozenset({"nhits"})
# A file of an account takes so much longer than what ships, by its size.
A_MEGABYTE: Final = 0.5
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
