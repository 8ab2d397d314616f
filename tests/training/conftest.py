"""What the stories of the training service stand on: real MongoDB, a bus in memory, runners in threads or on Ray.

All stories of a process have one database, which is emptied after each: its collections and indexes are made once.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from deploy.local.ports import free_ports
from deploy.local.program import running as program_running
from deploy.local.ready import NotReadyError
from deploy.local.ready import until as ready_until
from deploy.local.servers import RAY_PORTS, RAY_WORKER_PORTS, ray_head
from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.liveness.pulse import Pulse
from libs.chassis.process import Chassis
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database, connect
from libs.contracts.ids import new_id
from libs.contracts.jobs import JobRequested
from libs.contracts.training import CancelTraining, ModelType, Priority, TrainingRequested, TrainingSpec, TrainingStopped
from services.training.app import RunningCluster, ray_cluster, runner_place, running
from services.training.domain.kinds import TIERS, WORK
from services.training.settings import Settings
from tests.conftest import RAY_TOKEN
from tests.training.thread_cluster import TRAINER, Machines, ThreadCluster
from tests.waiting import growing_pauses

WITHIN_S = 180.0


@dataclass(repr=False)
class Story:
    """A training service (or several) with all that is around it."""

    settings: Settings
    database: Database
    folder: Path
    machines: Machines = field(default_factory=lambda: Machines(capacity=2))
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    on_ray: bool = False
    # What the service that was started last shows of itself.
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.gateway = MemoryBus(self.broker, service="gateway", instance="gateway-1")

    def make_cluster(self, settings: Settings, *, on_free: Callable[[], None]) -> RunningCluster:
        if self.on_ray:
            return ray_for_tests(settings, on_free=on_free)
        return ThreadCluster(self.machines, place=runner_place(settings), on_free=on_free)

    @asynccontextmanager
    async def service(self, instance: str = "training-1", **settings: Any) -> AsyncIterator[None]:
        """A training service."""
        bus = MemoryBus(self.broker, service="training", instance=instance)
        redis: Redis = Redis()  # Never connected to: training keeps nothing there.
        chosen, self.registry = self.settings.model_copy(update=settings), CollectorRegistry()
        chassis = Chassis(
            service="training",
            instance=instance,
            settings=chosen,
            bus=bus,
            database=self.database,
            redis=redis,
            artifacts=Artifacts(chosen.artifacts_url),
            registry=self.registry,
            pulse=Pulse(),
        )
        async with running(chosen, chassis, make_cluster=self.make_cluster):
            yield

    def a_request(
        self,
        *,
        account: str = "account_1",
        priority: Priority = Priority.NORMAL,
        model_id: str | None = None,
        reserved_hours: str = "1.000000",
        clock_hours: int | None = None,
        **script: Any,
    ) -> TrainingRequested:
        """A request whose run does what `script` says."""
        spec = TrainingSpec(
            model_type=ModelType.CLASSIFICATION,
            algorithm="RANDOM_FOREST",
            target_variable="signal_type",
            features=("rsi_14",),
            hyperparameters={"steps": 3, "gate": str(self.folder / "gate")} | script,
            training_config={"symbols": ["AAPL"]},
        )
        return TrainingRequested(
            sequence=1,
            job_id=new_id("job"),
            model_id=model_id or new_id("model"),
            account_id=account,
            tier="free",
            job_name="a story's",
            priority=priority,
            version="1.0.0",
            spec=spec,
            reserved_hours=Decimal(reserved_hours),
            clock_hours=clock_hours,
        )

    async def request(self, **script: Any) -> TrainingRequested:
        request = self.a_request(**script)
        await self.gateway.publish(request)
        return request

    async def cancel(self, request: TrainingRequested, *, account: str | None = None) -> TrainingStopped:
        ask = CancelTraining(job_id=request.job_id, model_id=request.model_id, account_id=account or request.account_id)
        reply = await self.gateway.ask(ask, within=60)
        assert isinstance(reply, TrainingStopped)
        return reply

    def open_gate(self) -> None:
        (self.folder / "gate").touch()

    def told(self, request: TrainingRequested, topic: str = "") -> list[dict[str, Any]]:
        """What was told of a job, in order."""
        entries = [each for each in self.broker.events if each["key"] == request.job_id and each["topic"].startswith(topic or "training.")]
        return [orjson.loads(each["body"]) | {"topic": each["topic"]} for each in entries if each["topic"] != "training.requested"]

    def told_of(self, job_id: str) -> list[dict[str, Any]]:
        """What was told of a job that is no training, in order."""
        entries = [each for each in self.broker.events if each["key"] == job_id and each["topic"].startswith("job.")]
        told = [orjson.loads(each["body"]) | {"topic": each["topic"]} for each in entries]
        return [each for each in told if each["topic"] not in {"job.requested", "job.cancel_requested"}]

    async def job_ended(self, request: JobRequested) -> dict[str, Any]:
        """Wait for the end of a job that is no training, and return what is told of it."""

        def ends() -> list[dict[str, Any]]:
            return [each for each in self.told_of(request.job_id) if each["topic"] != "job.progressed"]

        await until(lambda: bool(ends()))
        (end,) = ends()
        return end

    def ends(self, request: TrainingRequested) -> list[dict[str, Any]]:
        return [each for each in self.told(request) if each["topic"].rpartition(".")[2] in {"completed", "failed", "cancelled"}]

    async def ended(self, *requests: TrainingRequested) -> dict[str, Any]:
        """Wait for the ends of these jobs; return the last one's."""
        await until(lambda: all(self.ends(each) for each in requests))
        (end,) = self.ends(requests[-1])
        return end

    async def job(self, request: TrainingRequested) -> dict[str, Any]:
        found = await self.database["jobs"].find_one({"_id": request.job_id})
        return found or {}

    async def is_at_gate(self, request: TrainingRequested, *, step: int = 1) -> None:
        """Wait until a job that holds at this step has done all before it."""
        await until(lambda: any(each["step"] == step for each in self.told(request, "training.progressed")))


