"""A marketplace for each story: real MongoDB, the bus in memory, the sandbox for payments.

All stories have one database, which is emptied before each: making its collections and indexes anew costs more than most stories.
"""

import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from pymongo import MongoClient

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.stores.mongo import database_name
from services.marketplace.settings import Settings
from tests.marketplace.market import Market, serving


@pytest.fixture(scope="session")
def shared_settings(mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        kafka_bootstrap="in-memory",
        mongo_url=mongo_url,
        redis_url=redis_url,
        artifacts_url=tmp_path_factory.mktemp("artifacts").as_uri(),
        namespace=f"t{uuid.uuid4().hex[:10]}",
        payments="sandbox",
    )


@pytest.fixture
def settings(shared_settings: Settings, mongo: MongoClient[dict[str, object]]) -> Settings:
    database = mongo[database_name(shared_settings, "marketplace")]
    for name in database.list_collection_names():
        database[name].delete_many({})
    return shared_settings


@pytest.fixture(scope="session")
def mongo(mongo_url: str) -> Iterator[MongoClient[dict[str, object]]]:
    with MongoClient(mongo_url) as client:
        yield client


@pytest.fixture
async def market(settings: Settings) -> AsyncIterator[Market]:
    async with serving(settings, MemoryBroker()) as market:
        yield market
