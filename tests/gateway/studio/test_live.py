"""Stories of sockets: whoever watches a training sees it go on, at whichever gateway, and nobody else does."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from services.gateway.serving import serving
from tests.gateway.studio.sockets import SOCKETS, authorization, closed, listening, message, refused, token
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_training_is_watched_to_its_end_at_either_gateway(studio: World, ada: User, gateways: list[str]) -> None:
    job_id = await ada.train(await ada.make_model())
    here, there = [f"{address}/ws/training/{job_id}" for address in gateways]
    async with (
        connect(here, additional_headers=authorization(ada)) as program,
        connect(f"{there}?token={token(ada)}") as page,
        connect(there) as talker,
    ):
        await talker.send(json.dumps({"token": token(ada)}))
        watchers = (program, page, talker)
        first = [await message(each) for each in watchers]

        await studio.training.progress(job_id, 34)
        second = [await message(each) for each in watchers]
        await studio.training.complete(job_id)
        last = [await message(each) for each in watchers]
        ends = [await closed(each) for each in watchers]

    assert {(each["type"], each["job_id"], each["data"]["status"]) for each in first} == {("progress_update", job_id, "started")}
    assert {(each["data"]["status"], each["data"]["percentage"]) for each in second} == {("running", 34)}
    assert {(each["data"]["status"], each["data"]["percentage"], each["data"]["train_loss"]) for each in last} == {("completed", 100, 0.6)}
    assert all(each["timestamp"].endswith("Z") for each in (*first, *second, *last))
    assert ends == [(1000, "It has ended.")] * 3


async def test_a_training_that_has_ended_is_shown_once(studio: World, ada: User, gateways: list[str]) -> None:
    job_id = await ada.train(await ada.make_model())
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")

    async with connect(f"{gateways[0]}/ws/training/{job_id}", additional_headers=authorization(ada)) as socket:
        only = await message(socket)

        assert only["data"]["status"] == "completed"
        assert await closed(socket) == (1000, "It has ended.")


async def test_who_may_not_watch_is_told_why(ada: User, eve: User, gateways: list[str]) -> None:
    job_id = await ada.train(await ada.make_model())
    address = f"{gateways[0]}/ws/training/{job_id}"
    blind = (await ada.http.post("/auth/api-keys", json={"name": "Predicts alone", "scopes": ["predict"]})).json()["key"]

    handshakes = [
        await refused(address, additional_headers={"Authorization": "Bearer nonsense"}),
        await refused(address, additional_headers={"Authorization": "Basic YTpi"}),
        await refused(f"{address}?token=nonsense"),
        await refused(address, origin="https://elsewhere.example", additional_headers=authorization(ada)),
        await refused(f"{address}?token={blind}"),
        await refused(f"{address}?tokn={token(ada)}"),
    ]
    ends = []
    for said in ('{"token": "nonsense"}', '{"token": 1}', "[]", "no JSON", "[" * 10_000):
        async with connect(address) as socket:
            await socket.send(said)
            ends.append((await closed(socket))[0])
    for other in (f"{gateways[0]}/ws/training/job_nowhere?token={token(ada)}", f"{address}?token={token(eve)}"):
        async with connect(other) as socket:
            ends.append((await closed(socket))[0])

    assert [status for status, _ in handshakes] == [401, 401, 401, 403, 403, 400]
    assert "https://elsewhere.example" in handshakes[3][1]["message"]
    assert "'read'" in handshakes[4][1]["message"]
    assert "Did you mean 'token'?" in handshakes[5][1]["details"]["tokn"][0]
    assert ends == [4401] * 5 + [4404] * 2


async def test_a_page_of_the_gateway_itself_may_watch(ada: User, gateways: list[str]) -> None:
    job_id = await ada.train(await ada.make_model())
    own = gateways[0].replace("ws", "http", 1)

    async with connect(f"{gateways[0]}/ws/training/{job_id}?token={token(ada)}", origin=own) as socket:
        assert (await message(socket))["job_id"] == job_id


async def test_a_credential_that_is_revoked_ends_its_sockets(studio: World, gateways: list[str]) -> None:
    user = await studio.user()
    job_id = await user.train(await user.make_model())

    async with connect(f"{gateways[0]}/ws/training/{job_id}", additional_headers=authorization(user)) as socket:
        await message(socket)
        assert (await user.http.post("/auth/logout")).is_success
        await studio.training.progress(job_id, 5)

        assert (await closed(socket))[0] == 4401


async def test_an_account_has_so_many_sockets_and_gets_one_back_for_each_that_it_closes(studio: World, gateways: list[str]) -> None:
    user = await studio.user()
    job_id = await user.train(await user.make_model())
    address = f"{gateways[0]}/ws/training/{job_id}"

    async with AsyncExitStack() as stack:
        for _ in range(SOCKETS):
            socket = await stack.enter_async_context(connect(address, additional_headers=authorization(user)))
            await message(socket)
        async with connect(address, additional_headers=authorization(user)) as surplus:
            assert (await closed(surplus))[0] == 4429
        await socket.close()
        async with connect(address, additional_headers=authorization(user)) as another:
            assert (await message(another))["job_id"] == job_id


async def test_a_reader_that_takes_nothing_is_let_go() -> None:
    let_go = asyncio.Event()

    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text("x" * 100_000)
        except WebSocketDisconnect:
            let_go.set()

    app = Starlette(routes=[WebSocketRoute("/", talk)])
    async with (
        serving(app, listening(answer_timeout=0.5)) as served,
        connect(served.replace("http", "ws", 1), max_queue=1, close_timeout=0.1),
    ):
        await let_go.wait()


async def test_sockets_count_among_the_connections_of_an_address() -> None:
    async def stay(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive()

    app = Starlette(routes=[WebSocketRoute("/", stay)])
    async with serving(app, listening(connections_per_address=2, trusted_proxies="", idle_timeout=1)) as served:
        address = served.replace("http", "ws", 1)
        async with connect(address) as first, connect(address):
            with pytest.raises(InvalidStatus) as caught:
                await connect(address)
            await first.close()
            async with connect(address) as after:
                assert after.protocol.state.name == "OPEN"

    assert caught.value.response.status_code == 503


@pytest.mark.soak
async def test_a_thousand_sockets_watch_at_one_gateway(studio: World, gateways: list[str]) -> None:
    users = [await studio.user() for _ in range(50)]
    jobs = [await user.train(await user.make_model()) for user in users]
    # One in five watches all of its account.
    paths = ["/ws/jobs?job_id={}", *["/ws/training/{}"] * 3, "/ws/jobs?kind=train"]

    async with AsyncExitStack() as stack:
        sockets = {
            path: [
                await stack.enter_async_context(connect(f"{gateways[0]}{path.format(job_id)}", additional_headers=authorization(user)))
                for user, job_id in zip(users, jobs, strict=True)
                for _ in range(SOCKETS // len(paths) * paths.count(path))
            ]
            for path in dict.fromkeys(paths)
        }
        everybody = [socket for some in sockets.values() for socket in some]
        await asyncio.gather(*map(message, everybody))
        for job_id in jobs:
            await studio.training.complete(job_id)
        of_all = sockets.pop("/ws/jobs?kind=train")
        ends = await asyncio.gather(*(closed(socket) for some in sockets.values() for socket in some))
        last = await asyncio.gather(*map(message, of_all))

    assert len(everybody) == 1000
    assert ends == [(1000, "It has ended.")] * 800
    assert [said["data"]["state"] for said in last] == ["succeeded"] * 200
