"""Platforms for journeys: one of each broker for the whole run."""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import require_kafka_home
from tests.journeys.platform import Platform, platform_running


@pytest.fixture(scope="session")
def embedded_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform on the embedded broker."""
    with platform_running(tmp_path_factory.mktemp("platform"), broker="embedded", kafka_home=None) as platform:
        yield platform


@pytest.fixture(scope="session")
def apache_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform on Apache Kafka."""
    with platform_running(tmp_path_factory.mktemp("platform"), broker="apache-kafka", kafka_home=require_kafka_home()) as platform:
        yield platform


@pytest.fixture(params=["embedded_platform", pytest.param("apache_platform", marks=pytest.mark.real_kafka)])
def platform(request: pytest.FixtureRequest) -> Platform:
    """A platform on each broker."""
    running: Platform = request.getfixturevalue(request.param)
    return running


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of everything random; printed, so that a run can be had again with SEED=…."""
    chosen = int(os.environ.get("SEED", "0")) or int.from_bytes(os.urandom(3), "big")
    print(f"SEED={chosen}")
    return chosen
