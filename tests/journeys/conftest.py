"""Platforms for journeys: one on each broker for the whole run."""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import require_kafka_home
from tests.journeys.platform import Platform, platform_running

BROKERS = ["embedded", pytest.param("apache-kafka", marks=pytest.mark.real_kafka)]


@pytest.fixture(scope="session", params=BROKERS)
def platform(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform on each broker, one after the other: two cores do not carry both at once."""
    home = require_kafka_home() if request.param == "apache-kafka" else None
    with platform_running(tmp_path_factory.mktemp("platform"), broker=request.param, kafka_home=home) as platform:
        yield platform


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of everything random; printed, so that a run can be had again with SEED=…."""
    chosen = int(os.environ.get("SEED", "0")) or int.from_bytes(os.urandom(3), "big")
    print(f"SEED={chosen}")
    return chosen
