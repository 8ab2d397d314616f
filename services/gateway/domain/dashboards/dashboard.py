"""What an account sees of all that is its own: counts, what happened last, and its models as a portfolio."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from services.gateway.domain.dashboards.portfolio import Curve, Point


class ActivityKind(StrEnum):
    """What happened."""

    MODEL_CREATED = "model_created"
    TRAINING_STARTED = "training_started"
    MODEL_TRAINED = "model_trained"
    TRAINING_FAILED = "training_failed"
    TRAINING_CANCELLED = "training_cancelled"
    LISTING_SUBMITTED = "listing_submitted"
    MODEL_PUBLISHED = "model_published"
    NEW_SUBSCRIBER = "new_subscriber"
    SUBSCRIBED = "subscribed"
    SUBSCRIPTION_RENEWED = "subscription_renewed"
    SUBSCRIPTION_CANCELLED = "subscription_cancelled"
    SUBSCRIPTION_ENDED = "subscription_ended"


@dataclass(frozen=True, slots=True)
class Activity:
    """Something that happened; `name` is the model's, on the marketplace its listing's title."""

    kind: ActivityKind
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ModelCounts:
    """An account's models: all, those that can be asked for predictions, those on sale, and what they have earned."""

    total: int
    active: int
    published: int
    earnings: Decimal


@dataclass(frozen=True, slots=True)
class Curves:
    """Out-of-sample equity curves of models that were trained; `synthetic` when any of them rests on generated candles."""

    curves: Sequence[Curve]
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All of it. Hours are this month's; None while who knows them does not answer."""

    models: ModelCounts
    jobs_this_month: int
    hours_used: Decimal | None
    hours_limit: Decimal | None
    activity: Sequence[Activity]
    portfolio: Sequence[Point]
    portfolio_models: int
    synthetic: bool


class Activities(Protocol):
    """A kind of thing that things happen to."""

    async def latest(self, account_id: str, *, most: int) -> Sequence[Activity]:
        """Return what happened last to the account's things, the newest first."""


class Overview(Protocol):
    """Counts and curves of an account's models and jobs."""

    async def models(self, account_id: str) -> ModelCounts:
        """Count an account's models."""

    async def jobs_since(self, account_id: str, since: datetime) -> int:
        """Count the jobs that were started since then."""

    async def curves(self, account_id: str, *, most: int) -> Curves:
        """Return the curves of the models that were changed last."""
