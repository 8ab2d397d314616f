"""A webhook's receiver hears of trainings: signed, once, in order, again after a failure, and of nobody else's."""

import asyncio
import hashlib
import hmac

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from services.gateway.inbound.postman import SIDE_BY_SIDE_OF_ONE
from tests.gateway.studio.doubles import measured
from tests.gateway.studio.other_jobs import complete, start
from tests.gateway.studio.world import User, World
from tests.gateway.webhooks.receiver import Receiver
from tests.gateway.webhooks.subscriber import Subscriber
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_training_that_ends_well_is_delivered_as_documented_and_signed_twice(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver, "training_job.completed")

    job_id = await subscriber.trained()

    (call,) = await receiver.heard(1)
    model_id = (await subscriber.user.get(f"/training-jobs/{job_id}/"))["model_id"]
    assert call.path == "/hook"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["x-sharewise-event"] == "training_job.completed"
    assert call.headers["x-sharewise-signature"] == hmac.new(made["secret"].encode(), call.body, hashlib.sha256).hexdigest()
    payload = Webhook(made["secret"]).verify(call.body, call.headers)
    assert payload == {
        "event": "training_job.completed",
        "data": {
            "job_id": job_id,
            "model_id": model_id,
            "status": "COMPLETED",
            "performance_metrics": {"accuracy": 0.41, "sharpe_ratio": 0.31},
        },
        "timestamp": payload["timestamp"],
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(call.body.replace(b"0.41", b"0.99"), call.headers)


async def test_who_hears_that_a_job_has_ended_sees_it_ended(subscriber: Subscriber, receiver: Receiver) -> None:
    await subscriber.make_webhook(receiver)
    receiver.open.clear()

    job_id = await subscriber.trained()
    await receiver.heard(1)

    assert (await subscriber.user.get(f"/training-jobs/{job_id}/"))["status"] == "COMPLETED"


async def test_failed_and_cancelled_trainings_are_told_with_what_is_known(subscriber: Subscriber, receiver: Receiver) -> None:
    await subscriber.make_webhook(receiver)
    failing, cancelled = await subscriber.started(), await subscriber.started()

    await subscriber.studio.training.fail(failing)
    await receiver.heard(1)
    await subscriber.user.call("POST", f"/training-jobs/{cancelled}/cancel/")

    first, second = [call.payload for call in await receiver.heard(2)]
    assert (first["event"], first["data"]["job_id"], first["data"]["status"]) == ("training_job.failed", failing, "FAILED")
    assert first["data"]["error"] == {"type": "NotEnoughDataError", "message": "Only 12 rows are left after the warm-up."}
    assert (second["event"], second["data"]["job_id"], second["data"]["status"]) == ("training_job.cancelled", cancelled, "CANCELLED")


async def test_jobs_of_other_kinds_are_told_under_names_of_their_own(subscriber: Subscriber, receiver: Receiver) -> None:
    await subscriber.make_webhook(receiver)
    studio, user = subscriber.studio, subscriber.user
    whole, part = await start(studio, user), await start(studio, user)

    await complete(studio, whole.id)
    await receiver.heard(1)
    await studio.gateway.platform.job_parts.stop(part.id, account_id=user.account_id)

    first, second = [(call.payload["event"], call.payload["data"]) for call in await receiver.heard(2)]
    assert first == ("job.completed", {"job_id": whole.id, "kind": "backtest", "status": "COMPLETED"})
    told = {"job_id": part.id, "kind": "backtest", "status": "CANCELLED", "progress": 30}
    assert second == ("job.cancelled", told)


async def test_a_metric_that_is_null_has_its_reason(subscriber: Subscriber, receiver: Receiver) -> None:
    await subscriber.make_webhook(receiver)
    job_id = await subscriber.started()

    await subscriber.studio.training.complete(job_id, result=measured(sharpe_ratio=None))

    (call,) = await receiver.heard(1)
    assert call.payload["data"]["performance_metrics"] == {"accuracy": 0.41, "sharpe_ratio": None}
    assert call.payload["data"]["reasons"] == {"sharpe_ratio": "There was nothing to measure it on."}


async def test_only_what_was_asked_for_and_only_ones_own_is_told(
    studio: World, subscriber: Subscriber, eve: User, receiver: Receiver
) -> None:
    made = await subscriber.make_webhook(receiver, "training_job.failed")
    others = await Subscriber(eve, studio).make_webhook(receiver, path="/eve")

    await subscriber.trained()
    failing = await subscriber.started()
    await studio.training.fail(failing)

    calls = await receiver.heard(1)
    assert [call.payload["data"]["job_id"] for call in calls] == [failing]
    assert len(await subscriber.deliveries(made["id"])) == 1
    assert await Subscriber(eve, studio).deliveries(others["id"]) == []


async def test_an_event_that_comes_twice_is_delivered_once(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    job_id = await subscriber.started()
    event = await subscriber.studio.training.complete(job_id)
    await receiver.heard(1)

    await subscriber.studio.training.again(event)
    await subscriber.trained()

    first, second = await receiver.heard(2)
    assert first.message_id == event.event_id
    assert second.message_id != event.event_id
    assert len(await subscriber.deliveries(made["id"])) == 2


async def test_what_fails_is_sent_again_with_the_same_id_until_it_is_taken(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer, receiver.text = [500, 503], "busy\x00" + "x" * 5000

    await subscriber.trained()

    (delivery,) = await subscriber.all_are(made["id"], "DELIVERED")
    calls = await receiver.heard(3)
    assert len({(call.message_id, call.body) for call in calls}) == 1
    assert all(Webhook(made["secret"]).verify(call.body, call.headers) for call in calls)
    assert (delivery["attempts"], delivery["response_status"], delivery["error"]) == (3, 200, None)
    log = (await subscriber.delivery(made["id"], delivery["id"]))["attempt_log"]
    assert [(attempt["response_status"], attempt["error"]) for attempt in log] == [
        (500, "The receiver answered 500."),
        (503, "The receiver answered 503."),
        (200, None),
    ]
    assert log[0]["response_body"].startswith("busy\ufffdxxx")
    assert len(log[0]["response_body"]) == 1024
    assert (await subscriber.webhook(made["id"]))["failing_since"] is None


async def test_a_delivery_that_waits_says_why_and_until_when(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer = [500]
    receiver.open.clear()
    await subscriber.trained()
    await receiver.heard(1)

    (waiting,) = await subscriber.deliveries(made["id"], "?status=PENDING")

    assert (waiting["attempts"], waiting["response_status"], waiting["event"]) == (0, None, "training_job.completed")
    assert waiting["next_attempt_at"] is not None
    assert waiting["reasons"] == {"response_status": "It was not tried yet.", "delivered_at": "The delivery is PENDING."}
    assert await subscriber.deliveries(made["id"], "?status=FAILED") == []


async def test_redirects_are_not_followed(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer, receiver.headers = [307, 302], {"location": f"{receiver.url}/elsewhere"}

    await subscriber.trained()

    (delivery,) = await subscriber.all_are(made["id"], "DELIVERED")
    assert {call.path for call in receiver.calls} == {"/hook"}
    log = (await subscriber.delivery(made["id"], delivery["id"]))["attempt_log"]
    assert log[0]["error"] == "The receiver answered 307; redirects are not followed."


async def test_nobody_listening_there_is_a_failure_too(subscriber: Subscriber) -> None:
    nobody = Receiver("http://127.0.0.1:1")
    made = await subscriber.make_webhook(nobody)

    await subscriber.trained()

    (delivery,) = await subscriber.all_are(made["id"], "FAILED")
    assert (delivery["attempts"], delivery["error"]) == (4, "No connection: the receiver does not listen there.")
    assert delivery["reasons"]["response_status"] == "No answer came."


async def test_order_holds_while_the_first_is_tried_again(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    receiver.will_answer = [500, 500]
    receiver.open.clear()

    jobs = [await subscriber.started() for _ in range(4)]

    # Ends of different jobs are heard side by side: each has its delivery before the next job ends.
    for count, job_id in enumerate(jobs, start=1):
        await subscriber.studio.training.complete(job_id)
        await subscriber.all_are(made["id"], "PENDING", count=count, attempts=0)
    receiver.open.set()

    calls = await receiver.heard(6)
    assert [call.payload["data"]["job_id"] for call in calls] == [jobs[0], jobs[0], *jobs]


async def test_two_gateways_deliver_one_at_a_time_and_each_once(subscriber: Subscriber, receiver: Receiver) -> None:
    made = await subscriber.make_webhook(receiver)
    jobs = [await subscriber.started() for _ in range(12)]

    await asyncio.gather(*(subscriber.studio.training.complete(job_id) for job_id in jobs))

    await subscriber.all_are(made["id"], "DELIVERED", count=12)
    assert sorted(call.payload["data"]["job_id"] for call in receiver.calls) == sorted(jobs)
    assert receiver.most_at_once == 1


async def test_a_slow_receiver_holds_nobody_else_up(studio: World, subscriber: Subscriber, eve: User, receiver: Receiver) -> None:
    receiver.open.clear()
    await subscriber.make_webhook(receiver)
    other = Subscriber(eve, studio)
    others = await other.make_webhook(Receiver("http://127.0.0.1:1"))

    await subscriber.trained()
    await receiver.heard(1)
    await other.trained()

    await other.all_are(others["id"], "FAILED", attempts=4)


async def test_receivers_that_never_answer_take_a_few_places_of_their_account_alone(
    studio: World, subscriber: Subscriber, eve: User, receiver: Receiver
) -> None:
    receiver.open.clear()
    for number in range(20):
        await subscriber.make_webhook(receiver, path=f"/{number}")
    other = Subscriber(eve, studio)
    others = await other.make_webhook(Receiver("http://127.0.0.1:1"))

    await subscriber.trained()
    await receiver.heard(2 * SIDE_BY_SIDE_OF_ONE)  # There are two gateways.
    await other.trained()

    await other.all_are(others["id"], "FAILED", attempts=4)
    for gateway in (studio.gateway, studio.other):
        under_way = list(gateway.webhooks.postman._out.values())
        assert under_way.count(subscriber.user.account_id) <= SIDE_BY_SIDE_OF_ONE


async def test_deletion_ends_deliveries(subscriber: Subscriber, receiver: Receiver) -> None:
    made, second = await subscriber.make_webhook(receiver), await subscriber.make_webhook(receiver, path="/second")
    receiver.open.clear()
    await subscriber.trained()
    await receiver.heard(2)

    gone = await subscriber.user.call("DELETE", f"/webhooks/{made['id']}/")
    receiver.will_answer = []
    receiver.open.set()

    assert gone.status_code == 204
    await subscriber.all_are(second["id"], "DELIVERED")
    await subscriber.trained()
    await subscriber.all_are(second["id"], "DELIVERED", count=2)
    assert [call.path for call in receiver.calls].count("/hook") == 1
    assert (await subscriber.user.call("GET", f"/webhooks/{made['id']}/deliveries/")).status_code == 404

    async def nothing_is_left() -> bool:
        return await subscriber.studio.gateway.webhooks.deliveries._deliveries.count_documents({"webhook_id": made["id"]}) == 0

    await until(nothing_is_left)
