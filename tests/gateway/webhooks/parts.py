"""Webhooks without the rest of a gateway: its parts on a database, as any number of processes may have them."""

from datetime import timedelta

from motor.motor_asyncio import AsyncIOMotorClient

from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.gateway.domain.accounts.tier_limits import DEFAULTS, TierLimits
from services.gateway.domain.webhooks.ports import Names
from services.gateway.domain.webhooks.signatures import new_secret
from services.gateway.domain.webhooks.webhook import DeliveryPlan, Notice, Webhook
from services.gateway.inbound.faces.ai_studio.notices import notices_of
from services.gateway.webhooks import WebhookParts, make_webhooks

ACCOUNT = "account_of_ada"
# No attempt is over, and no lease ends, because a busy machine has kept a story waiting.
PLAN = DeliveryPlan(retries=(timedelta(seconds=0.05),) * 3, timeout=timedelta(minutes=1), give_up_after=timedelta(days=5))


async def no_admins() -> list[str]:
    return []


def parts_on(mongo_url: str, name: str, *, names: Names | None = None, plan: DeliveryPlan = PLAN) -> WebhookParts:
    """Return the parts on a database."""
    database = AsyncIOMotorClient(mongo_url, tz_aware=True)[name]
    limits = TierLimits(DEFAULTS)
    return make_webhooks(
        database=database,
        wake_relay=lambda: None,
        plan=plan,
        development=True,
        admins=no_admins,
        notices_of=notices_of,
        limits=limits,
        names=names,
    )


async def webhook_at(parts: WebhookParts, url: str, *, age: timedelta = timedelta(0)) -> Webhook:
    """Keep a webhook, and a notice of its first moment that waits to be delivered to it, if it is no older than notices may be."""
    at = now() - age
    webhook = Webhook(new_id("webhook"), ACCOUNT, url, ("training_job.completed",), new_secret(), created_at=at, updated_at=at)
    await parts.prepare()
    await parts.webhooks.add(webhook, most=20)
    await parts.queue(Notice(ACCOUNT, "training_job.completed", new_id("event"), at, '{"event":"training_job.completed"}'))
    return webhook