async def until(met: Callable[[], bool | Awaitable[bool]], *, within: float = WITHIN_S) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(within):
        for pause in growing_pauses():
            found = met()
            if (await found) if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(pause)


@pytest.fixture(scope="session")
def shared_namespace() -> str:
    """The name of the database that stories share."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def settings(mongo_url: str, shared_namespace: str, tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "kafka_bootstrap": "127.0.0.1:1",
            "mongo_url": mongo_url,
            "redis_url": "redis://127.0.0.1:1",
            "ray_address": "127.0.0.1:1",
            "artifacts_url": str(tmp_path / "artifacts"),
            "namespace": shared_namespace,
            "trainer": TRAINER,
            # Longer than a busy machine may hold the process of the tests up: another service of a story would take its jobs over.
            "lease": timedelta(seconds=6),
            "retry_after": timedelta(milliseconds=50),
            # A runner in a thread answers for the memory of the whole suite.
            "memory_by_kind": {kind: dict.fromkeys(TIERS, 8192) for kind, work in WORK.items() if work.memory_mb},
        }
    )


@pytest.fixture
async def story(settings: Settings, tmp_path: Path) -> AsyncIterator[Story]:
    database = connect(settings, "training")
    story = Story(settings, database, tmp_path)
    yield story
    story.open_gate()
    for name in await database.list_collection_names():
        await database[name].delete_many({})
    database.client.close()


@pytest.fixture(scope="package")
def ray_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Ray head with two CPUs; it ends with the last test of this package."""
    folder = tmp_path_factory.mktemp("ray")
    ports = free_ports(len(RAY_PORTS) + 1)
    workers = 20000 + (ports[-1] % 10000 // RAY_WORKER_PORTS) * RAY_WORKER_PORTS
    mark = f"tests-{uuid.uuid4().hex}:ray"
    with program_running(ray_head(ports=ports[:-1], worker_ports=workers, cpus=2, token=RAY_TOKEN, log=folder / "log", mark=mark)):

        async def started() -> None:
            if b"Ray runtime started" not in (folder / "log").read_bytes():
                msg = (folder / "log").read_text()[-2000:]
                raise NotReadyError(msg)

        asyncio.run(ready_until(started, what="Ray", within=180))
        yield f"127.0.0.1:{ports[0]}"


@pytest.fixture
def ray_story(story: Story, ray_address: str) -> Iterator[Story]:
    """The same on a real Ray cluster."""
    story.settings = story.settings.model_copy(update={"ray_address": ray_address})
    story.on_ray = True
    return story


def ray_for_tests(settings: Settings, *, on_free: Callable[[], None]) -> RunningCluster:
    """A connection to the Ray of all tests, whose warm runners they share one after the other: they outlive who made them."""
    return ray_cluster(settings.model_copy(update={"namespace": "tests"}), on_free=on_free)


def pids_in(folder: Path) -> list[int]:
    """The processes that the scripted trainer has noted there."""
    return [int(each.name) for each in folder.iterdir() if each.name.isdigit()]
