"""One world for all stories of AI Studio and its face: each story has users of its own, so they do not meet.

It ends with the last story of its folder: at rest a world asks its stores nine things a second.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from services.gateway.serving import serving
from tests.conftest import NewFolder
from tests.gateway.studio.sockets import listening
from tests.gateway.studio.world import Places, User, World, world


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def studio(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    async with world(Places(mongo_url, redis_url, new_folder())) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def alone(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    """A world of one file's own, with one gateway: for stories that count, or empty, what all share."""
    async with world(Places(mongo_url, redis_url, new_folder()), gateways=1) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def ada(studio: World) -> User:
    return await studio.user()


@pytest_asyncio.fixture(loop_scope="session")
async def eve(studio: World) -> User:
    return await studio.user()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateways(studio: World) -> AsyncIterator[list[str]]:
    """Where the sockets of each gateway are, `ws://…`."""
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(serving(each.app, listening())) for each in studio.gateways]
        yield [address.replace("http", "ws", 1) for address in served]
