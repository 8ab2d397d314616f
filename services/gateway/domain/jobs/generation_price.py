"""What generating rows is charged at most: CPU seconds by the rows that are fitted, and three fits of the recipe's learner."""

from decimal import Decimal
from typing import Final

from libs.contracts.money import to_hours
from libs.contracts.synthetic_rows import GenerateSpec
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.jobs.recipe_price import FIT_S

# For a new process with its imports, the fit of columns and the judging: measured, 5 CPU seconds with all fits on the data that ship, which
# are as many rows as are fitted of any; and for reading a file of an account, by its size.
FIXED_S: Final = 30
A_MEGABYTE_S: Final = 1
FITS: Final = 3


def generation_hours(spec: GenerateSpec) -> Decimal:
    """Return the compute hours that are set aside; what is not used comes back."""
    megabytes = spec.data.artifact.size / 1_000_000 if spec.data else 0
    return to_hours(FIXED_S + A_MEGABYTE_S * megabytes + FITS * FIT_S[spec.family])


def check_generation(spec: GenerateSpec, *, limits: TierLimits, tier: Tier) -> None:
    """Raise SubscriptionRequiredError or LimitReachedError, at what is fitted, for a file that is larger than the tier may send."""
    if spec.data is None or spec.data.artifact.size <= limits.most(Limit.UPLOAD, tier):
        return
    refusal = limits.refusal(Limit.UPLOAD, tier=tier)
    said = [text for texts in refusal.details.values() for text in texts]
    raise type(refusal)(refusal.message, details={"generate.fit_to": said})
