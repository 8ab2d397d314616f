"""AI Studio's limits by tier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from libs.contracts.money import ALLOWANCE_BY_TIER
from modelbourse.answers import limits as answers
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, MEANINGS, PRIORITIES, Limit, TierLimits, TierUse
from services.gateway.inbound.faces.ai_studio.face import Reader, make_routes
from services.gateway.inbound.faces.ai_studio.words import PRIORITY_WORDS, TIER_WORDS
from services.gateway.inbound.http.described import answered
from services.gateway.inbound.http.security import used

RATES: Final[Mapping[str, int]] = {Tier.FREE: 100, Tier.PRO: 1000, Tier.ELITE: 10000}
USED: Final = {Limit.JOBS: 1, Limit.MODELS: 3, Limit.ARCHIVED: 0, Limit.WEBHOOKS: 0, Limit.API_KEYS: 1}


@dataclass(frozen=True, slots=True)
class LimitUseCases:
    """What the route of limits calls; `rates` are requests an hour, by tier."""

    limits: TierLimits
    use: TierUse
    rates: Mapping[str, int]


Use = Annotated[LimitUseCases, used(LimitUseCases)]
routes = make_routes("compute hours")


def limits_of(limits: TierLimits, *, tier: Tier, used: Mapping[Limit, int], rates: Mapping[str, int]) -> answers.TierLimits:
    """Return the caller's limits, each with how much of it is used, and what every tier has."""
    return answers.TierLimits(
        tier=TIER_WORDS[tier],
        limits=answers.Limits(**{limit.value: _limit(limits, limit, tier=tier, used=used) for limit in Limit}),
        priorities=[PRIORITY_WORDS[priority] for priority in PRIORITIES[tier]],
        requests_per_hour=rates[tier],
        monthly_hours=float(ALLOWANCE_BY_TIER[tier]),
        tiers=answers.Tiers(**{TIER_WORDS[each]: _tier(limits, each, rates=rates) for each in Tier}),
    )


def _limit(limits: TierLimits, limit: Limit, *, tier: Tier, used: Mapping[Limit, int]) -> answers.Limit:
    more, meaning = limits.more_on(limit, tier), MEANINGS[limit]
    return answers.Limit(
        limit=limits.most(limit, tier),
        used=used.get(limit),
        description=f"{meaning[0].upper()}{meaning[1:]}.",
        more_on=TIER_WORDS[more] if more else None,
    )


def _tier(limits: TierLimits, tier: Tier, *, rates: Mapping[str, int]) -> answers.TierOffer:
    return answers.TierOffer(
        **{limit.value: limits.most(limit, tier) for limit in Limit},
        priorities=[PRIORITY_WORDS[priority] for priority in PRIORITIES[tier]],
        requests_per_hour=rates[tier],
        monthly_hours=float(ALLOWANCE_BY_TIER[tier]),
    )


@routes.get(
    "/compute/limits/",
    summary="Get your tier's limits",
    response_description="What the tier may use, and what is used of it.",
    responses=answered(limits_of(TierLimits(DEFAULTS), tier=Tier.FREE, used=USED, rates=RATES)),
)
async def get_limits(caller: Reader, use: Use) -> answers.TierLimits:
    """Tell what the caller's tier may have at once, and what the others may."""
    return limits_of(use.limits, tier=caller.tier, used=await use.use.read(caller.account_id), rates=use.rates)
