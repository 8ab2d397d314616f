"""A gateway that dies, or a store that is away, costs no delivery; a name that leads elsewhere meanwhile is not followed."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient

from libs.chassis.stores.parts import Part
from libs.contracts.envelope import now
from services.gateway.domain.webhooks.webhook import Delivery, DeliveryPlan, DeliveryStatus
from services.gateway.webhooks import WebhookParts
from tests.gateway.webhooks.parts import ACCOUNT, PLAN, parts_on, webhook_at
from tests.gateway.webhooks.receiver import receiving
from tests.outboxes import count_pending, empty_outbox, fill_outbox
from tests.waiting import until


async def ended(parts: WebhookParts, webhook_id: str) -> Delivery:
    """Wait until a webhook's only delivery has ended, and return it."""
    found: list[Delivery] = []

    async def there() -> bool:
        found[:] = (await parts.deliveries.find(webhook_id, Part(10), status=None)).items
        return [each.status for each in found] not in ([], [DeliveryStatus.PENDING])

    await until(there, what="the end of the delivery")
    return found[0]


async def test_a_delivery_whose_gateway_is_killed_before_it_writes_down_is_sent_again_with_its_id(mongo_url: str, namespace: str) -> None:
    async with receiving() as receiver:
        parts = parts_on(mongo_url, namespace)
        webhook = await webhook_at(parts, f"{receiver.url}/hook")
        receiver.open.clear()
        dying = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("dying_postman.py")),
            env={**os.environ, "MONGO_URL": mongo_url, "NAMESPACE": namespace},
        )
        await receiver.heard(1)

        dying.kill()
        await dying.wait()
        # As it is when the lease of the one that was killed has run out.
        stored = AsyncIOMotorClient[dict[str, Any]](mongo_url)[namespace]["webhooks"]
        ended_lease = await stored.update_one({"_id": webhook.id, "lease.until": {"$gt": now()}}, {"$set": {"lease.until": now()}})
        assert ended_lease.modified_count == 1
        receiver.open.set()
        async with parts.postman.running():
            delivery = await ended(parts, webhook.id)

        first, second = receiver.calls
        assert (first.message_id, first.body) == (second.message_id, second.body) == (delivery.message_id, delivery.body.encode())
        assert (delivery.status, len(delivery.attempts)) == (DeliveryStatus.DELIVERED, 1)


async def test_the_lease_of_a_gateway_that_died_ends_by_itself_and_what_it_gives_back_late_counts_no_more(
    mongo_url: str, namespace: str
) -> None:
    # given a webhook that is due, and a gateway that took it and was never heard of again
    parts = parts_on(mongo_url, namespace)
    webhook = await webhook_at(parts, "https://hooks.test/hook")
    at = now()
    until = at + PLAN.lease
    dead = await parts.turns.take(holder="dead", at=at, until=until)

    # when others look for work just before its lease ends, at its end, and after what it gives back late
    moments = (until - timedelta(milliseconds=1), until, until + timedelta(milliseconds=1))
    before, after = [await parts.turns.take(holder="living", at=each, until=each + PLAN.lease) for each in moments[:2]]
    assert dead is not None
    await parts.turns.end(dead, due_at=at)
    late = await parts.turns.take(holder="third", at=moments[2], until=moments[2] + PLAN.lease)

    # then
    assert (dead.webhook.id, before, late) == (webhook.id, None, None)
    assert after is not None
    assert (after.webhook.id, after.holder) == (webhook.id, "living")


async def test_a_gateway_that_stops_lets_the_delivery_under_way_end(mongo_url: str, namespace: str) -> None:
    async with receiving() as receiver:
        parts = parts_on(mongo_url, namespace)
        webhook = await webhook_at(parts, f"{receiver.url}/hook")
        receiver.open.clear()

        async with parts.postman.running():
            await receiver.heard(1)
            asyncio.get_running_loop().call_soon(receiver.open.set)

        assert (await ended(parts, webhook.id)).status is DeliveryStatus.DELIVERED
        assert len(receiver.calls) == 1


