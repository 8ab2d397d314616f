"""Stories of the Python client that watches jobs: blocking and awaited, to the end, and through a gateway that restarts."""

import asyncio
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest

from modelbourse.answers.live import JobUpdate
from modelbourse.async_modelbourse import AsyncModelbourse
from modelbourse.modelbourse import Modelbourse
from services.gateway.serving import serving
from tests.faces.backtests import accepted, progress
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


def http_of(address: str) -> str:
    return address.replace("ws", "http", 1)


async def test_who_blocks_watches_jobs_by_their_ids_to_their_end(studio: World, ada: User, gateways: list[str]) -> None:
    job_id = await ada.train(await ada.make_model())

    with Modelbourse(http_of(gateways[0]), token(ada)) as client:
        updates = client.jobs.watch(job_id=[job_id])
        first = await asyncio.to_thread(next, updates)
        await studio.training.complete(job_id)
        rest = await asyncio.to_thread(list, updates)

    assert (first.job_id, first.data.state, first.data.ended) == (job_id, "queued", False)
    assert [(each.data.state, each.data.ended) for each in rest] == [("succeeded", True)]


async def test_who_awaits_watches_jobs_of_a_kind_and_leaves_when_he_likes(studio: World, ada: User, gateways: list[str]) -> None:
    await ada.train(await ada.make_model())
    told = await accepted(ada)
    played = told["task_id"]

    async with AsyncModelbourse(http_of(gateways[1]), token(ada)) as client:
        updates = client.jobs.watch(kind="backtest")
        first = await anext(updates)
        await progress(studio, played)
        second = await anext(updates)
        await updates.aclose()

    assert [(each.job_id, each.data.state) for each in (first, second)] == [(played, "queued"), (played, "running")]
    assert first.data.name == told["backtest_id"]


async def test_what_ends_while_the_gateway_is_away_is_told_when_it_is_back_and_nothing_twice(studio: World, ada: User) -> None:
    first, second = await ada.train(await ada.make_model()), await ada.train(await ada.make_model())

    async with AsyncExitStack() as stack:
        served = AsyncExitStack()
        address = await served.enter_async_context(serving(studio.gateway.app, listening()))
        client = stack.enter_context(Modelbourse(address, token(ada)))
        updates = client.jobs.watch()
        before = [await asyncio.to_thread(next, updates) for _ in range(2)]
        await served.aclose()
        await ada.call("POST", f"/training-jobs/{first}/cancel/")
        waiting = asyncio.create_task(asyncio.to_thread(next, updates))
        await stack.enter_async_context(serving(studio.gateway.app, listening(port=urlsplit(address).port)))
        after: JobUpdate = await waiting
        await studio.training.complete(second)
        last: JobUpdate = await asyncio.to_thread(next, updates)
        updates.close()

    assert [(each.job_id, each.data.state) for each in before] == [(first, "queued"), (second, "queued")]
    assert [(each.job_id, each.data.state) for each in (after, last)] == [(first, "cancelled"), (second, "succeeded")]
