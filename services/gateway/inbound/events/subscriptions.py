"""What the gateway does about subscriptions' events: its view and what is remembered of rights follow, then webhooks are told."""

from libs.chassis.bus.handlers import Facts, OnEvent
from libs.contracts.subscriptions import (
    ModelSubscribed,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionEvent,
    SubscriptionExpired,
    SubscriptionRenewed,
)
from services.gateway.inbound.events.jobs import Notify
from services.gateway.usecases.marketplace.follow_subscriptions import FollowSubscriptions


def bind_subscriptions(facts: Facts, *, follow: FollowSubscriptions, notify: Notify) -> None:
    """Bind each of a subscription's events to its use cases."""
    both = _then(notify, follow)
    facts.on(ModelSubscribed)(both)
    facts.on(SubscriptionRenewed)(both)
    facts.on(SubscriptionCancelled)(both)
    facts.on(SubscriptionExpired)(both)
    facts.on(SubscriptionChanged)(follow)


def _then(notify: Notify, follow: FollowSubscriptions) -> OnEvent[SubscriptionEvent]:
    async def both(event: SubscriptionEvent) -> None:
        # In this order: whoever is told by a webhook, and asks, sees it so.
        await follow(event)
        await notify(event)

    return both
