"""The same world for stories that take months: its marketplace has a clock to turn."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.conftest import NewFolder
from tests.gateway.studio.world import Places, World, world
from tests.marketplace.market import Clock


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(clock: Clock, mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    places = Places(mongo_url, redis_url, new_folder())
    async with world(places, clock=clock, sweep_every=0.05, gateways=1) as made:
        yield made
