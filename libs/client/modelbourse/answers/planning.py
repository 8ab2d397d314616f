"""What the gateway answers about what a training will take, and about what a tier may use."""

from modelbourse.answers.answer import Answer, Moment, Money


class Estimate(Answer):
    """The compute hours that a training will take, and how sure that is."""

    hours: float
    low_hours: float | None
    high_hours: float | None
    level: float | None
    jobs: int
    basis: str
    queue_seconds: float | None
    reasons: dict[str, str]


class TrainingEstimated(Answer):
    """What a model's next training would take and cost."""

    model_id: str
    estimated_completion: Moment
    estimated_cost: Money
    estimate: Estimate


class Limit(Answer):
    """How much of something an account may have, and has."""

    limit: int
    used: int | None
    description: str
    more_on: str | None


class Limits(Answer):
    """An account's limits."""

    jobs_at_once: Limit
    models: Limit
    archived_models: Limit
    symbols_per_training: Limit
    hours_per_job: Limit
    clock_hours_per_job: Limit
    workers_per_job: Limit
    webhooks: Limit
    api_keys: Limit
    versions_per_model: Limit


class Tier(Answer):
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
    priorities: list[str]
    requests_per_hour: int
    monthly_hours: float


class Tiers(Answer):
    """What each tier has."""

    free: Tier
    pro: Tier
    elite: Tier


class TierLimits(Answer):
    """What the account's tier may use, and what the others may."""

    tier: str
    limits: Limits
    priorities: list[str]
    requests_per_hour: int
    monthly_hours: float
    tiers: Tiers
