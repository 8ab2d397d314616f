"""A server that speaks S3's protocol, for the tests of the artifact store; Apache Kafka in soak, for those of the bus."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from libs.chassis.settings import SharedSettings
from tests.chassis.buses import bus_settings
from tests.chassis.object_store import ObjectStore, object_store_running
from tests.conftest import Kafka
from tests.secured_kafka import SecuredKafka, open_to_services
from tests.secured_stores import SecuredMongo, SecuredValkey, secured_mongo_running, secured_valkey_running


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A running server with the bucket `artifacts`."""
    with object_store_running(tmp_path_factory.mktemp("s3")) as store:
        yield store


@pytest.fixture
def s3_environment(object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment that leads to it."""
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture(params=["embedded_broker", pytest.param("apache_broker", marks=[pytest.mark.real_kafka, pytest.mark.soak])])
def either_kafka(request: pytest.FixtureRequest) -> Kafka:
    """The embedded broker, in soak Apache Kafka too: for promises to which the contract (test_bus_contract.py) holds both."""
    broker: Kafka = request.getfixturevalue(request.param)
    return broker


@pytest.fixture
def settings(either_kafka: Kafka, namespace: str) -> SharedSettings:
    """The settings of a service on this broker, in a namespace of the test's own."""
    return bus_settings(either_kafka.bootstrap, namespace=namespace)


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    """What is entered here is left when the test is over."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def secured_kafka(apache_broker: Kafka) -> SecuredKafka:
    """Apache Kafka with TLS, logins and access lists: all that the platform `secured` (its namespace) needs is there, and allowed."""
    assert apache_broker.secured is not None
    asyncio.run(open_to_services(apache_broker.secured, bootstrap=apache_broker.bootstrap, namespace="secured"))
    return apache_broker.secured


@pytest.fixture(scope="session")
def secured_mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredMongo]:
    """MongoDB with logins and TLS."""
    with secured_mongo_running(tmp_path_factory.mktemp("secured-mongodb")) as mongo:
        yield mongo


@pytest.fixture(scope="session")
def secured_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredValkey]:
    """Valkey with a user that may use keys of the platform `secured` alone."""
    with secured_valkey_running(tmp_path_factory.mktemp("secured-redis"), user="monitoring", prefix="secured:") as server:
        yield server
