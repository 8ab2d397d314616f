"""Keep the view of subscriptions up to what the marketplace tells and answers."""

from dataclasses import dataclass

from libs.contracts.subscriptions import SubscriptionEvent, SubscriptionSnapshot
from services.gateway.domain.marketplace.ports import Subscriptions
from services.gateway.usecases.marketplace.check_entitlement import CheckEntitlement


@dataclass(frozen=True, slots=True)
class FollowSubscriptions:
    """What is told may come twice and out of order."""

    subscriptions: Subscriptions
    entitlements: CheckEntitlement

    async def __call__(self, event: SubscriptionEvent) -> None:
        """Bring the view up to an event."""
        await self.note(event.subscription)

    async def note(self, told: SubscriptionSnapshot) -> SubscriptionSnapshot:
        """Bring the view up to what was answered, so that who asks next sees it; return it."""
        await self.subscriptions.apply(told)
        self.entitlements.forget(told.model_id, account_id=told.subscriber_id)
        return told
