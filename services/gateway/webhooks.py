"""Webhooks' part of the gateway's wiring: their stores, who is told, and who delivers."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from libs.chassis.stores.mongo import Database
from libs.contracts.alerts import AlertAcknowledged
from libs.contracts.envelope import Event, now
from libs.contracts.monitoring import AlertRaised, AlertResolved
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.webhooks.ports import Deliverer, Names
from services.gateway.domain.webhooks.webhook import DeliveryPlan, Notice
from services.gateway.inbound.postman import Postman
from services.gateway.outbound.webhooks.deliverer_httpx import DelivererHttpx
from services.gateway.outbound.webhooks.deliveries_mongo import DeliveriesMongo
from services.gateway.outbound.webhooks.names_dns import NamesDns
from services.gateway.outbound.webhooks.webhook_turns_mongo import WebhookTurnsMongo
from services.gateway.outbound.webhooks.webhooks_mongo import WebhooksMongo
from services.gateway.settings import Settings
from services.gateway.usecases.nouns import WebhookUseCases
from services.gateway.usecases.webhooks.deliver import Deliver
from services.gateway.usecases.webhooks.find_target import FindTarget
from services.gateway.usecases.webhooks.keep_webhooks import ChangeWebhook, DeleteWebhook, MakeWebhook
from services.gateway.usecases.webhooks.notify_webhooks import NotifyWebhooks, Queue, ReplayDelivery, TryWebhook

Admins = Callable[[], Awaitable[Sequence[str]]]


class NoticesOf(Protocol):
    """What webhooks are told of an event, in the words of the face that keeps them."""

    def __call__(self, event: Event, *, admins: Sequence[str] = ()) -> Sequence[Notice]:
        """Return one notice for each account that is concerned."""


@dataclass(frozen=True, slots=True)
class WebhookParts:
    """What webhooks add to the gateway."""

    use: WebhookUseCases
    postman: Postman
    queue: NotifyWebhooks
    webhooks: WebhooksMongo
    deliveries: DeliveriesMongo
    turns: WebhookTurnsMongo
    admins: Admins
    notices_of: NoticesOf

    async def prepare(self) -> None:
        """Make indexes."""
        await self.webhooks.prepare()
        await self.turns.prepare()
        await self.deliveries.prepare()

    async def notify(self, event: Event) -> None:
        """Queue what an event means to its accounts' webhooks; twice is once."""
        for notice in self.notices_of(
            event, admins=await self.admins() if isinstance(event, AlertRaised | AlertAcknowledged | AlertResolved) else ()
        ):
            await self.queue(notice)


def plan_of(settings: Settings) -> DeliveryPlan:
    """Return when attempts are made, and for how long."""
    retries = tuple(timedelta(seconds=pause) for pause in settings.webhook_retries)
    return DeliveryPlan(retries=retries, timeout=settings.webhook_timeout, give_up_after=settings.webhook_give_up_after)


def make_webhooks(
    *,
    database: Database,
    wake_relay: Callable[[], None],
    plan: DeliveryPlan,
    development: bool,
    admins: Admins,
    notices_of: NoticesOf,
    limits: TierLimits,
    names: Names | None = None,
    deliverer: Deliverer | None = None,
) -> WebhookParts:
    """Wire it; `wake_relay` is called after each write that has events to be published (collection `webhooks`)."""
    webhooks = WebhooksMongo(database["webhooks"], on_write=wake_relay)
    turns, deliveries = WebhookTurnsMongo(database["webhooks"]), DeliveriesMongo(database["webhook_deliveries"])
    find_target = FindTarget(names or NamesDns(), development)
    deliver = Deliver(webhooks, deliveries, turns, find_target, deliverer or DelivererHttpx(), now, plan)
    postman = Postman(deliver)
    queue = Queue(deliveries, turns, now, postman.wake)
    use = WebhookUseCases(
        webhooks=webhooks,
        deliveries=deliveries,
        make=MakeWebhook(webhooks, find_target, limits, now),
        change=ChangeWebhook(webhooks, deliveries, turns, find_target, now, postman.wake),
        delete=DeleteWebhook(webhooks, deliveries),
        test=TryWebhook(queue),
        replay=ReplayDelivery(queue),
        development=development,
    )
    return WebhookParts(
        use=use,
        postman=postman,
        queue=NotifyWebhooks(webhooks, queue),
        webhooks=webhooks,
        deliveries=deliveries,
        turns=turns,
        admins=admins,
        notices_of=notices_of,
    )
