"""A marketplace for each story: real MongoDB, the bus in memory, the sandbox for payments."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.chassis.bus_memory import MemoryBroker
from services.marketplace.settings import Settings
from tests.marketplace.market import Market, serving


@pytest.fixture
def settings(mongo_url: str, redis_url: str, namespace: str, tmp_path: Path) -> Settings:
    return Settings(
        kafka_bootstrap="in-memory",
        mongo_url=mongo_url,
        redis_url=redis_url,
        artifacts_url=tmp_path.as_uri(),
        namespace=namespace,
        payments="sandbox",
    )


@pytest.fixture
async def market(settings: Settings) -> AsyncIterator[Market]:
    async with serving(settings, MemoryBroker()) as market:
        yield market
