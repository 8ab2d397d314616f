"""AI Studio's webhooks as documented: what receivers get, key by key, and every answer as the OpenAPI document has it."""

import json
from typing import Any, Final

import pytest

from libs.contracts.envelope import Event, now
from libs.contracts.examples import EXAMPLES
from services.gateway.inbound.faces.ai_studio.notices import EVENT_NAMES, NOTICES, notices_of, trial_notice
from tests.faces.shapes import differences
from tests.gateway.document import Document
from tests.gateway.studio.world import User, World
from tests.gateway.webhooks.receiver import receiving
from tests.gateway.webhooks.subscriber import ALL, Subscriber
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
DELIVERIES: Final = "/api/ai-studio/webhooks/{webhook_id}/deliveries/"
DELIVERY: Final = f"{DELIVERIES}{{delivery_id}}/"
COMPLETED: Final = {
    "event": "training_job.completed",
    "data": {
        "job_id": "660e8400-e29b-41d4-a716-446655440000",
        "model_id": "550e8400-e29b-41d4-a716-446655440000",
        "status": "COMPLETED",
        "performance_metrics": {"accuracy": 0.78, "sharpe_ratio": 1.45},
    },
    "timestamp": "2025-01-15T14:22:00Z",
}


def example(kind: type[Event]) -> Event:
    found = EXAMPLES[kind]
    assert isinstance(found, Event)
    return found


def keys(value: Any) -> Any:
    """Return a JSON value's keys, without its values."""
    return {name: keys(inner) for name, inner in value.items()} if isinstance(value, dict) else None


async def test_a_completed_training_is_told_in_the_documented_words_and_no_others(studio: World, ada: User, document: Document) -> None:
    async with receiving() as receiver:
        subscriber = Subscriber(ada, studio)
        await subscriber.make_webhook(receiver)
        event = await studio.training.complete(await subscriber.started())
        (call,) = await receiver.heard(1)

    assert list(differences(COMPLETED, call.payload)) == []
    assert keys(call.payload) == keys(COMPLETED) == keys(document.example("GET", DELIVERY)["payload"])
    assert list(call.payload) == list(COMPLETED)
    assert [notice.message_id for notice in notices_of(event)] == [event.event_id]
    assert call.payload["timestamp"].endswith("Z")


async def test_the_events_that_can_be_had_are_those_that_happen() -> None:
    assert list(EVENT_NAMES) == ALL


async def test_the_openapi_document_describes_what_is_sent_of_each_event(document: Document) -> None:
    described = document.whole["webhooks"]
    told = [notice for kind in NOTICES for notice in notices_of(example(kind), admins=["account"])[:1]]
    told.append(trial_notice("webhook", account_id="account", at=now()))

    assert [notice.event for notice in told] == list(described)
    for notice in told:
        sent = described[notice.event]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert document.wrong(json.loads(notice.body), schema=sent) == []


async def test_answers_about_webhooks_are_as_the_openapi_document_says(studio: World, ada: User, document: Document) -> None:
    subscriber = Subscriber(ada, studio)
    async with receiving() as receiver:
        receiver.will_answer = [500] * 5  # It is tried again after five seconds: it is not to be delivered before all is asked.
        path = f"/webhooks/{(await subscriber.make_webhook(receiver))['id']}/"
        await subscriber.trained()

        async def tried() -> bool:
            return bool((await ada.get(f"{path}deliveries/"))["results"][0]["attempts"])

        await receiver.heard(1)
        await until(tried, what="an attempt")
        delivery = (await ada.get(f"{path}deliveries/"))["results"][0]["id"]
        answers = [
            await ada.call("POST", "/webhooks/", {"url": receiver.url, "events": ALL}),
            await ada.call("POST", "/webhooks/", {"url": "x", "events": []}),
            await ada.call("GET", "/webhooks/"),
            await ada.call("GET", path),
            await ada.call("GET", "/webhooks/x/"),
            await ada.call("GET", f"{path}deliveries/"),
            await ada.call("GET", f"{path}deliveries/{delivery}/"),
            await ada.call("POST", f"{path}deliveries/{delivery}/replay/"),
            await ada.call("POST", f"{path}test/"),
            await ada.call("PATCH", path, {"enabled": False}),
            await ada.call("POST", f"{path}test/"),
            await ada.call("DELETE", path),
        ]

    assert [answer.status_code for answer in answers] == [201, 400, 200, 200, 404, 200, 200, 409, 202, 200, 409, 204]
    assert [misfit for answer in answers for misfit in document.misfits(answer)] == []


@pytest.mark.parametrize("path", ["/webhooks/", "/webhooks/{id}/", "/webhooks/{id}/deliveries/"])
async def test_the_slash_at_the_end_may_be_left_out(studio: World, ada: User, path: str) -> None:
    async with receiving() as receiver:
        made = await Subscriber(ada, studio).make_webhook(receiver)

    with_slash, without = [await ada.get(f"{path.format(id=made['id']).rstrip('/')}{end}") for end in ("/", "")]

    assert with_slash == without


async def test_the_examples_have_the_keys_that_answers_have(studio: World, ada: User, document: Document) -> None:
    subscriber = Subscriber(ada, studio)
    async with receiving() as receiver:
        made = await subscriber.make_webhook(receiver)
        await subscriber.trained()
        (row,) = await subscriber.all_are(made["id"], "DELIVERED")
        details = await subscriber.delivery(made["id"], row["id"])

    shown = document.example("GET", DELIVERY)
    assert set(made) == set(document.example("POST", "/api/ai-studio/webhooks/"))
    assert set(row) == set(document.example("GET", DELIVERIES)["results"][0])
    assert set(details) == set(shown)
    assert set(details["attempt_log"][0]) == set(shown["attempt_log"][0])
