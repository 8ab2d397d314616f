"""Stories of an account's events at `/ws`: what webhooks are told, without one, for the account alone and for who asks."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from libs.chassis.bus.memory import MemoryBus
from libs.contracts.envelope import Event, now
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.monitoring import AlertRaised
from libs.contracts.subscriptions import SubscriptionRenewed
from modelbourse.answers.trading_ai.live import AccountEvent
from modelbourse.modelbourse import Modelbourse
from services.gateway.domain.accounts.account import Role
from services.gateway.inbound.faces.ai_studio.notices import NOTICES, live_events_of, notices_of
from tests.gateway.studio.sockets import authorization, message, token
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_event_is_told_with_the_data_of_its_webhook_and_read_back_whole() -> None:
    for kind in NOTICES:
        event = EXAMPLES[kind]
        assert isinstance(event, Event)
        told = live_events_of(event)
        sent = [json.loads(each.body) for each in notices_of(event, admins=["admin"])]

        read = [AccountEvent.model_validate_json(each.text) for each in told]

        assert [(each.event, each.data.as_json()) for each in read] == [(each["event"], each["data"]) for each in sent]
        assert [json.loads(each.text)["occurred_at"] for each in told] == [each["timestamp"] for each in sent]
        assert len({each.id for each in told}) == len(told)


async def test_an_event_reaches_its_account_alone_and_only_who_asks_for_it(
    studio: World, ada: User, eve: User, gateways: list[str]
) -> None:
    here, there = gateways
    async with (
        connect(f"{here}/ws?types=event", additional_headers=authorization(ada)) as asks,
        connect(f"{there}/ws?events=training_job.completed", additional_headers=authorization(ada)) as names_one,
        connect(f"{here}/ws?types=ModelDeployed,Alert", additional_headers=authorization(ada)) as asks_for_others,
        connect(f"{here}/ws?types=event", additional_headers=authorization(eve)) as another,
    ):
        hellos = [await message(each) for each in (asks, names_one, asks_for_others, another)]
        first, second = await ada.train(await ada.make_model()), await ada.train(await ada.make_model())
        await ada.call("POST", f"/training-jobs/{first}/cancel/")
        await studio.training.complete(second)
        # Of two jobs either may be told of first.
        heard = sorted([await message(asks), await message(asks)], key=lambda each: str(each["event"]))
        of_one = await message(names_one)
        silent = [await asked(each, "ping") for each in (asks_for_others, another)]

    assert [(each["types"], each["events"]) for each in hellos[:2]] == [(["event"], None), (["event"], ["training_job.completed"])]
    assert [(each["type"], each["event"], each["data"]["job_id"], each["data"]["status"]) for each in heard] == [
        ("event", "training_job.cancelled", first, "CANCELLED"),
        ("event", "training_job.completed", second, "COMPLETED"),
    ]
    assert set(heard[0]) == {"type", "event", "id", "occurred_at", "data"}
    assert of_one == heard[1]
    assert [each["type"] for each in silent] == ["Pong", "Pong"]


async def test_who_comes_back_is_told_the_events_of_the_time_that_it_names(ada: User, gateways: list[str]) -> None:
    job_id = await ada.train(await ada.make_model())
    headers = authorization(ada)
    async with connect(f"{gateways[0]}/ws?types=event", additional_headers=headers) as socket:
        hello = await message(socket)
        await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
        heard = await message(socket)

    async with connect(f"{gateways[0]}/ws?types=event&told_within=3600", additional_headers=headers) as socket:
        back, again = await message(socket), await message(socket)
    refusal = await refused_words(f"{gateways[0]}/ws?types=event&told_within=3601", ada)

    async def nothing_is_missed() -> bool:
        async with connect(f"{gateways[0]}/ws?types=event&told_within=1", additional_headers=headers) as socket:
            return (await message(socket))["missed"] is False

    assert (hello["missed"], back["missed"]) == (None, True)  # This gateway has not listened for so long.
    assert again == heard
    assert "'3601' is no number of seconds from 0 to 3600." in refusal
    await until(nothing_is_missed, what="a second in which the gateway has listened")


async def test_what_concerns_two_reaches_both_and_the_platforms_own_the_admins(
    studio: World, ada: User, eve: User, gateways: list[str]
) -> None:
    admin, renewed, raised = await studio.user(role=Role.ADMIN), EXAMPLES[SubscriptionRenewed], EXAMPLES[AlertRaised]
    assert isinstance(renewed, SubscriptionRenewed)
    assert isinstance(raised, AlertRaised)
    both = {"account_id": ada.account_id, "subscriber_id": eve.account_id, "subscription_id": new_id("subscription")}
    renewed = renewed.model_copy(update=both | {"event_id": new_id("event"), "occurred_at": now()})
    alarming = {"alert_id": new_id("alert"), "account_id": None, "event_id": new_id("event"), "occurred_at": now()}
    bus = MemoryBus(studio.broker, service="marketplace", instance="marketplace")
    async with (
        connect(f"{gateways[0]}/ws?types=event", additional_headers=authorization(ada)) as seller,
        connect(f"{gateways[1]}/ws?types=event", additional_headers=authorization(eve)) as subscriber,
        connect(f"{gateways[1]}/ws?events=alert.raised", additional_headers=authorization(admin)) as admins,
    ):
        for each in (seller, subscriber, admins):
            await message(each)
        await bus.publish(raised.model_copy(update=alarming))
        await bus.publish(renewed)
        await bus.publish(renewed)
        heard = [await message(each) for each in (seller, subscriber)]
        silent = [await asked(each, "ping") for each in (seller, subscriber)]
        alarm = await message(admins)

    assert heard[0] == heard[1]
    assert (heard[0]["event"], heard[0]["id"]) == ("subscription.renewed", renewed.event_id)
    assert [each["type"] for each in silent] == ["Pong", "Pong"]
    assert (alarm["event"], alarm["data"]["severity"]) == ("alert.raised", raised.model_dump()["severity"])


async def test_what_cannot_be_told_is_refused_with_what_can(ada: User, gateways: list[str]) -> None:
    misspelt = await refused_words(f"{gateways[0]}/ws?events=training_job.complete", ada)
    apart = await refused_words(f"{gateways[0]}/ws?types=Alert&events=job.failed", ada)
    async with connect(f"{gateways[0]}/ws", additional_headers=authorization(ada)) as socket:
        hello = await message(socket)
        of_admins = await asked(socket, {"type": "subscribe", "events": ["alert.raised"]})
        subscribed = await asked(socket, {"type": "subscribe", "types": ["event"], "events": ["job.failed"]})
    async with connect(f"{gateways[0]}/ws") as stranger:
        await message(stranger)
        nobody = await asked(stranger, {"type": "subscribe", "types": ["event"]})

    assert "event" not in hello["types"]
    assert "Did you mean 'training_job.completed'?" in misspelt
    assert "with the type `event`" in apart
    assert "Only admins" in of_admins["details"]["events"][0]
    assert (subscribed["types"], subscribed["events"]) == (["event"], ["job.failed"])
    assert "credential" in nobody["details"]["types"][0]


async def test_the_client_hears_them_typed(studio: World, ada: User, gateways: list[str]) -> None:
    job_id = await ada.train(await ada.make_model())

    with Modelbourse(gateways[0].replace("ws", "http", 1), token(ada)) as client:
        told = client.live(types=["event", "TrainingProgress"])
        await asyncio.to_thread(next, told)
        await studio.training.complete(job_id)
        heard = await asyncio.to_thread(lambda: next(each for each in told if isinstance(each, AccountEvent)))
        told.close()

    assert (heard.event, heard.data.as_json()["job_id"]) == ("training_job.completed", job_id)


async def refused_words(address: str, user: User) -> str:
    """Return what a handshake is refused with."""
    with pytest.raises(InvalidStatus, match="400") as caught:
        await connect(address, additional_headers=authorization(user))
    return str(json.loads(caught.value.response.body)["detail"])


async def asked(socket: Any, said: Any) -> dict[str, Any]:
    await socket.send(said if isinstance(said, str) else json.dumps(said))
    return await message(socket)
