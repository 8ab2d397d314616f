"""AI Studio's answer about what a tier may use, as the OpenAPI document has it (translate_limits.py writes it)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from services.gateway.domain.account import Tier
from services.gateway.domain.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.inbound.faces.ai_studio.answers import shown
from services.gateway.inbound.faces.ai_studio.translate_limits import limits_out

RATES: Final = {"free": 100, "pro": 1000, "elite": 10000}
USED: Final = {Limit.JOBS: 1, Limit.MODELS: 3, Limit.ARCHIVED: 0, Limit.WEBHOOKS: 0, Limit.API_KEYS: 1}
LIMITS: Final[dict[str, Any]] = limits_out(TierLimits(DEFAULTS), tier=Tier.FREE, used=USED, rates=RATES)
PriorityName = Literal["LOW", "NORMAL", "HIGH"]


class LimitOut(BaseModel):
    """How much of something the account may have."""

    limit: int
    used: int | None = Field(description="How much it has; null where the limit is one of each request and not of the account.")
    description: str
    more_on: Literal["free", "pro", "elite"] | None = Field(description="The lowest tier that may have more; null when none may.")


class LimitsOut(BaseModel):
    """The account's limits."""

    jobs_at_once: LimitOut
    models: LimitOut
    archived_models: LimitOut
    symbols_per_training: LimitOut
    hours_per_job: LimitOut
    clock_hours_per_job: LimitOut
    workers_per_job: LimitOut
    webhooks: LimitOut
    api_keys: LimitOut
    versions_per_model: LimitOut


class TierOut(BaseModel):
    """What a tier has."""

    jobs_at_once: int
    models: int
    archived_models: int
    symbols_per_training: int
    hours_per_job: int
    clock_hours_per_job: int
    workers_per_job: int
    webhooks: int
    api_keys: int
    versions_per_model: int
    priorities: list[PriorityName]
    requests_per_hour: int
    monthly_hours: float


class TiersOut(BaseModel):
    """What each tier has."""

    free: TierOut
    pro: TierOut
    elite: TierOut


class TierLimitsOut(BaseModel):
    """What the account's tier may use, and what the others may."""

    model_config = shown(LIMITS)

    tier: Literal["free", "pro", "elite"]
    limits: LimitsOut
    priorities: list[PriorityName] = Field(description="Of training jobs.")
    requests_per_hour: int = Field(description="To AI Studio; what is left of them is in the headers `X-RateLimit-…` of each answer.")
    monthly_hours: float = Field(description="Compute hours that each month brings; see `GET /api/ai-studio/compute/usage/`.")
    tiers: TiersOut
