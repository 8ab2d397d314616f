"""AI Studio as a user meets it: the real gateway and marketplace on real stores, over a bus inside this process."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.process import open_chassis
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database, connect
from libs.contracts.envelope import now
from services.gateway.app import Gateway, build, started
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.models.ports import Clock
from services.gateway.settings import Settings
from services.marketplace.app import running as marketplace_running
from services.marketplace.settings import Settings as MarketplaceSettings
from tests.gateway.document import share_document
from tests.gateway.logged_in import logged_in
from tests.gateway.studio.doubles import TrainingDouble
from tests.gateway.studio.inference_double import InferenceDouble
from tests.namespaces import learn_indexes, namespace_of_its_own
from tests.waiting import until

STUDIO = "/api/ai-studio"
# What addresses that are told begin with, whatever the Host header says.
PUBLIC = "http://127.0.0.1:8000"
FEATURES = ["rsi_14", "macd_signal"]
ENDED = {"COMPLETED", "FAILED", "CANCELLED"}
KEYS = (("k1", "s" * 40),)
# Longer than a request may wait for its job, which takes as long as a busy machine needs.
TO_THE_END = MappingProxyType({"wait_for_job": 600.0})


def new_model(**changes: Any) -> dict[str, Any]:
    """Return a good request for a new model; `changes` replace parts of it."""
    return {
        "name": "Momentum",
        "description": "Two shares, two features",
        "model_type": "CLASSIFICATION",
        "algorithm": "RANDOM_FOREST",
        "target_variable": "signal_type",
        "features": FEATURES,
        "hyperparameters": {"n_estimators": 20, "max_depth": 4, "random_state": 42},
        "training_config": {
            "symbols": ["AAPL", "MSFT"],
            "start_date": "2008-01-01",
            "end_date": "2012-12-31",
            "train_test_split": 0.8,
            "cross_validation_folds": 3,
        },
    } | changes


@dataclass
class Places:
    """Where the stores of a test are; without a namespace given, a world is lent one."""

    mongo_url: str
    redis_url: str
    folder: Path
    namespace: str = ""

    def settings(self, **more: Any) -> dict[str, Any]:
        return {
            "kafka_bootstrap": "127.0.0.1:1",
            "mongo_url": self.mongo_url,
            "redis_url": self.redis_url,
            "artifacts_url": self.folder.as_uri(),
            "namespace": self.namespace,
            "profile": "development",
        } | more


@dataclass
class User:
    """An account and its way to the API."""

    account_id: str
    http: httpx.AsyncClient

    async def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else None
        return await self.http.request(method, f"{STUDIO}{path}", json=body, headers=headers)

    async def get(self, path: str) -> Any:
        """Return what is at a path; it must be there."""
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def make_model(self, **changes: Any) -> str:
        answer = await self.call("POST", "/models/", new_model(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def train(self, model_id: str, **body: Any) -> str:
        answer = await self.call("POST", f"/models/{model_id}/train/", body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    async def job_is(self, job_id: str, status: str) -> dict[str, Any]:
        """Wait until a job has this status and return it."""
        job: dict[str, Any] = {}

        async def there() -> bool:
            answer = await self.call("GET", f"/training-jobs/{job_id}/")
            job.update(answer.json())
            return answer.status_code == 200 and job["status"] == status

        await until(there, what=f"{job_id} {status}")
        return job


@dataclass(repr=False)
class World:
    """What a story has: users, the services behind the bus, and the stores to look into."""

    gateways: Sequence[Gateway]
    broker: MemoryBroker
    training: TrainingDouble
    inference: InferenceDouble
    database: Database
    settings: Settings

    @property
    def gateway(self) -> Gateway:
        """The one that stories speak to, unless they say otherwise."""
        return self.gateways[0]

    @property
    def other(self) -> Gateway:
        """The second one, in a world that has two."""
        return self.gateways[1]

    def client(self, gateway: Gateway | None = None, **options: Any) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=(gateway or self.gateway).app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://studio.test", **options)

    async def user(self, tier: Tier = Tier.ELITE, role: Role = Role.USER) -> User:
        """Return somebody of this tier and role, kept as registering and logging in keep them, without their slow passwords."""
        somebody = await logged_in(self.gateway.stores, f"user-{secrets.token_hex(5)}", keys=KEYS, role=role, tier=tier)
        return User(somebody.account_id, self.client(headers={"Authorization": f"Bearer {somebody.access_token}"}))

    def at_the_other(self, user: User) -> User:
        """Return the same user, speaking to the second gateway."""
        return User(user.account_id, self.client(self.other, headers={"Authorization": user.http.headers["Authorization"]}))

    async def trained(self, user: User, **changes: Any) -> str:
        """Return a model that has been trained."""
        model_id = await user.make_model(**changes)
        job_id = await user.train(model_id)
        await self.training.complete(job_id)
        await user.job_is(job_id, "COMPLETED")
        return model_id

    def events(self, topic: str, *, key: str) -> list[dict[str, Any]]:
        """Return what was told on a topic about one thing."""
        return [entry for entry in self.broker.events if entry["topic"] == topic and entry["key"] == key]

    async def told(self, topic: str, *, key: str, count: int = 1) -> list[dict[str, Any]]:
        """Return what was told on a topic about one thing, once there is so much: what a request changes is told after its answer."""

        async def there() -> bool:
            return len(self.events(topic, key=key)) >= count

        await until(there, what=f"{count} of {topic} about {key}")
        return self.events(topic, key=key)

    def set_aside(self, *keys: str) -> list[str]:
        """Return the topics of what no handler took about these things; other stories have letters of their own."""
        return [entry["topic"] for entry, _ in self.broker.dead if entry["key"] in keys]


@asynccontextmanager
async def world(
    places: Places,
    *,
    clock: Clock = now,
    gateway_clock: Clock = now,
    sweep_every: float = 30.0,
    by_itself: bool = False,
    gateways: int = 2,
    beyond: Mapping[str, Any] = MappingProxyType({}),
    currency: str = "usd",
    **settings: Any,
) -> AsyncIterator[World]:
    """Run gateways and the marketplace, each on a clock of its own, and doubles of training and inference.

    What gateways do because its time has come (retrain, refresh, erase, join, look at models) is done by the stories, unless `by_itself`:
    done by a gateway between two steps of a story, it would be nothing new to the second. `beyond` are settings outside their bounds.
    """
    broker = MemoryBroker()
    artifacts = Artifacts(places.folder.as_uri())
    training, inference = TrainingDouble(broker, artifacts), InferenceDouble(broker, artifacts)
    inference.features = tuple(FEATURES)
    patience = {"predict_deadline": 60.0, "range_deadline": 60.0, "wait_for_job": 0.0}
    async with AsyncExitStack() as stack:
        if not places.namespace:
            lent = stack.enter_context(namespace_of_its_own(places.mongo_url, places.redis_url))
            places = replace(places, namespace=lent)
        given = Settings(**places.settings(jwt_keys=KEYS, market_data_synthetic="never", **(patience | settings))).model_copy(update=beyond)
        await stack.enter_async_context(training.bus.running(facts=training.facts(), answers=training.answers()))
        await stack.enter_async_context(inference.bus.running(answers=inference.answers()))
        market = MarketplaceSettings(**places.settings(sweep_every=timedelta(seconds=sweep_every), stripe_currency=currency))
        bus = MemoryBus(broker, service="marketplace", instance="marketplace")
        chassis = await stack.enter_async_context(open_chassis("marketplace", settings=market, bus=bus))
        await stack.enter_async_context(marketplace_running(market, chassis, clock=clock))
        names = [f"gateway-{number}" for number in range(1, gateways + 1)]
        running = [await _gateway(given, broker, stack, name=name, clock=gateway_clock, by_itself=by_itself) for name in names]
        learn_indexes(places.namespace, mongo_url=places.mongo_url, services=("gateway", "marketplace"))
        yield World(running, broker, training, inference, connect(given, "gateway"), given)


@asynccontextmanager
async def beside(made: World, *, name: str, **settings: Any) -> AsyncIterator[World]:
    """Run one more gateway on a world's stores and bus, with settings of its own; return the world as it is met there."""
    async with AsyncExitStack() as stack:
        given = made.settings.model_copy(update=settings)
        more = await _gateway(given, made.broker, stack, name=name, clock=now, by_itself=False)
        yield replace(made, gateways=[more], settings=given)


async def _gateway(settings: Settings, broker: MemoryBroker, stack: AsyncExitStack, *, name: str, clock: Clock, by_itself: bool) -> Gateway:
    bus = MemoryBus(broker, service="gateway", instance=name)
    chassis = await stack.enter_async_context(open_chassis("gateway", settings=settings, bus=bus))
    gateway = build(settings, chassis, clock=clock)
    share_document(gateway.app, public_url=settings.public_url)
    await started(gateway, bus, stack, by_itself=by_itself)
    return gateway
