"""What a tier may use, in AI Studio's words: pure functions."""

from collections.abc import Mapping
from typing import Any

from libs.contracts.money import GRANT_BY_TIER
from services.gateway.domain.account import Tier
from services.gateway.domain.tier_limits import MEANINGS, PRIORITIES, Limit, TierLimits


def limits_out(limits: TierLimits, *, tier: Tier, used: Mapping[Limit, int], rates: Mapping[str, int]) -> dict[str, Any]:
    """Return the caller's limits, each with how much of it is used, and what every tier has."""
    return {
        "tier": tier.value,
        "limits": {limit.value: _limit(limits, limit, tier=tier, used=used) for limit in Limit},
        "priorities": [priority.name for priority in PRIORITIES[tier]],
        "requests_per_hour": rates[tier],
        "monthly_hours": float(GRANT_BY_TIER[tier]),
        "tiers": {each.value: _tier(limits, each, rates=rates) for each in Tier},
    }


def _limit(limits: TierLimits, limit: Limit, *, tier: Tier, used: Mapping[Limit, int]) -> dict[str, Any]:
    more = limits.more_on(limit, tier)
    meaning = MEANINGS[limit]
    return {
        "limit": limits.most(limit, tier),
        "used": used.get(limit),
        "description": f"{meaning[0].upper()}{meaning[1:]}.",
        "more_on": more.value if more else None,
    }


def _tier(limits: TierLimits, tier: Tier, *, rates: Mapping[str, int]) -> dict[str, Any]:
    return {limit.value: limits.most(limit, tier) for limit in Limit} | {
        "priorities": [priority.name for priority in PRIORITIES[tier]],
        "requests_per_hour": rates[tier],
        "monthly_hours": float(GRANT_BY_TIER[tier]),
    }
