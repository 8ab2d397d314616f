"""The platform that journeys share: on Apache Kafka where there is one, its traces collected; `make soak` makes them on the embedded broker."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import find_kafka_home, require_kafka_home
from tests.inference.llm_server import LlmServer, served_beside
from tests.journeys.collector import Collector, collecting
from tests.journeys.on_sale import OnSale, put_on_sale
from tests.journeys.platform import Platform, platform_running
from tests.market.live.exchange import MINUTE, Exchange, served

REPLICAS = "training=2 gateway=2"
KEYS = ("sk-first", "sk-backup")
LIVE_BEGIN = 1_767_571_200 * 10**9  # 5 January 2026
# Both brokers keep the same promises (tests/chassis): one platform on each would prove them a second time. The client's and README's
# platforms (tests/client, tests/guides) stand on the embedded one.
HAS_KAFKA = os.environ.get("CI") == "true" or find_kafka_home() is not None
BROKERS = [
    pytest.param("apache-kafka", marks=[pytest.mark.real_kafka, *([] if HAS_KAFKA else [pytest.mark.soak])]),
    pytest.param("embedded", marks=[pytest.mark.soak] if HAS_KAFKA else []),
]


@dataclass(frozen=True)
class Flavour:
    """The broker that a platform stands on."""

    broker: str
    kafka_home: Path | None

    def demo(self, run_dir: Path, **settings: str) -> AbstractContextManager[Platform]:
        """Return the platform that `make demo KEEP=1` leaves running on this broker."""
        return platform_running(run_dir, broker=self.broker, kafka_home=self.kafka_home, begin=("demo", "--keep"), **settings)


@pytest.fixture(scope="package", params=BROKERS)
def flavour(request: pytest.FixtureRequest) -> Flavour:
    """Each broker, one after the other: two cores do not carry both at once."""
    return Flavour(request.param, require_kafka_home() if request.param == "apache-kafka" else None)


@pytest.fixture(scope="package")
def collector() -> Iterator[Collector]:
    """Where the platform's traces go."""
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="package")
def exchange() -> Iterator[Exchange]:
    """The exchange of the platform's live series: it has nothing before a journey says what."""
    with served(Exchange(length=15 * MINUTE, now=LIVE_BEGIN)) as exchange:
        yield exchange


@pytest.fixture(scope="package")
def llm() -> Iterator[LlmServer]:
    """The provider of the platform's LLM: it fails whoever does not say what it is to answer."""
    with served_beside() as llm:
        yield llm


@pytest.fixture(scope="package")
def platform(
    flavour: Flavour, collector: Collector, exchange: Exchange, llm: LlmServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The platform that the journeys on one broker share; it ends with the last of them, as it takes a quarter of a core at rest.

    The demo begins it (test_demo.py): its first story is the demo's.
    """
    series = {"source": "ccxt:binance", "market": "BTC/USDT", "timeframe": "15m", "since": "2026-01-05", "base_url": exchange.url}
    settings = {
        "REPLICAS": REPLICAS,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "GATEWAY_LIVE_SERIES": json.dumps([series | {"every": "1d"}]),
        "INFERENCE_LLM_BASE_URL": llm.url,
        "INFERENCE_LLM_API_KEY": KEYS[0],
        "INFERENCE_LLM_BACKUP_API_KEYS": KEYS[1],
        "INFERENCE_LLM_EVERY": "0",
    }
    with flavour.demo(tmp_path_factory.mktemp("platform"), **settings) as platform:
        yield platform


@pytest.fixture(scope="package")
def on_sale(platform: Platform) -> OnSale:
    """A model that was trained, published and approved: one for all journeys of a platform, each with a buyer of its own."""
    with asyncio.Runner() as runner:
        return runner.run(put_on_sale(platform))


@pytest.fixture(scope="session")
def seed() -> int:
    """The seed of everything random; printed, so that a run can be had again with SEED=…."""
    chosen = int(os.environ.get("SEED", "0")) or int.from_bytes(os.urandom(3), "big")
    print(f"SEED={chosen}")
    return chosen
