"""Subscriptions' part of the gateway's wiring: their view, what asks the marketplace, and who may use whose model."""

from dataclasses import dataclass

from libs.chassis.handlers import Facts
from libs.chassis.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.listing_ports import Suspended
from services.gateway.domain.studio_ports import Models
from services.gateway.inbound.events import Tell
from services.gateway.inbound.events_subscriptions import bind_subscriptions
from services.gateway.inbound.faces.ai_studio.subscriptions import SubscriptionUseCases
from services.gateway.outbound.subscriptions_mongo import SubscriptionsMongo
from services.gateway.services import Services
from services.gateway.usecases.check_grant import CheckGrant
from services.gateway.usecases.check_pin import CheckPin
from services.gateway.usecases.follow_subscriptions import FollowSubscriptions
from services.gateway.usecases.publish_model import NoteAnswer
from services.gateway.usecases.subscribe import ChangeSubscriptions, Subscribe


@dataclass(frozen=True, slots=True)
class SubscribingParts:
    """What subscriptions add to AI Studio."""

    use: SubscriptionUseCases
    subscriptions: SubscriptionsMongo
    grants: CheckGrant
    follow: FollowSubscriptions
    change: ChangeSubscriptions

    async def prepare(self) -> None:
        """Make indexes."""
        await self.subscriptions.prepare()

    def bind(self, facts: Facts, *, tell: Tell) -> None:
        """Listen to events about subscriptions; `tell` passes them on to webhooks."""
        bind_subscriptions(facts, follow=self.follow, tell=tell)


def make_subscribing(database: Database, services: Services, *, models: Models, note: NoteAnswer, suspended: Suspended) -> SubscribingParts:
    """Wire it."""
    subscriptions, marketplace = SubscriptionsMongo(database["subscriptions"]), services.marketplace
    grants = CheckGrant(subscriptions, now)
    follow = FollowSubscriptions(subscriptions, grants)
    check_pin = CheckPin(models, note.follow.views, subscriptions)
    change = ChangeSubscriptions(marketplace, follow, check_pin)
    subscribe = Subscribe(marketplace, follow, note.follow.views, suspended, check_pin)
    return SubscribingParts(
        use=SubscriptionUseCases(subscriptions, subscribe, change, marketplace, models),
        subscriptions=subscriptions,
        grants=grants,
        follow=follow,
        change=change,
    )
