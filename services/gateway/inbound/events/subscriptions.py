"""What the gateway does about subscriptions' events: its view and what is remembered of rights follow, then webhooks are told."""

from libs.chassis.bus.handlers import Facts
from libs.contracts.subscriptions import (
    ModelSubscribed,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionRenewed,
)
from services.gateway.inbound.events.notify import Notify, then
from services.gateway.usecases.marketplace.follow_subscriptions import FollowSubscriptions


def bind_subscriptions(facts: Facts, *, follow: FollowSubscriptions, notify: Notify) -> None:
    """Bind each of a subscription's events to its use cases."""
    both = then(notify, follow)
    facts.on(ModelSubscribed)(both)
    facts.on(SubscriptionRenewed)(both)
    facts.on(SubscriptionCancelled)(both)
    facts.on(SubscriptionExpired)(both)
    facts.on(SubscriptionChanged)(follow)
