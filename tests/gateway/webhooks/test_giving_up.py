"""What becomes of a webhook whose receiver fails, how its owner gets it going again, and what tests and replays do meanwhile."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from libs.contracts.gateway import WebhookDisabled
from tests.conftest import NewFolder
from tests.gateway.studio.world import Places, World, world
from tests.gateway.webhooks.receiver import Receiver, receiving
from tests.gateway.webhooks.subscriber import Subscriber
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    """A world without much patience: a quarter of a second of nothing but failure is enough."""
    places = Places(mongo_url, redis_url, new_folder())
    async with world(places, webhook_retries=(0.3, 0.05), webhook_give_up_after=0.25, gateways=1) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def witness() -> AsyncIterator[Receiver]:
    """A second receiver."""
    async with receiving() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def given_up(subscriber: Subscriber, receiver: Receiver) -> tuple[str, str]:
    """A webhook that was disabled, and the job that waits to be told."""
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer = [500, 500]
    job_id = await subscriber.trained()
    await subscriber.is_disabled(made["id"])
    return made["id"], job_id


async def test_nothing_but_failure_disables_a_webhook_and_is_told(
    subscriber: Subscriber, receiver: Receiver, given_up: tuple[str, str]
) -> None:
    webhook_id, _ = given_up
    webhook = await subscriber.webhook(webhook_id)

    assert webhook["failing_since"] is not None
    assert webhook["disabled_at"] is not None
    assert webhook["disabled_reason"].startswith("Nothing but failure since 20")
    await subscriber.all_are(webhook_id, "PENDING", attempts=2)

    async def told() -> bool:
        return bool(subscriber.studio.events(WebhookDisabled.topic, key=webhook_id))

    await until(told, what="webhook.disabled")
    (event,) = subscriber.studio.events(WebhookDisabled.topic, key=webhook_id)
    assert receiver.url not in str(event)
    assert "whsec_" not in str(event)


async def trained_and_told(subscriber: Subscriber, witness: Receiver) -> None:
    """Train, and wait until the account's webhooks that are enabled have been told."""
    await subscriber.make_webhook(witness)
    await subscriber.trained()
    await witness.heard(1)


async def test_enabled_again_it_gets_what_waited_and_not_what_happened_meanwhile(
    subscriber: Subscriber, receiver: Receiver, witness: Receiver, given_up: tuple[str, str]
) -> None:
    webhook_id, waiting = given_up
    await trained_and_told(subscriber, witness)

    enabled = await subscriber.user.call("PATCH", f"/webhooks/{webhook_id}/", {"enabled": True})
    await subscriber.all_are(webhook_id, "DELIVERED")
    later = await subscriber.trained()

    assert enabled.status_code == 200
    assert (enabled.json()["enabled"], enabled.json()["failing_since"], enabled.json()["disabled_reason"]) == (True, None, None)
    calls = await receiver.heard(4)
    assert [call.payload["data"]["job_id"] for call in calls] == [waiting, waiting, waiting, later]


async def test_its_owner_can_disable_it_too(subscriber: Subscriber, receiver: Receiver, witness: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)

    answer = await subscriber.user.call("PATCH", f"/webhooks/{made['id']}/", {"enabled": False})
    await trained_and_told(subscriber, witness)
    await subscriber.user.call("PATCH", f"/webhooks/{made['id']}/", {"enabled": True})
    heard = await subscriber.trained()

    assert answer.json()["disabled_reason"] == "You disabled it."
    (call,) = await receiver.heard(1)
    assert call.payload["data"]["job_id"] == heard


async def test_a_receiver_that_is_gone_is_left_in_peace(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer = [410]

    await subscriber.trained()

    webhook = await subscriber.is_disabled(made["id"])
    assert webhook["disabled_reason"] == "The receiver answered 410 Gone: it wants no more deliveries."
    assert len(receiver.calls) == 1


async def test_a_success_in_between_starts_the_count_anew(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer = [500, 200, 500, 200]

    await subscriber.trained()
    await subscriber.all_are(made["id"], "DELIVERED")
    await subscriber.trained()
    await subscriber.all_are(made["id"], "DELIVERED", count=2)

    webhook = await subscriber.webhook(made["id"])
    assert (webhook["enabled"], webhook["failing_since"]) == (True, None)


@pytest.mark.parametrize("path", ["test/", "deliveries/{delivery_id}/replay/"])
async def test_a_disabled_webhook_gets_no_tests_and_replays(
    subscriber: Subscriber, receiver: Receiver, given_up: tuple[str, str], path: str
) -> None:
    webhook_id, _ = given_up
    (waiting,) = await subscriber.deliveries(webhook_id)

    answer = await subscriber.user.call("POST", f"/webhooks/{webhook_id}/{path.format(delivery_id=waiting['id'])}")

    assert answer.status_code == 409
    assert 'PATCH {"enabled": true}' in answer.json()["error"]["details"]["enabled"][1]
    assert len(receiver.calls) == 2


async def test_a_test_goes_before_what_waits_and_its_failure_has_no_consequences(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer = [500, 503]
    receiver.open.clear()
    job_id = await subscriber.trained()
    await receiver.heard(1)

    test = await subscriber.user.call("POST", f"/webhooks/{made['id']}/test/")
    receiver.open.set()
    calls = await receiver.heard(3)

    assert test.status_code == 202
    assert [call.headers["x-sharewise-event"] for call in calls] == ["training_job.completed", "webhook.test", "training_job.completed"]
    assert calls[1].payload == {
        "event": "webhook.test",
        "data": {"webhook_id": made["id"], "message": "This is a test call."},
        "timestamp": test.json()["created_at"],
    }
    assert calls[2].payload["data"]["job_id"] == job_id
    tested = await subscriber.delivery(made["id"], test.json()["id"])
    assert (tested["status"], tested["attempts"], tested["error"]) == ("FAILED", 1, "The receiver answered 503.")


async def test_a_replay_is_the_same_message_again(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    await subscriber.trained()
    (past,) = await subscriber.all_are(made["id"], "DELIVERED")
    path = f"/webhooks/{made['id']}/deliveries/{past['id']}/replay/"

    answers = [await subscriber.user.call("POST", path, key="once-more") for _ in range(2)]
    replays = await subscriber.all_are(made["id"], "DELIVERED", count=2)

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert (replays[0]["id"], replays[0]["replay_of"]) == (answers[0].json()["id"], past["id"])
    first, second = await receiver.heard(2)
    assert (first.message_id, first.body) == (second.message_id, second.body)


async def test_what_has_not_ended_cannot_be_replayed(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.open.clear()
    await subscriber.trained()
    await receiver.heard(1)
    (waiting,) = await subscriber.deliveries(made["id"])

    answer = await subscriber.user.call("POST", f"/webhooks/{made['id']}/deliveries/{waiting['id']}/replay/")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")


async def test_a_new_address_gets_what_the_old_one_did_not_take(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(Receiver("http://127.0.0.1:1"))
    job_id = await subscriber.trained()
    await subscriber.all_are(made["id"], "PENDING")

    await subscriber.user.call("PATCH", f"/webhooks/{made['id']}/", {"url": f"{receiver.url}/new", "enabled": True})

    (call,) = await receiver.heard(1)
    assert (call.path, call.payload["data"]["job_id"]) == ("/new", job_id)
