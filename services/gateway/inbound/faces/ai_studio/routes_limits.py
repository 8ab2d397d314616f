"""AI Studio's limits by tier."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter

from services.gateway.domain.tier_limits import TierLimits, TierUse
from services.gateway.inbound.faces.ai_studio.answers_limits import TierLimitsOut
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader
from services.gateway.inbound.faces.ai_studio.translate_limits import limits_out
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.strict_route import make_router


@dataclass(frozen=True, slots=True)
class LimitUseCases:
    """What the route of limits calls; `rates` are requests an hour, by tier."""

    limits: TierLimits
    use: TierUse
    rates: Mapping[str, int]


def make_limit_routes(use: LimitUseCases) -> APIRouter:
    """Return the route `/api/ai-studio/compute/limits/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])

    @routes.get("/compute/limits/", summary="Get your tier's limits", response_description="What the tier may use, and what is used of it.")
    async def get_limits(caller: Reader) -> Annotated[dict[str, Any], ShownAs(TierLimitsOut)]:
        """Tell what the caller's tier may have at once, and what the others may."""
        return limits_out(use.limits, tier=caller.tier, used=await use.use.read(caller.account_id), rates=use.rates)

    return routes
