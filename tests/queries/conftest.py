"""A database of each test's own, and how many documents lie in its collections."""

from collections.abc import AsyncIterator

import pytest

from libs.chassis.stores.mongo import Database, connect
from services.monitoring.settings import Settings


@pytest.fixture(params=[3_000, pytest.param(100_000, marks=pytest.mark.soak)])
def many(request: pytest.FixtureRequest) -> int:
    """Documents of others in each collection; what belongs to one account is a tenth of it."""
    return int(request.param)


@pytest.fixture
async def database(mongo_url: str, namespace: str) -> AsyncIterator[Database]:
    """An empty database."""
    given = {"kafka_bootstrap": "-", "mongo_url": mongo_url, "redis_url": "redis://x", "artifacts_url": "/tmp", "namespace": namespace}
    database = connect(Settings.model_validate(given), "queries", socket_ms=900_000)
    yield database
    await database.client.drop_database(database.name)
    database.client.close()
