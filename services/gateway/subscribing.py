"""Subscriptions' part of the gateway's wiring: their view, what asks the marketplace, and who may use whose model."""

from dataclasses import dataclass

from libs.chassis.bus.handlers import Facts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.marketplace.ports import Suspended
from services.gateway.domain.models.ports import Models
from services.gateway.inbound.events.notify import Notify
from services.gateway.inbound.events.subscriptions import bind_subscriptions
from services.gateway.outbound.marketplace.subscriptions_mongo import SubscriptionsMongo
from services.gateway.outbound.services_bus import Services
from services.gateway.usecases.marketplace.check_entitlement import CheckEntitlement
from services.gateway.usecases.marketplace.check_pin import CheckPin
from services.gateway.usecases.marketplace.follow_subscriptions import FollowSubscriptions
from services.gateway.usecases.marketplace.publish_model import NoteAnswer
from services.gateway.usecases.marketplace.subscribe import ChangeSubscriptions, Subscribe
from services.gateway.usecases.nouns import SubscriptionUseCases


@dataclass(frozen=True, slots=True)
class SubscribingParts:
    """What subscriptions add to the app."""

    use: SubscriptionUseCases
    subscriptions: SubscriptionsMongo
    entitlements: CheckEntitlement
    follow: FollowSubscriptions
    change: ChangeSubscriptions

    async def prepare(self) -> None:
        """Make indexes."""
        await self.subscriptions.prepare()

    def bind(self, facts: Facts, *, notify: Notify) -> None:
        """Listen to events about subscriptions; `notify` passes them on to webhooks."""
        bind_subscriptions(facts, follow=self.follow, notify=notify)


def make_subscribing(database: Database, services: Services, *, models: Models, note: NoteAnswer, suspended: Suspended) -> SubscribingParts:
    """Wire it."""
    subscriptions, marketplace = SubscriptionsMongo(database["subscriptions"]), services.marketplace
    entitlements = CheckEntitlement(subscriptions, now)
    follow = FollowSubscriptions(subscriptions, entitlements)
    check_pin = CheckPin(models, note.follow.views, subscriptions)
    change = ChangeSubscriptions(marketplace, follow, check_pin)
    subscribe = Subscribe(marketplace, follow, note.follow.views, suspended, check_pin)
    return SubscribingParts(
        use=SubscriptionUseCases(subscriptions, subscribe, change, marketplace, models),
        subscriptions=subscriptions,
        entitlements=entitlements,
        follow=follow,
        change=change,
    )
