"""Monitoring's stories: what heartbeats, and their absence, make of the fleet's health."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.errors import PlatformError
from libs.contracts.envelope import now
from libs.contracts.example_fleet import PROCESS
from libs.contracts.monitoring import HealthChanged, HeartbeatSent
from services.monitoring.domain.errors import IllegalHealthError, InstanceChangedError
from services.monitoring.domain.instance import MOVES, Health, first_heard
from services.monitoring.settings import Settings
from services.monitoring.usecases.notice_silence import NoticeSilence
from services.monitoring.usecases.record_beat import RecordBeat
from tests.monitoring.fleet import STARTED, beat, monitoring, settings
from tests.outboxes import empty_outbox, fill_outbox
from tests.waiting import until

__all__ = ["settings"]


async def test_a_first_heartbeat_makes_an_instance_known_and_healthy(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear(beat(1, mongodb="ok", redis="ok"))

        assert await fleet.tells("healthy") == [("healthy", "all checks pass")]
        await fleet.counts("healthy", 1.0)


async def test_the_same_heartbeat_twice_and_a_late_one_change_nothing(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear(beat(1), beat(2, "degraded", redis="no answer within 1 s"), beat(2, "degraded", redis="x"), beat(1))

        assert await fleet.tells("healthy", "degraded") == [("healthy", "all checks pass"), ("degraded", "redis: no answer within 1 s")]
        known = await fleet.instances.find("training-1")
        assert known is not None
        assert (known.health, known.beat) == (Health.DEGRADED, 2)


async def test_missed_heartbeats_make_it_silent_and_a_heartbeat_heals_it(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear_itself()
        await fleet.hear(beat(1))
        await fleet.tells("healthy")
        await fleet.falls_silent("healthy", "silent")

        await fleet.hear(beat(2))

        assert (await fleet.tells("healthy", "silent", "healthy"))[1][1].startswith("no heartbeat for")


async def test_long_silence_means_gone_and_a_new_start_brings_it_back(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear_itself()
        await fleet.hear(beat(7))
        await fleet.tells("healthy")
        await fleet.falls_silent("healthy", "silent")
        await fleet.falls_silent("healthy", "silent", "gone")

        await fleet.hear(beat(1).model_copy(update={"started_at": fleet.clock()}))

        await fleet.tells("healthy", "silent", "gone", "healthy")


async def test_a_graceful_stop_is_gone_at_once(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear(beat(1), beat(2, "stopping"))

        assert (await fleet.tells("healthy", "gone"))[-1] == ("gone", "stopped")


async def test_a_monitoring_that_was_down_does_not_declare_the_fleet_dead(settings: Settings) -> None:
    broker = MemoryBroker()
    old = beat(1, every_s=0.5).model_copy(update={"occurred_at": now() - timedelta(minutes=30)})

    async with monitoring(settings, broker) as fleet:
        await fleet.hear(old)
        await fleet.tells("healthy")
        await fleet.hear(beat(2))

        known = await fleet.instances.find("training-1")
        assert known is not None
    assert [word for word, _ in fleet.told] == ["healthy"]


async def test_a_bus_that_carries_nothing_is_not_taken_for_a_dead_fleet(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear(beat(1))
        await fleet.tells("healthy")
        fleet.clock.passed += timedelta(minutes=4)
        notice = NoticeSilence(fleet.instances, fleet.clock, missed_beats=3, gone_after=timedelta(minutes=5))

        assert (await notice(listening_since=STARTED)).deaf
        await fleet.hear(beat(2))

        assert [word for word, _ in fleet.told] == ["healthy"]


async def test_changes_of_one_instance_grow_in_sequence(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear(beat(1), beat(2, "degraded"), beat(3))
        await fleet.tells("healthy", "degraded", "healthy")

    numbers = [orjson.loads(entry["body"])["sequence"] for entry in fleet.broker.events if entry["topic"] == HealthChanged.topic]
    assert numbers == sorted(set(numbers))


async def test_what_monitoring_tells_of_itself_grows_over_its_beats_and_its_health(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        door = MemoryBus(fleet.broker, service="monitoring", instance="monitoring")
        for step, state in enumerate(("ready", "degraded", "ready")):
            own = beat(int(now().timestamp() * 1000) + step * 3000, state)
            await door.publish(own.model_copy(update={"service": "monitoring", "instance": "monitoring"}))

            async def told(changes: int = step + 1) -> bool:
                return sum(entry["topic"] == HealthChanged.topic for entry in fleet.broker.events) == changes

            await until(told)

    of_itself = [entry for entry in fleet.broker.events if entry["key"] == "monitoring"]
    numbers = [orjson.loads(entry["body"])["sequence"] for entry in of_itself]
    assert {entry["headers"]["ce_source"] for entry in fleet.broker.events} == {"/modelbourse/monitoring"}
    assert len(numbers) == 6
    assert numbers == sorted(set(numbers))


async def test_the_second_of_two_writers_is_told(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        instance = first_heard(beat(1), at=now())
        await fleet.instances.save(instance)
        stored = await fleet.instances.find("training-1")
        assert stored == replace(instance, version=1)

        await fleet.instances.save(stored)

        with pytest.raises(InstanceChangedError):
            await fleet.instances.save(stored)
        with pytest.raises(InstanceChangedError):
            await fleet.instances.save(instance)


async def test_a_heartbeat_counts_though_nobody_can_be_told_of_its_change_which_is_told_with_a_later_one(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        record = RecordBeat(fleet.instances, fleet.clock)
        await fleet.hear_itself()
        await record(beat(1))
        await fleet.tells("healthy")
        await fill_outbox(fleet.collection, "training-1")

        await record(beat(2, "degraded"))

        known = await fleet.instances.find("training-1")
        assert known is not None
        assert (known.health, known.beat) == (Health.HEALTHY, 2)
        await empty_outbox(fleet.collection, "training-1")
        await record(beat(3, "degraded"))
        await fleet.tells("healthy", "degraded")


@pytest.mark.parametrize("before", Health)
@pytest.mark.parametrize("after", Health)
def test_health_moves_as_the_table_says(before: Health, after: Health) -> None:
    instance = replace(first_heard(beat(1), at=now()), health=before)

    def move() -> Any:
        return instance.move_to(after, reason="because", at=now())

    if after is before or after in MOVES[before]:
        assert move().health is after
        assert move().sequence == instance.sequence + (after is not before)
    else:
        with pytest.raises(IllegalHealthError) as refused:
            move()
        assert isinstance(refused.value, PlatformError)


async def test_an_instance_that_cannot_be_read_hides_the_silence_of_no_other(settings: Settings) -> None:
    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear_itself()
        await fleet.collection.insert_one({"_id": "odd", "health": "peculiar"})
        await fleet.hear(beat(1))
        await fleet.tells("healthy")

        await fleet.falls_silent("healthy", "silent")

        assert await fleet.collection.find_one({"_id": "odd", "set_aside": {"$ne": None}})


async def test_another_process_under_a_known_name_is_told_of_once_though_its_health_is_the_same(settings: Settings) -> None:
    def of(version: str, sequence: int) -> HeartbeatSent:
        return beat(sequence).model_copy(update={"process": PROCESS.model_copy(update={"version": version})})

    async with monitoring(settings, MemoryBroker()) as fleet:
        await fleet.hear(of("0.1.0", 1), of("0.1.0", 2), of("0.2.0", 3), of("0.2.0", 4))

        await fleet.tells("healthy", "healthy")
    told = [HealthChanged.model_validate_json(entry["body"]) for entry in fleet.broker.events if entry["topic"] == HealthChanged.topic]
    assert [event.process and event.process.version for event in told] == ["0.1.0", "0.2.0"]
    assert told[0].sequence < told[1].sequence
