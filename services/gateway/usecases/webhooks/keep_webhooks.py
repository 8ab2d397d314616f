"""Make, change and delete a webhook."""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from libs.contracts.ids import new_id
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.webhooks.errors import TooManyWebhooksError, WebhookChangedError
from services.gateway.domain.webhooks.ports import Deliveries, Turns, Webhooks
from services.gateway.domain.webhooks.signatures import new_secret
from services.gateway.domain.webhooks.webhook import Webhook, WebhookChange
from services.gateway.usecases.webhooks.find_target import FindTarget

ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class MakeWebhook:
    """A tier limits how many there are."""

    webhooks: Webhooks
    find_target: FindTarget
    limits: TierLimits
    clock: Clock

    async def __call__(self, *, caller: Caller, url: str, events: Sequence[str]) -> Webhook:
        """Return the new webhook, its secret in it.

        Raise TargetRefusedError, SubscriptionRequiredError or LimitReachedError.
        """
        await self.find_target(url)
        at = self.clock()
        webhook = Webhook(new_id("webhook"), caller.account_id, url, tuple(events), new_secret(), created_at=at, updated_at=at)
        try:
            await self.webhooks.add(webhook, most=self.limits.most(Limit.WEBHOOKS, caller.tier))
        except TooManyWebhooksError as error:
            raise self.limits.refusal(Limit.WEBHOOKS, tier=caller.tier) from error
        return webhook


@dataclass(frozen=True, slots=True)
class ChangeWebhook:
    """What is left out stays as it is. `wake` is called when something may have become due."""

    webhooks: Webhooks
    deliveries: Deliveries
    turns: Turns
    find_target: FindTarget
    clock: Clock
    wake: Callable[[], None]

    async def __call__(self, webhook_id: str, *, account_id: str, change: WebhookChange) -> Webhook:
        """Return the changed webhook; what waits for an enabled one is tried at once.

        Raise WebhookNotFoundError, TargetRefusedError or WebhookChangedError.
        """
        if change.url is not None:
            await self.webhooks.get(webhook_id, account_id=account_id)
            await self.find_target(change.url)
        changed = await self._change(webhook_id, account_id=account_id, change=change)
        if changed.enabled and (change.enabled or change.url):
            await self.deliveries.hurry(webhook_id, at=changed.updated_at)
            await self.turns.wake(webhook_id, at=changed.updated_at)
            self.wake()
        return changed

    async def _change(self, webhook_id: str, *, account_id: str, change: WebhookChange) -> Webhook:
        async def once() -> Webhook:
            webhook = await self.webhooks.get(webhook_id, account_id=account_id)
            changed = webhook.changed(change, at=self.clock())
            await self.webhooks.save(changed)
            return changed

        for _ in range(ATTEMPTS - 1):
            # Attempts are judged again and again while the receiver fails; the owner's word holds all the same.
            with contextlib.suppress(WebhookChangedError):
                return await once()
        return await once()


@dataclass(frozen=True, slots=True)
class DeleteWebhook:
    """Its deliveries end with it."""

    webhooks: Webhooks
    deliveries: Deliveries

    async def __call__(self, webhook_id: str, *, account_id: str) -> None:
        """Raise WebhookNotFoundError."""
        # The webhook first: without it nothing is delivered, whatever becomes of the rest, which ends with its history at the latest.
        await self.webhooks.remove(webhook_id, account_id=account_id)
        await self.deliveries.remove(webhook_id)
