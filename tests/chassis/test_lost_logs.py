"""A log that was lost, made again or cut off costs no event that is new, whoever listened or was away meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import OffsetAndMetadata

from libs.chassis.bus.consumer import Consumer
from libs.chassis.bus.handlers import Facts
from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.bus.log_marks import Mark, Marks, Turns
from libs.chassis.bus.lost_records import LostRecords
from libs.chassis.bus.topics import create_missing_topics, group_of, topic_name
from libs.chassis.settings import SharedSettings
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import few_topics, kafka_bus, wanted
from tests.waiting import until

PLACE = TopicPartition("training.completed", 0)
# Apache Kafka deletes a topic some time after it has said so.
PATIENCE_S = 120


@asynccontextmanager
async def administering(settings: SharedSettings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


def bus_of(settings: SharedSettings, service: str) -> KafkaBus:
    return kafka_bus(settings, service=service, instance=f"{service}-1", logs_every_s=0.2)


def listening(heard: list[int]) -> Facts:
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        heard.append(event.sequence)

    return facts


async def publish(bus: KafkaBus, numbers: range) -> None:
    """Publish events of one job: they lie in one partition."""
    for number in numbers:
        await bus.publish(wanted("job_1", sequence=number))


def all_heard(heard: list[int], numbers: range) -> Callable[[], object]:
    async def check() -> bool:
        return set(numbers) <= set(heard)

    return check


async def make_again(settings: SharedSettings) -> None:
    """Delete the topic and make it again."""
    name = topic_name(TrainingCancelRequested.topic, namespace=settings.namespace)

    async def made() -> bool:
        return bool(await create_missing_topics(settings, few_topics()))

    async with administering(settings) as admin:
        await admin.delete_topics([name])
    await until(made, what="the topic made again", within=PATIENCE_S)


async def test_a_topic_that_was_deleted_and_made_again_is_heard_from_its_start(settings: SharedSettings, opened: AsyncExitStack) -> None:
    heard: list[int] = []
    teller = bus_of(settings, "gateway")
    await opened.enter_async_context(teller.running())
    await opened.enter_async_context(bus_of(settings, "training").running(facts=listening(heard)))
    await publish(teller, range(1, 4))
    await until(all_heard(heard, range(1, 4)), what="the events before")

    await make_again(settings)
    await publish(teller, range(10, 20))

    await until(all_heard(heard, range(10, 20)), what="the events after", within=PATIENCE_S)


async def test_events_that_came_into_a_new_log_while_nobody_listened_are_heard_though_it_has_grown_past_the_old_position(
    settings: SharedSettings, opened: AsyncExitStack
) -> None:
    """What is committed outlives the log where topics lie on other disks than groups."""
    heard: list[int] = []
    teller = bus_of(settings, "gateway")
    await opened.enter_async_context(teller.running())
    async with bus_of(settings, "training").running(facts=listening(heard)):
        await publish(teller, range(1, 4))
        await until(all_heard(heard, range(1, 4)), what="the events before")
    committed = await committed_of(settings)
    assert sum(offset for offset, _ in committed.values()) == 3

    await make_again(settings)
    await commit_again(settings, committed)
    await publish(teller, range(10, 20))
    await opened.enter_async_context(bus_of(settings, "training").running(facts=listening(heard)))

    await until(all_heard(heard, range(10, 20)), what="the events after", within=PATIENCE_S)


async def committed_of(settings: SharedSettings) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return what the listening service has committed."""
    async with administering(settings) as admin:
        found = await admin.list_consumer_group_offsets(group_of("training", namespace=settings.namespace))
    return {place: committed for place, committed in found.items() if committed.offset > 0}


async def commit_again(settings: SharedSettings, committed: dict[TopicPartition, OffsetAndMetadata]) -> None:
    group = group_of("training", namespace=settings.namespace)
    async with AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, group_id=group, enable_auto_commit=False) as consumer:
        consumer.assign(list(committed))
        await consumer.commit(committed)


async def test_what_is_done_of_a_lost_log_is_not_committed_into_the_new_one(settings: SharedSettings, opened: AsyncExitStack) -> None:
    name, group = (
        topic_name(TrainingCancelRequested.topic, namespace=settings.namespace),
        group_of("training", namespace=settings.namespace),
    )
    teller = bus_of(settings, "gateway")
    await opened.enter_async_context(teller.running())
    consumer = Consumer(bootstrap_servers=settings.kafka_bootstrap, group_id=group, logs_every_s=0.0)
    # Not as a member of the group, which would lose its partitions while there is no topic.
    consumer.assign([TopicPartition(name, number) for number in range(6)])
    await consumer.start()
    opened.push_async_callback(consumer.stop)
    await publish(teller, range(1, 4))
    [(place, _)] = (await consumer.getmany()).items()
    lost = asyncio.Event()
    consumer.on_new_log = lambda _: lost.set()

    await make_again(settings)
    hearing = asyncio.create_task(consumer.getmany())
    await asyncio.wait_for(lost.wait(), PATIENCE_S)
    await consumer.commit({place: 3})

    assert await committed_of(settings) == {}
    await publish(teller, range(10, 12))
    assert [each.offset for each in (await hearing)[place]][:1] == [0]
    await consumer.commit({place: 1})
    assert [(offset, Mark.read(mark) is None) for offset, mark in (await committed_of(settings)).values()] == [(1, False)]


