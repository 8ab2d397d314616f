"""What subscriptions need from outside."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.subscriptions import (
    SubscriptionSnapshot,
    SubscriptionState,
)
from services.gateway.domain.marketplace.entitlement import Entitlement


class Entitlements(Protocol):
    """Who may use whose model."""

    async def entitlement(self, model_id: str, *, account_id: str) -> Entitlement | None:
        """Return what lasts longest of an account's subscriptions to a model, over or not. Raise UnavailableError."""


class Subscriptions(Entitlements, Protocol):
    """The view of all subscriptions."""

    async def get(self, subscription_id: str, *, account_id: str) -> SubscriptionSnapshot:
        """Return a subscription of this account's. Raise SubscriptionNotFoundError."""

    async def find(self, account_id: str, part: Part, *, states: Collection[SubscriptionState] | None) -> Page[SubscriptionSnapshot]:
        """Return a part of an account's subscriptions, the newest first."""

    async def pinned(self, model_id: str, *, at: datetime) -> set[str]:
        """Return the versions of a model on which subscribers stay who may use it at this moment."""

    async def apply(self, told: SubscriptionSnapshot) -> bool:
        """Bring a subscription up to what is told; False when this or newer was seen before."""
