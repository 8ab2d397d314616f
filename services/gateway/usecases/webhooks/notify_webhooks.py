"""Queue what an account's webhooks are told: notices of events, test calls, deliveries once more."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from services.gateway.domain.models.ports import Clock
from services.gateway.domain.webhooks.errors import DeliveryPendingError, WebhookDisabledError
from services.gateway.domain.webhooks.ports import Deliveries, Turns, Webhooks
from services.gateway.domain.webhooks.webhook import Delivery, DeliveryStatus, Notice, Webhook
from services.gateway.domain.work import Work


@dataclass(frozen=True, slots=True)
class Queue:
    """Puts deliveries where any gateway finds them. `wake` makes this one look at once."""

    deliveries: Deliveries
    turns: Turns
    clock: Clock
    wake: Callable[[], None]

    async def __call__(self, delivery: Delivery) -> None:
        """Keep a delivery, if it is new, and say that it is due."""
        await self.deliveries.add(delivery)
        await self.turns.wake(delivery.webhook_id, at=self.clock())
        self.wake()


@dataclass(frozen=True, slots=True)
class NotifyWebhooks:
    """May be called twice with the same notice: a delivery's id is made of notice and webhook, so it is kept once."""

    webhooks: Webhooks
    queue: Queue

    async def __call__(self, notice: Notice) -> None:
        """Queue a delivery to each of the account's webhooks that wants the event; none of old news, which a replay of events brings."""
        at = self.queue.clock()
        for webhook in await self.webhooks.listening(notice.account_id, event=notice.event):
            if not notice.is_news(at=at, webhook_made_at=webhook.created_at):
                continue
            work = Work(seed=f"{webhook.id}|{notice.message_id}", began_ms=int(notice.at.timestamp() * 1000))
            await self.queue(new_delivery(work, webhook, notice))


@dataclass(frozen=True, slots=True)
class TryWebhook:
    """A test goes before what waits, is tried once, and its failure has no consequences."""

    queue: Queue

    async def __call__(self, webhook: Webhook, *, notice: Notice, work: Work) -> Delivery:
        """Return the queued delivery. Raise WebhookDisabledError."""
        check_enabled(webhook)
        delivery = new_delivery(work, webhook, notice)
        await self.queue(delivery)
        return await self.queue.deliveries.get(delivery.id, webhook_id=webhook.id)


@dataclass(frozen=True, slots=True)
class ReplayDelivery:
    """The same message again, under its id, as a delivery of its own behind what waits."""

    queue: Queue

    async def __call__(self, webhook: Webhook, *, delivery_id: str, work: Work) -> Delivery:
        """Return the queued delivery. Raise DeliveryNotFoundError, WebhookDisabledError or DeliveryPendingError."""
        past = await self.queue.deliveries.get(delivery_id, webhook_id=webhook.id)
        check_enabled(webhook)
        if past.status is DeliveryStatus.PENDING:
            raise DeliveryPendingError(delivery_id)
        at = self.queue.clock()
        replay = replace(
            past,
            id=work.new_id("delivery"),
            created_at=at,
            next_attempt_at=at,
            status=DeliveryStatus.PENDING,
            attempts=(),
            replay_of=past.replay_of or past.id,
        )
        await self.queue(replay)
        return await self.queue.deliveries.get(replay.id, webhook_id=webhook.id)


def new_delivery(work: Work, webhook: Webhook, notice: Notice) -> Delivery:
    """Return a delivery of a notice to a webhook, due at once."""
    return Delivery(
        id=work.new_id("delivery"),
        webhook_id=webhook.id,
        event=notice.event,
        message_id=notice.message_id,
        body=notice.body,
        created_at=notice.at,
        next_attempt_at=notice.at,
        thing=notice.thing,
    )


def check_enabled(webhook: Webhook) -> None:
    """Raise WebhookDisabledError."""
    if not webhook.enabled:
        raise WebhookDisabledError(webhook.disabled_reason or "It was disabled.")