@pytest.mark.parametrize("listens", [True, False], ids=["listening", "away"])
async def test_a_log_that_was_cut_off_is_heard_from_where_it_begins_now(
    settings: SharedSettings, opened: AsyncExitStack, *, listens: bool
) -> None:
    heard: list[int] = []
    teller = bus_of(settings, "gateway")
    await opened.enter_async_context(teller.running())
    async with bus_of(settings, "training").running(facts=listening(heard)):
        await publish(teller, range(1, 4))
        await until(all_heard(heard, range(1, 4)), what="the events before")
        if listens:
            await cut_off(settings, teller)
            await publish(teller, range(10, 20))
            await until(all_heard(heard, range(10, 20)), what="the events after, by whom listened")
    if not listens:
        await cut_off(settings, teller)
        await publish(teller, range(10, 20))

    listener = bus_of(settings, "training")
    async with listener.running(facts=listening(heard)):
        await publish(teller, range(20, 22))
        await until(all_heard(heard, range(10, 22)), what="the events after", within=PATIENCE_S)
        told = listener.trouble

    assert [heard.count(number) for number in (*range(1, 4), *range(10, 22))] == [1] * 15
    # Who was away longer than a topic keeps its records says so, and what to do: the one of `cut_off` is gone for good.
    lost = "deleted before they were heard: 1 of training.cancel_requested"
    assert told == (None if listens else f"{lost}; what to do is in docs/guides/retention.md (modelbourse admin rebuild)")


async def cut_off(settings: SharedSettings, teller: KafkaBus) -> None:
    """Delete all that the topic holds: where nobody listens, an event that nobody has heard too."""
    await publish(teller, range(5, 6))
    name = topic_name(TrainingCancelRequested.topic, namespace=settings.namespace)
    async with administering(settings) as admin:
        await admin.delete_records({TopicPartition(name, number): RecordsToDelete(before_offset=-1) for number in range(6)})


def test_what_was_lost_is_told_for_a_day_and_counted_once_and_lost_heartbeats_need_nothing() -> None:
    clock = [datetime(2026, 1, 15, tzinfo=UTC)]
    lost, beats = LostRecords(namespace="", clock=lambda: clock[0]), TopicPartition("heartbeat.sent", 0)

    lost.note({PLACE: 10, beats: 5}, {PLACE: 10, beats: 900})
    assert lost.sentence is None
    for _ in range(2):
        lost.note({PLACE: 10}, {PLACE: 14})

    assert (lost.sentence or "").startswith("deleted before they were heard: 4 of training.completed;")
    clock[0] += timedelta(days=1, seconds=1)
    assert lost.sentence is None


def record(offset: int, time_ms: int) -> Any:
    return SimpleNamespace(offset=offset, timestamp=time_ms)


def test_a_mark_is_read_as_it_was_written_and_nothing_else_is() -> None:
    assert Mark.read(str(Mark(41, 1_764_374_400_000))) == Mark(41, 1_764_374_400_000)
    assert [Mark.read(other) for other in ("", "7", "7@", "-1@5", "7@5 or so", "9" * 19 + "@1")] == [None] * 6


@pytest.mark.parametrize(
    ("found", "shows"),
    [(record(7, 1000), True), (record(6, 1000), True), (record(0, 1001), False), (record(8, 1000), False), (None, False)],
    ids=["itself", "another of its millisecond", "an older place, a later time", "behind it", "nothing so late"],
)
def test_the_first_record_of_a_time_shows_that_a_log_is_the_same(found: Any, *, shows: bool) -> None:
    assert Mark(7, 1000).is_first(found) is shows


def test_a_log_is_marked_by_what_came_latest_and_only_after_the_mark_before_was_seen_again() -> None:
    marks = Marks()
    marks.note(PLACE, [record(0, 1000), record(1, 1003), record(2, 1002)])
    marks.note(PLACE, [record(3, 1001)])
    assert marks.seen == {PLACE: Mark(1, 1003)}
    newest = marks.newest
    marks.note(PLACE, [record(4, 1009)])

    marks.confirm(newest)
    assert marks.seen == {PLACE: Mark(1, 1003)}
    marks.confirm(marks.newest)
    assert marks.seen == {PLACE: Mark(4, 1009)}
    marks.begin(PLACE, None)
    marks.confirm(newest)
    assert marks.seen == {}


def test_a_partition_has_lost_its_mark_until_something_of_its_new_log_was_read() -> None:
    marks = Marks()
    marks.begin(PLACE, None)
    assert not marks.lost
    marks.note(PLACE, [record(0, 1000)])

    marks.begin(PLACE, None)

    assert set(marks.lost) == {PLACE}
    marks.note(PLACE, [record(0, -1)])
    assert not marks.lost


async def test_partitions_that_the_broker_does_not_give_keep_no_other_from_being_looked_at() -> None:
    places = [TopicPartition("training.completed", number) for number in range(5)]
    asked: list[int] = []

    async def look(place: TopicPartition) -> None:
        asked.append(place.partition)
        if place.partition < 3:
            await asyncio.Event().wait()

    turns = Turns(within_s=0.0, each_s=0.01)
    unknown = [{place.partition for place in await turns.look(places, look)} for _ in range(6)]

    assert asked == [0, 1, 2, 3, 4, 0]
    assert unknown == [{0, 1, 2, 3, 4}] * 3 + [{0, 1, 2, 4}, {0, 1, 2, 3}, {0, 1, 2, 3, 4}]
    patient = Turns(within_s=60.0, each_s=0.01)
    assert {place.partition for place in await patient.look(places, look)} == {0, 1, 2}
