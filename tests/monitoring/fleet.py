"""Monitoring as it runs in stories, with a clock of its own and the bus before its door."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from prometheus_client import CollectorRegistry

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.process import open_chassis
from libs.chassis.stores.mongo import Collection
from libs.contracts.envelope import now
from libs.contracts.monitoring import HealthChanged, HeartbeatSent
from services.monitoring.app import running
from services.monitoring.outbound.instances_mongo import InstancesMongo
from services.monitoring.settings import Settings
from tests.waiting import until

# One may have begun before.
LOOKS = 2
STARTED = now() - timedelta(minutes=1)


def beat(sequence: int, state: str = "ready", *, every_s: float = 60, **checks: str) -> HeartbeatSent:
    return HeartbeatSent(
        sequence=sequence, service="training", instance="training-1", started_at=STARTED, every_s=every_s, state=state, checks=checks
    )


@dataclass
class Clock:
    """Shows a time that goes on when a story says so."""

    began: datetime
    passed: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return self.began + self.passed


@dataclass
class Fleet:
    """Monitoring as it runs, its clock, and the bus before its door."""

    broker: MemoryBroker
    instances: InstancesMongo
    clock: Clock
    collection: Collection
    registry: CollectorRegistry

    async def hear(self, *beats: HeartbeatSent) -> None:
        """Take heartbeats in, by the story's clock."""
        door = MemoryBus(self.broker, service="training", instance="training-1")
        for one in beats:
            await door.publish(one.model_copy(update={"occurred_at": one.occurred_at + self.clock.passed}))

    async def hear_itself(self) -> None:
        """Take a heartbeat of monitoring's own in, which is due again when the story is over."""
        await self.hear(beat(1, every_s=86_400).model_copy(update={"service": "monitoring", "instance": "monitoring"}))

        async def heard() -> bool:
            return await self.instances.find("monitoring") is not None

        await until(heard, what="monitoring hears itself")

    async def counts(self, health: str, count: float) -> None:
        """Wait until the metric says so."""

        async def counted() -> bool:
            return self.registry.get_sample_value("modelbourse_fleet_instances", {"health": health}) == count

        await until(counted, what=f"{count} instances that are {health}")

    async def looks(self) -> None:
        """Wait until the rules of alerts have been held against what is measured, from now on once at least."""
        before = self.looked

        async def again() -> bool:
            return self.looked >= before + LOOKS

        await until(again, what="monitoring looks")

    @property
    def looked(self) -> float:
        return self.registry.get_sample_value("modelbourse_alert_looks_total") or 0.0

    async def falls_silent(self, *health: str) -> None:
        """Let minutes go by without a heartbeat, until health is told to have been this."""
        self.clock.passed += timedelta(minutes=4)
        await self.tells(*health)

    @property
    def told(self) -> list[tuple[str, str]]:
        bodies = [orjson.loads(entry["body"]) for entry in self.broker.events if entry["topic"] == HealthChanged.topic]
        return [(body["health"], body["reason"]) for body in bodies if body["service"] == "training"]

    async def tells(self, *health: str) -> list[tuple[str, str]]:
        async def told() -> bool:
            return [word for word, _ in self.told] == list(health)

        await until(told, what=f"monitoring tells {health}, not {self.told}")
        return self.told


async def kafka_answers() -> None:
    """Answer as a broker does that is there."""


@asynccontextmanager
async def monitoring(
    settings: Settings, broker: MemoryBroker, *, kafka: Callable[[], Awaitable[None]] = kafka_answers
) -> AsyncIterator[Fleet]:
    async with replica(settings, broker, clock=Clock(now()), kafka=kafka) as fleet:
        yield fleet
        await fleet.collection.database.client.drop_database(fleet.collection.database.name)


@asynccontextmanager
async def replica(
    settings: Settings, broker: MemoryBroker, *, clock: Clock, kafka: Callable[[], Awaitable[None]] = kafka_answers
) -> AsyncIterator[Fleet]:
    """Run monitoring once more, beside or after another one."""
    bus = MemoryBus(broker, service="monitoring", instance="monitoring")
    async with open_chassis("monitoring", settings=settings, bus=bus) as chassis, running(settings, chassis, clock=clock, broker=kafka):
        collection = chassis.database["instances"]
        yield Fleet(broker, InstancesMongo(collection), clock, collection, chassis.registry)


@pytest.fixture
def settings(mongo_url: str, redis_url: str, namespace: str, tmp_path: Path) -> Settings:
    return Settings(
        kafka_bootstrap="unused:1",
        mongo_url=mongo_url,
        redis_url=redis_url,
        artifacts_url=str(tmp_path),
        namespace=namespace,
        sweep_every=timedelta(milliseconds=20),
        look_every=timedelta(milliseconds=20),
    )
