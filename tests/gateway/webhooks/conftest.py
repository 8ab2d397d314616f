"""A world with two gateways that try again soon, and a receiver for each story."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.conftest import NewFolder
from tests.gateway.studio.conftest import ada, eve
from tests.gateway.studio.world import Places, User, World, world
from tests.gateway.webhooks.receiver import Receiver, receiving
from tests.gateway.webhooks.subscriber import Subscriber

__all__ = ["ada", "eve"]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def studio(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    places = Places(mongo_url, redis_url, new_folder())
    # An attempt may take as long as may be: stories hold answers back until something else has happened.
    async with world(places, webhook_retries=(0.05, 0.1, 0.1), webhook_timeout=60.0) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def subscriber(studio: World, ada: User) -> Subscriber:
    return Subscriber(ada, studio)
