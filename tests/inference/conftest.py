"""What the stories of the inference service stand on: models trained from real candles, real MongoDB, a bus in memory.

All stories of a process have one database, which is emptied after each: its collections and indexes are made once. Their lake is one, too.
"""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.liveness.pulse import Pulse
from libs.chassis.process import Chassis
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database, connect
from libs.contracts.inference import Predict, Prediction, Predictions
from libs.contracts.training import Artifact, ModelType, TrainingSpec
from libs.market.candles import Market
from services.inference.app import running
from services.inference.settings import Settings
from services.training.learners.train import train
from tests.inference.llm_desk import LlmStory, llm_story
from tests.inference.llm_server import LlmServer, llm_server

FEATURES = ("rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio")
ROW = (55.0, 0.2, 0.6, 1.1, 1.02)
SMALL: dict[str, dict[str, Any]] = {
    "RANDOM_FOREST": {"n_estimators": 12, "max_depth": 6},
    "XGBOOST": {"n_estimators": 8, "max_depth": 3},
    "LOGISTIC_REGRESSION": {},
    "RIDGE": {},
}
# Models on windows of so many candles.
WINDOWED: dict[str, dict[str, Any]] = {
    "LSTM": {"sequence_length": 10, "hidden_size": 8, "max_epochs": 3, "learning_rate": 0.01},
    "GRU": {"sequence_length": 5, "hidden_size": 8, "max_epochs": 3, "learning_rate": 0.01, "num_layers": 2},
    "ENSEMBLE": {"sequence_length": 6, "hidden_size": 8, "max_epochs": 3, "learning_rate": 0.01},
}


class NoCheckpoints:
    """A training that is not interrupted."""

    def load(self) -> dict[str, Any] | None:
        return None

    def save(self, state: dict[str, Any], /) -> None: ...

    def load_fit(self) -> bytes | None:
        return None

    def save_fit(self, data: bytes, /) -> None: ...


class Models(dict[str, Artifact]):
    """The manifest of each algorithm's model, which is trained when somebody first asks for it."""

    def __init__(self, artifacts: Artifacts) -> None:
        super().__init__()
        self._artifacts = artifacts

    def __missing__(self, algorithm: str) -> Artifact:
        regression = algorithm == "RIDGE"
        spec = TrainingSpec(
            model_type=ModelType.REGRESSION if regression else ModelType.CLASSIFICATION,
            algorithm=algorithm,
            target_variable="forward_return" if regression else "signal_type",
            features=FEATURES,
            hyperparameters=(SMALL | WINDOWED)[algorithm],
            training_config={"symbols": ["AAPL"], "cross_validation_folds": 0},
        )
        trained = train(
            spec,
            job_id="job_1",
            version="1.0",
            model_name="Momentum",
            artifacts=self._artifacts,
            market=Market(lake=None, synthetic_allowed=False),
            report=lambda _: None,
            checkpoints=NoCheckpoints(),
            pictures=False,
        )
        self[algorithm] = trained.artifact
        return trained.artifact


@dataclass(frozen=True)
class Store:
    """Models trained once a session, each in its own version."""

    url: str
    models: Models


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    url = str(tmp_path_factory.mktemp("models"))
    return Store(url, Models(Artifacts(url)))


@dataclass(repr=False)
class Story:
    """An inference service with all that is around it."""

    settings: Settings
    database: Database
    store: Store
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.gateway = MemoryBus(self.broker, service="gateway", instance="gateway-1")

    @asynccontextmanager
    async def service(self, **settings: Any) -> AsyncIterator[None]:
        """An inference service."""
        chosen = self.settings.model_copy(update=settings)
        self.registry = CollectorRegistry()
        chassis = Chassis(
            service="inference",
            instance="inference-1",
            settings=chosen,
            bus=MemoryBus(self.broker, service="inference", instance="inference-1"),
            database=self.database,
            redis=Redis(),  # Never connected to: inference keeps nothing there.
            artifacts=Artifacts(chosen.artifacts_url),
            registry=self.registry,
            pulse=Pulse(),
        )
        async with running(chosen, chassis):
            yield

    def an_ask(self, algorithm: str = "RANDOM_FOREST", **changes: Any) -> Predict:
        """An ask for AAPL with its features given."""
        whole = {
            "model_id": f"model_{algorithm}",
            "account_id": "account_1",
            "version": "1.0",
            "artifact": self.store.models[algorithm].sha256,
            "symbols": ("AAPL",),
            "rows": (ROW,),
            "timeframe": "1d",
        }
        return Predict.model_validate(whole | changes)

    async def ask(self, algorithm: str = "RANDOM_FOREST", **changes: Any) -> Predictions:
        reply = await self.gateway.ask(self.an_ask(algorithm, **changes), within=60)
        assert isinstance(reply, Predictions)
        return reply

    async def predict(self, algorithm: str = "RANDOM_FOREST", **changes: Any) -> Prediction:
        (prediction,) = (await self.ask(algorithm, **changes)).predictions
        return prediction

    def metric(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture(scope="session")
def settings(mongo_url: str, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.model_validate(
        {
            "kafka_bootstrap": "127.0.0.1:1",
            "mongo_url": mongo_url,
            "redis_url": "redis://127.0.0.1:1",
            "artifacts_url": store.url,
            "namespace": f"t{uuid.uuid4().hex[:10]}",
            "market_lake": tmp_path_factory.mktemp("market") / "lake",
            "tracked_symbols": "none",
        }
    )


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The database of all stories, for one of them."""
    database = connect(settings, "inference")
    yield database
    for name in await database.list_collection_names():
        await database[name].delete_many({})
    database.client.close()


@pytest.fixture
def story(settings: Settings, database: Database, store: Store) -> Story:
    return Story(settings, database, store)


@pytest.fixture
async def llm() -> AsyncIterator[LlmServer]:
    async with llm_server() as server:
        yield server


@pytest.fixture
def changed() -> dict[str, Any]:
    """Settings of the story; a test's parameters replace them."""
    return {}


@pytest.fixture
def keyed(settings: Settings, namespace: str) -> Settings:
    """Settings whose keys in Valkey are the story's own."""
    return settings.model_copy(update={"namespace": namespace})


@pytest.fixture
async def desk(database: Database, keyed: Settings, llm: LlmServer, redis_url: str, changed: dict[str, Any]) -> AsyncIterator[LlmStory]:
    async with llm_story(keyed, llm, database=database, redis_url=redis_url, broker=MemoryBroker(), **changed) as story:
        yield story
