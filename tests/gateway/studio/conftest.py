"""One world for all stories of AI Studio and its face: each story has users of its own, so they do not meet."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from services.gateway.serving import serving
from tests.conftest import NewFolder
from tests.gateway.studio.sockets import listening
from tests.gateway.studio.world import Places, User, World, world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def studio(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    async with world(Places(mongo_url, redis_url, new_folder())) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alone(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    """A world of one file's own: for stories that count, or empty, what all share."""
    async with world(Places(mongo_url, redis_url, new_folder())) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def ada(studio: World) -> User:
    return await studio.user()


@pytest_asyncio.fixture(loop_scope="session")
async def eve(studio: World) -> User:
    return await studio.user()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateways(studio: World) -> AsyncIterator[list[str]]:
    """Where the sockets of both gateways are, `ws://…`."""
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(serving(each.app, listening())) for each in (studio.gateway, studio.other)]
        yield [address.replace("http", "ws", 1) for address in served]
