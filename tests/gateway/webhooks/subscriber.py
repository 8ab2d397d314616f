"""A user who has webhooks, and what the stories do with them."""

from dataclasses import dataclass
from typing import Any

from tests.gateway.studio.world import User, World
from tests.gateway.webhooks.receiver import Receiver
from tests.waiting import until

ALL = [
    "training_job.completed",
    "training_job.failed",
    "training_job.cancelled",
    "job.completed",
    "job.failed",
    "job.cancelled",
    "model.retrained",
    "model.deployed",
    "retraining.skipped",
    "model.drifted",
    "model.recovered",
    "recipe.changed",
    "model.published",
    "listing.rejected",
    "model.subscribed",
    "subscription.renewed",
    "subscription.cancelled",
    "subscription.expired",
]


@dataclass(repr=False)
class Subscriber:
    """A user and the world that they train in."""

    user: User
    studio: World

    async def make_webhook(self, receiver: Receiver, *events: str, path: str = "/hook") -> dict[str, Any]:
        body = {"url": f"{receiver.url}{path}", "events": list(events) or ALL}
        answer = await self.user.call("POST", "/webhooks/", body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def trained(self) -> str:
        """Train a model and return the job's id."""
        job_id = await self.started()
        await self.studio.training.complete(job_id)
        return job_id

    async def started(self) -> str:
        """Start a training and return the job's id."""
        return await self.user.train(await self.user.make_model())

    async def webhook(self, webhook_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.user.get(f"/webhooks/{webhook_id}/")
        return found

    async def deliveries(self, webhook_id: str, query: str = "") -> list[dict[str, Any]]:
        """Return a webhook's deliveries, the newest first."""
        found: list[dict[str, Any]] = (await self.user.get(f"/webhooks/{webhook_id}/deliveries/{query}"))["results"]
        return found

    async def delivery(self, webhook_id: str, delivery_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.user.get(f"/webhooks/{webhook_id}/deliveries/{delivery_id}/")
        return found

    async def all_are(self, webhook_id: str, status: str, *, count: int = 1, attempts: int = 1) -> list[dict[str, Any]]:
        """Wait until there are so many deliveries, all in this status and tried so often at least; return them, the newest first."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = await self.deliveries(webhook_id)
            return len(found) == count and all(each["status"] == status and each["attempts"] >= attempts for each in found)

        await until(there, what=f"{count} deliveries {status}")
        return found

    async def is_disabled(self, webhook_id: str) -> dict[str, Any]:
        """Wait until a webhook is disabled and return it."""

        async def there() -> bool:
            return not (await self.webhook(webhook_id))["enabled"]

        await until(there, what=f"{webhook_id} disabled")
        return await self.webhook(webhook_id)
