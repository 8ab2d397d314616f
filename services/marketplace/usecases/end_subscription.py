"""End a subscription whose time has passed, or that will not be renewed."""

from dataclasses import dataclass

from libs.contracts.subscriptions import EndReason
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription import Subscription
from services.marketplace.domain.subscription_events import with_over
from services.marketplace.domain.subscription_ports import Subscriptions


@dataclass(frozen=True, slots=True)
class EndSubscription:
    """Once, however many try."""

    subscriptions: Subscriptions
    clock: Clock

    async def __call__(self, subscription: Subscription, reason: EndReason) -> None:
        """End it. Raise BooksChangedError when another writer was faster."""
        at = self.clock()
        told, event = with_over(subscription.over(reason, at=at), at=at)
        await self.subscriptions.note(told, event=event)
