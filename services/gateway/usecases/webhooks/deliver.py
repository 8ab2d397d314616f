"""Deliver to one webhook whose turn it is: the first of what waits, once."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from libs.chassis.stores.outbox import OutboxFullError
from libs.contracts.gateway import WebhookDisabled
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.webhooks.errors import TargetRefusedError, UnreachableError, WebhookChangedError, WebhookNotFoundError
from services.gateway.domain.webhooks.ports import Answered, Deliverer, Deliveries, Turns, Webhooks
from services.gateway.domain.webhooks.signatures import signed_headers
from services.gateway.domain.webhooks.webhook import Attempt, Delivery, DeliveryPlan, Turn, Webhook, first_to_go
from services.gateway.usecases.webhooks.find_target import FindTarget


@dataclass(frozen=True, slots=True)
class Deliver:
    """One gateway at a time delivers to a webhook, in the order of events: what fails is tried again before the next one goes.

    What has failed three times holds up later news of its own thing alone.

    A gateway that dies after it has sent and before it has written that down leaves the delivery pending, and its turn to end by itself:
    another one then sends the same message, with the same id.
    """

    webhooks: Webhooks
    deliveries: Deliveries
    turns: Turns
    find_target: FindTarget
    deliverer: Deliverer
    clock: Clock
    plan: DeliveryPlan

    async def take(self, *, but_of: Sequence[str]) -> Turn | None:
        """Return a webhook that something is due for and that nobody else delivers to, but of none of these accounts."""
        at = self.clock()
        return await self.turns.take(holder=secrets.token_hex(8), at=at, until=at + self.plan.lease, but_of=but_of)

    async def __call__(self, turn: Turn) -> Attempt | None:
        """Make one attempt and give the turn back; None when nothing was due after all."""
        at = self.clock()
        delivery = first_to_go(await self.deliveries.heads(turn.webhook.id), at=at)
        if delivery is None or (delivery.next_attempt_at and delivery.next_attempt_at > at):
            await self.turns.end(turn, due_at=delivery.next_attempt_at if delivery else None)
            return None
        if turn.until - at < self.plan.timeout:
            # The store was slow: the attempt could outlast the turn, and another gateway send beside this one.
            await self.turns.end(turn, due_at=at)
            return None
        attempt = await self._attempt(turn.webhook, delivery)
        after = delivery.attempted(attempt, retries=self.plan.retries)
        # In this order: whoever sees a delivery taken sees its webhook working.
        version = await self._judge(turn.webhook, attempt, is_test=delivery.is_test)
        await self.deliveries.record(after)
        if after.next_attempt_at:
            await self._heed_owner(turn.webhook, version=version)
        # Due at once: what waits behind this one may go now, and the next look finds when.
        await self.turns.end(turn, due_at=self.clock())
        return attempt

    async def _attempt(self, webhook: Webhook, delivery: Delivery) -> Attempt:
        at, began = self.clock(), time.monotonic()
        answered, error = None, None
        try:
            async with asyncio.timeout(self.plan.timeout.total_seconds()):
                answered = await self._send(webhook, delivery)
        except TimeoutError:
            error = f"No answer within {self.plan.timeout.total_seconds():g} s."
        except TargetRefusedError as refused:
            error = refused.problem
        except UnreachableError as unreachable:
            error = unreachable.message
        took_ms = round((time.monotonic() - began) * 1000)
        if answered is None:
            return Attempt(at, took_ms, error=error)
        return Attempt(at, took_ms, status=answered.status, body=answered.body)

    async def _send(self, webhook: Webhook, delivery: Delivery) -> Answered:
        target = await self.find_target(webhook.url)
        body = delivery.body.encode()
        headers = signed_headers(webhook.secret, event=delivery.event, message_id=delivery.message_id, body=body, at=self.clock())
        return await self.deliverer(target, headers=headers, body=body)

    async def _heed_owner(self, webhook: Webhook, *, version: int) -> None:
        """Try again at once where the owner has changed the webhook during the attempt, whose pause overtook their wish."""
        with contextlib.suppress(WebhookNotFoundError):
            current = await self.webhooks.get(webhook.id, account_id=webhook.account_id)
            if current.version != version:
                await self.deliveries.hurry(webhook.id, at=self.clock())

    async def _judge(self, webhook: Webhook, attempt: Attempt, *, is_test: bool) -> int:
        """Write down what follows for the webhook; return its version, as far as it is known here."""
        judged = webhook.judged(attempt, is_test=is_test, give_up_after=self.plan.give_up_after)
        if judged is webhook:
            return webhook.version
        try:
            await self.webhooks.save(judged, *([] if judged.enabled else [disabled(judged)]))
        except (WebhookChangedError, OutboxFullError):
            return webhook.version  # Changed by its owner meanwhile, or nobody can be told: the next attempt judges it as it is then.
        return webhook.version + 1


def disabled(webhook: Webhook) -> WebhookDisabled:
    """Return the event that tells of a webhook that was given up. Neither its URL nor its secret is in it."""
    return WebhookDisabled(
        sequence=webhook.version + 1,
        webhook_id=webhook.id,
        account_id=webhook.account_id,
        reason=webhook.disabled_reason or "",
        failing_since=webhook.failing_since,
    )
