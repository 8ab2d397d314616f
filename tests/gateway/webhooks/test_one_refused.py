"""A receiver that refuses one message for ever, and events that come again long after they happened."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from libs.chassis.stores.parts import Part
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.gateway.domain.webhooks.webhook import DELIVERED_WITHIN, HELD_BACK_AFTER, HISTORY, Delivery, Notice, first_to_go
from tests.gateway.webhooks.parts import ACCOUNT, PLAN, parts_on, webhook_at
from tests.gateway.webhooks.receiver import Receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
AT = now()
SOON = Delivery("delivery_2", "webhook", "event", "message", "{}", AT, AT)


def notice(thing: str, said: str = "completed", *, age: timedelta = timedelta(0)) -> Notice:
    return Notice(ACCOUNT, "training_job.completed", new_id("event"), now() - age, f"{thing} {said}", thing)


async def test_the_others_go_on_after_the_third_failure_and_each_things_news_stays_in_order(mongo_url: str, receiver: Receiver) -> None:
    plan = replace(PLAN, retries=(timedelta(seconds=0.01),) * (HELD_BACK_AFTER - 1) + (HOUR,) * 3)
    parts, receiver.refuses = parts_on(mongo_url, f"t{secrets.token_hex(5)}", plan=plan), "a completed"
    webhook = await webhook_at(parts, receiver.url, age=5 * SECOND)
    happened = (notice("a", age=4 * SECOND), notice("b", age=3 * SECOND), notice("a", "published", age=2 * SECOND), notice("c", age=SECOND))
    for each in happened:
        await parts.queue(each)

    async with parts.postman.running():
        calls = await receiver.heard(HELD_BACK_AFTER + 3)
        told = [call.body.decode() for call in calls[1:]]
        assert told == ["a completed"] * HELD_BACK_AFTER + ["b completed", "c completed"]

        receiver.refuses = ""
        await parts.deliveries.hurry(webhook.id, at=now())
        await parts.turns.wake(webhook.id, at=now())
        later = (await receiver.heard(HELD_BACK_AFTER + 5))[HELD_BACK_AFTER + 3 :]

    assert [call.body.decode() for call in later] == ["a completed", "a published"]


async def test_old_news_is_told_to_nobody_and_a_second_hearing_finds_the_delivery(mongo_url: str, receiver: Receiver) -> None:
    parts = parts_on(mongo_url, f"t{secrets.token_hex(5)}")
    made = await webhook_at(parts, receiver.url, age=HISTORY * 2)
    young, old = notice("young", age=DELIVERED_WITHIN - HOUR), notice("old", age=DELIVERED_WITHIN + HOUR)

    for each in (young, old, young):
        await parts.queue(each)

    async with parts.postman.running():
        (call,) = await receiver.heard(1)
    assert call.body.decode() == "young completed"
    assert (await parts.deliveries.find(made.id, Part(10), status=None)).count == 1


async def test_what_happened_before_a_webhook_was_made_is_not_told_to_it(mongo_url: str, receiver: Receiver) -> None:
    parts = parts_on(mongo_url, f"t{secrets.token_hex(5)}")
    made = await webhook_at(parts, receiver.url)

    await parts.queue(notice("earlier", age=HOUR))

    assert (await parts.deliveries.find(made.id, Part(10), status=None)).count == 1


async def test_a_record_outlives_what_may_be_told_and_all_attempts() -> None:
    assert DELIVERED_WITHIN + timedelta(hours=28) < HISTORY


@pytest.mark.parametrize(
    ("heads", "first"),
    [
        ([], None),
        ([SOON], "delivery_2"),
        ([SOON, replace(SOON, id="delivery_1")], "delivery_1"),
        ([replace(SOON, next_attempt_at=AT + HOUR), replace(SOON, id="delivery_3")], "delivery_3"),
        ([replace(SOON, next_attempt_at=AT + HOUR), replace(SOON, id="delivery_3", next_attempt_at=AT + 2 * HOUR)], "delivery_2"),
        ([replace(SOON, id="delivery_9", event="webhook.test"), SOON], "delivery_9"),
    ],
)
async def test_of_what_is_due_a_test_call_goes_first_then_what_happened_first(heads: list[Delivery], first: str | None) -> None:
    chosen = first_to_go(heads, at=AT)

    assert (chosen.id if chosen else None) == first
