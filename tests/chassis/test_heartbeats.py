"""Heartbeats: their numbers grow, within a process and over its restarts."""

from datetime import datetime, timedelta

import orjson

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.liveness.heartbeats import Heart
from libs.chassis.liveness.pulse import Pulse
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.cache import connect_redis
from libs.chassis.stores.mongo import connect
from libs.contracts.envelope import now

SETTINGS = SharedSettings(kafka_bootstrap="x", mongo_url="mongodb://127.0.0.1:1", redis_url="redis://127.0.0.1:1", artifacts_url="x")


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = now()

    def __call__(self) -> datetime:
        return self.time


def started(broker: MemoryBroker, clock: Clock) -> Heart:
    """Return the heart of a process that was just started under the name training-1."""
    return Heart(
        bus=MemoryBus(broker, service="training", instance="training-1"),
        database=connect(SETTINGS, "training"),
        redis=connect_redis(SETTINGS, "training"),
        pulse=Pulse(),
        service="training",
        instance="training-1",
        clock=clock,
    )


def numbers(broker: MemoryBroker) -> list[int]:
    return [orjson.loads(entry["body"])["sequence"] for entry in broker.events]


async def test_a_process_that_is_started_again_under_its_name_counts_on() -> None:
    broker, clock = MemoryBroker(), Clock()
    first = started(broker, clock)
    for _ in range(3):
        await first.last_beat()

    clock.time += timedelta(seconds=2)
    await started(broker, clock).last_beat()

    assert numbers(broker) == sorted(set(numbers(broker)))
    assert numbers(broker)[-1] == int(clock.time.timestamp() * 1000)


async def test_beats_of_one_moment_and_of_a_clock_that_was_set_back_grow_all_the_same() -> None:
    broker, clock = MemoryBroker(), Clock()
    heart = started(broker, clock)
    await heart.last_beat()
    await heart.last_beat()

    clock.time -= timedelta(hours=1)
    await heart.last_beat()

    begin = numbers(broker)[0]
    assert numbers(broker) == [begin, begin + 1, begin + 2]
