"""Platforms for journeys: one on each broker for the whole run."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import require_kafka_home
from tests.journeys.platform import Platform, platform_running

BROKERS = ["embedded", pytest.param("apache-kafka", marks=pytest.mark.real_kafka)]
# What stands beside the broker (Ray, a store, the learners) meets the same code on both: its journeys are made on one, the soak's on both.
EMBEDDED, APACHE_KAFKA = BROKERS[:1], BROKERS[1:]
REPLICAS = "training=2 gateway=2"


@dataclass(frozen=True)
class Flavour:
    """The broker that a platform stands on."""

    broker: str
    kafka_home: Path | None

    @property
    def replicas(self) -> str:
        """How many of each service the shared platform has: two of some on Apache Kafka."""
        return REPLICAS if self.broker == "apache-kafka" else ""

    def platform(self, run_dir: Path, **settings: str) -> AbstractContextManager[Platform]:
        """Return a platform of its own on this broker."""
        return platform_running(run_dir, broker=self.broker, kafka_home=self.kafka_home, **settings)


@pytest.fixture(scope="session", params=BROKERS)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Each broker, one after the other: two cores do not carry both at once."""
    return Flavour(request.param, require_kafka_home() if request.param == "apache-kafka" else None)


@pytest.fixture(scope="session")
def platform(flavour: Flavour, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The platform that the journeys on one broker share."""
    with flavour.platform(tmp_path_factory.mktemp("platform"), REPLICAS=flavour.replicas) as platform:
        yield platform


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of everything random; printed, so that a run can be had again with SEED=…."""
    chosen = int(os.environ.get("SEED", "0")) or int.from_bytes(os.urandom(3), "big")
    print(f"SEED={chosen}")
    return chosen