async def test_a_receiver_that_takes_too_long_is_tried_again(mongo_url: str, namespace: str) -> None:
    async with receiving() as receiver:
        plan = DeliveryPlan(retries=PLAN.retries * 100, timeout=timedelta(seconds=0.5), give_up_after=PLAN.give_up_after)
        parts = parts_on(mongo_url, namespace, plan=plan)
        webhook = await webhook_at(parts, f"{receiver.url}/hook")
        receiver.open.clear()

        async with parts.postman.running():
            await receiver.heard(2)
            receiver.open.set()
            delivery = await ended(parts, webhook.id)

        first = delivery.attempts[0]
        assert (delivery.status, first.status, first.error) == (DeliveryStatus.DELIVERED, None, "No answer within 0.5 s.")


async def test_a_webhook_is_given_up_only_when_its_owner_can_be_told(mongo_url: str, namespace: str) -> None:
    async with receiving() as receiver:
        parts = parts_on(mongo_url, namespace, plan=replace(PLAN, retries=PLAN.retries * 100))
        webhook = await webhook_at(parts, f"{receiver.url}/hook")
        stored = AsyncIOMotorClient[dict[str, Any]](mongo_url)[namespace]["webhooks"]
        await fill_outbox(stored, webhook.id)
        receiver.will_answer = [410] * 300

        async def given_up() -> bool:
            return not (await parts.webhooks.get(webhook.id, account_id=ACCOUNT)).enabled

        async with parts.postman.running():
            await receiver.heard(3)  # Given up, it would have heard nothing after the first.
            await empty_outbox(stored, webhook.id)
            await until(given_up, what="a webhook that is given up")

        assert await count_pending(stored, webhook.id) == 1


class Rebinding:
    """A name that leads to this machine when it is asked for first, and into its network after that."""

    def __init__(self) -> None:
        self.asked = 0

    async def addresses_of(self, host: str, port: int) -> tuple[str, ...]:
        assert (host, port > 0) == ("hooks.test", True)
        self.asked += 1
        return ("127.0.0.1",) if self.asked == 1 else ("10.0.0.1",)


async def test_a_name_that_leads_elsewhere_later_is_refused_then(mongo_url: str, namespace: str) -> None:
    async with receiving(host="hooks.test") as receiver:
        parts = parts_on(mongo_url, namespace, names=Rebinding())
        receiver.will_answer = [500]
        webhook = await webhook_at(parts, f"{receiver.url}/hook")

        async with parts.postman.running():
            delivery = await ended(parts, webhook.id)

        assert len(receiver.calls) == 1
        assert delivery.status is DeliveryStatus.FAILED
        assert [attempt.status for attempt in delivery.attempts] == [500, None, None, None]
        assert delivery.attempts[1].error.startswith("'hooks.test' has an address that cannot be used: private")  # type: ignore[union-attr]  # there is one


async def test_many_gateways_share_the_work_and_no_webhook_has_two_at_once(mongo_url: str, namespace: str) -> None:
    async with receiving() as receiver:
        gateways = [parts_on(mongo_url, namespace) for _ in range(4)]
        for number in range(6):
            await webhook_at(gateways[0], f"{receiver.url}/{number}")
        running = [gateway.postman.running() for gateway in gateways]

        # Each new webhook's notice goes to those before it, too.
        async with running[0], running[1], running[2], running[3]:
            await receiver.heard(6 + 5 + 4 + 3 + 2 + 1)

        sent = [(call.path, call.message_id) for call in receiver.calls]
        assert len(sent) == len(set(sent)) == 21
        for number in range(6):
            ids = [message_id for path, message_id in sent if path == f"/{number}"]
            assert ids == sorted(ids)
    assert (await gateways[2].webhooks.find(ACCOUNT, Part(10))).count == 6
