"""Stories of `/ws`: what is broadcast reaches whoever may hear it and wants it, at whichever gateway, once."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from libs.chassis.bus.memory import MemoryBus
from libs.contracts.analyses import SignalGenerated
from libs.contracts.deployments import ModelDeployed
from libs.contracts.envelope import Event
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.monitoring import AlertRaised
from services.gateway.domain.accounts.account import Role
from tests.gateway.studio.sockets import authorization, closed, message
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def tell(studio: World, event: Event) -> None:
    await MemoryBus(studio.broker, service="inference", instance="inference").publish(event)


def signal(symbol: str = "BTCUSDT", *, account_id: str | None = None) -> SignalGenerated:
    return SignalGenerated(
        sequence=1,
        signal_id=new_id("signal"),
        symbol=symbol,
        origin="platform",
        account_id=account_id,
        requested_by=None,
        signal="Long",
        confidence=0.82,
        reasoning="RSI(14) is 28.4, below 30.",
        strategy_scores={"RSI Strategy": 0.85, "Volume Strategy": None},
        model_type="technical",
        timeframe="1h",
        price=64210.5,
        timestamp=1697234567000,
    )


def alert(account_id: str | None) -> AlertRaised:
    raised = EXAMPLES[AlertRaised]
    assert isinstance(raised, AlertRaised)
    return raised.model_copy(update={"event_id": new_id("event"), "alert_id": new_id("alert"), "account_id": account_id})


async def say(socket: ClientConnection, said: Any) -> dict[str, Any]:
    await socket.send(said if isinstance(said, str) else json.dumps(said))
    return await message(socket)


async def test_a_signal_reaches_all_sockets_of_all_gateways_once_in_the_documents_words(studio: World, gateways: list[str]) -> None:
    made, last = signal(), signal()
    async with connect(f"{gateways[0]}/ws") as here, connect(f"{gateways[1]}/ws") as there:
        hello = [await message(each) for each in (here, there)]

        await tell(studio, made)
        await tell(studio, made)
        await tell(studio, last)
        heard = [(await message(each), await message(each)) for each in (here, there)]

    assert {(each["type"], each["message"]) for each in hello} == {("connection", "Connected to AI Trading Service")}
    assert heard[0] == heard[1]
    first, second = heard[0]
    assert first["type"] == "AISignalReceived"
    assert first["data"] == {
        "signal_id": made.signal_id,
        "symbol": "BTCUSDT",
        "signal": "long",
        "confidence": 0.82,
        "timestamp": 1697234567000,
        "model_type": "technical",
        "origin": "platform",
        "timeframe": "1h",
        "reasoning": "RSI(14) is 28.4, below 30.",
        "strategy_scores": {"RSI Strategy": 0.85, "Volume Strategy": None},
        "price": 64210.5,
        "synthetic": False,
    }
    assert second["data"]["signal_id"] == last.signal_id


async def test_a_signal_of_an_own_symbol_and_alerts_reach_their_account_alone(
    studio: World, ada: User, eve: User, gateways: list[str]
) -> None:
    admin = await studio.user(role=Role.ADMIN)
    address = f"{gateways[0]}/ws?types=AISignalReceived,Alert"
    own, everybody_s = signal("MINE", account_id=ada.account_id), signal()
    async with (
        connect(address) as stranger,
        connect(address, additional_headers=authorization(ada)) as adas,
        connect(address, additional_headers=authorization(eve)) as eves,
        connect(address, additional_headers=authorization(admin)) as admins,
    ):
        for socket in (stranger, adas, eves, admins):
            await message(socket)
        for event in (own, alert(ada.account_id), alert(None), everybody_s):
            await tell(studio, event)
        # When all have reached the account and the admin, whoever is answered a ping has been told all there was for him.
        heard = [sorted([(await message(socket))["type"] for _ in range(count)]) for socket, count in ((adas, 3), (admins, 2))]
        others = [[await message(socket), await say(socket, "ping")] for socket in (stranger, eves)]

    assert heard == [["AISignalReceived", "AISignalReceived", "Alert"], ["AISignalReceived", "Alert"]]
    assert [[each["type"] for each in told] for told in others] == [["AISignalReceived", "Pong"]] * 2
    assert {told[0]["data"]["signal_id"] for told in others} == {everybody_s.signal_id}


async def test_deployments_are_told_to_all_and_trainings_to_their_account(studio: World, ada: User, gateways: list[str]) -> None:
    deployed = EXAMPLES[ModelDeployed].model_copy(update={"event_id": new_id("event")})
    assert isinstance(deployed, ModelDeployed)
    async with (
        connect(f"{gateways[0]}/ws") as stranger,
        connect(f"{gateways[1]}/ws?types=TrainingProgress", additional_headers=authorization(ada)) as adas,
    ):
        await message(stranger)
        await message(adas)
        job_id = await ada.train(await ada.make_model())
        asked = await message(adas)
        await studio.training.progress(job_id, 34)
        under_way = await message(adas)
        await tell(studio, deployed)
        told = await message(stranger)

    assert [(each["type"], each["job_id"], each["data"]["status"]) for each in (asked, under_way)] == [
        ("TrainingProgress", job_id, "PENDING"),
        ("TrainingProgress", job_id, "RUNNING"),
    ]
    assert under_way["data"]["progress"] == 34
    assert (told["type"], told["data"]["deployment_id"]) == ("ModelDeployed", deployed.deployment_id)
    assert "account_id" not in told["data"]
    assert "deployed_by" not in told["data"]


async def test_what_is_wanted_is_said_by_the_query_or_by_a_message(studio: World, gateways: list[str]) -> None:
    async with connect(f"{gateways[0]}/ws?symbols=ETHUSDT&symbols=BTC-USD") as socket, connect(f"{gateways[0]}/ws") as witness:
        hello, _ = await message(socket), await message(witness)
        await both_signals(studio, witness)
        by_query = await message(socket)
        wanted = ["BTCUSDC", "EURCAD", "SOLUSDT"]  # Near BTC-USD and EURUSD, and no slips.
        subscribed = await say(socket, {"type": "subscribe", "types": ["AISignalReceived"], "symbols": wanted})
        await both_signals(studio, witness)
        by_message = await message(socket)

    assert hello["symbols"] == ["BTC-USD", "ETHUSDT"]
    assert by_query["data"]["symbol"] == "BTCUSDT"
    assert (subscribed["type"], subscribed["types"], subscribed["symbols"]) == ("subscribed", ["AISignalReceived"], wanted)
    assert by_message["data"]["symbol"] == "SOLUSDT"


async def both_signals(studio: World, witness: ClientConnection) -> None:
    """Publish signals on two symbols, in no order among each other, and wait until somebody who wants both has them."""
    for symbol in ("SOLUSDT", "BTCUSDT"):
        await tell(studio, signal(symbol))
    for _ in range(2):
        await message(witness)


async def test_a_ping_is_answered_and_what_cannot_be_used_is_told_with_what_can(gateways: list[str]) -> None:
    async with connect(f"{gateways[0]}/ws") as socket:
        await message(socket)

        pongs = [await say(socket, said) for said in ("ping", {"type": "ping"})]
        errors = [
            await say(socket, said)
            for said in (
                "hello",
                {"type": "subscribe", "types": ["AISignalRecieved"]},
                {"type": "subscribe", "symbols": []},
                {"type": "subscribe", "symbols": ["APPL"]},
                {"type": "subscribe", "symbol": ["AAPL"]},
                {"type": "subscrib"},
            )
        ]

    assert {(each["type"], each["message"]) for each in pongs} == {("Pong", "Connection alive")}
    assert {each["type"] for each in errors} == {"error"}
    assert "Did you mean 'AISignalReceived'?" in errors[1]["details"]["types"][0]
    assert "leave it out" in errors[2]["details"]["symbols"][0]
    assert "'AAPL'" in errors[3]["details"]["symbols"][0]
    assert "Did you mean 'symbols'?" in errors[4]["details"]["symbol"][0]
    assert "Did you mean 'subscribe'?" in errors[5]["details"]["type"][0]


async def test_a_socket_is_refused_for_what_it_asks_and_closed_for_talking_without_end(ada: User, gateways: list[str]) -> None:
    unknown = await refused_words(f"{gateways[0]}/ws?type=Alert")
    nonsense = await refused_words(f"{gateways[0]}/ws?token=nonsense")
    async with connect(f"{gateways[0]}/ws", additional_headers=authorization(ada)) as socket:
        for _ in range(61):
            await socket.send("ping")
        end = await closed(socket)
    async with connect(f"{gateways[0]}/ws?symbols=APPL") as socket:
        typo = await closed(socket)

    assert typo[0] == 4400
    assert "Did you mean 'AAPL'?" in typo[1]
    assert unknown[0] == 400
    assert "Did you mean 'types'?" in unknown[1]
    assert nonsense[0] == 401
    assert end[0] == 4429


async def refused_words(address: str) -> tuple[int, str]:
    """Return the status and words that a handshake is answered with."""
    with pytest.raises(InvalidStatus) as caught:
        await connect(address)
    return caught.value.response.status_code, json.loads(caught.value.response.body)["detail"]


@pytest.mark.soak
async def test_a_thousand_sockets_hear_every_signal_at_two_gateways(studio: World, gateways: list[str]) -> None:
    made = [signal(symbol) for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT")]
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connect(f"{gateways[0]}/ws")) for _ in range(1000)]
        sockets += [await stack.enter_async_context(connect(f"{gateways[1]}/ws")) for _ in range(100)]
        await asyncio.gather(*map(message, sockets))
        for each in made:
            await tell(studio, each)
        heard = [sorted([(await message(socket))["data"]["signal_id"] for _ in made]) for socket in sockets]

    assert heard == [sorted(each.signal_id for each in made)] * 1100
