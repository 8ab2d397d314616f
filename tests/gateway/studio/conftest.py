"""One world for the stories of a file: each story has users of its own, so they do not meet."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.gateway.studio.world import Places, User, World, world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(Places(mongo_url, redis_url, tmp_path_factory.mktemp("studio"))) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def ada(studio: World) -> User:
    return await studio.user()


@pytest_asyncio.fixture(loop_scope="module")
async def eve(studio: World) -> User:
    return await studio.user()
