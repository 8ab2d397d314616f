"""The Kafka consumer of facts, asks, replies and dead letters: it waits for records, and no record keeps it from the next one.

aiokafka raises when a record's headers are no text or its batch does not unpack, and again whenever that is read: the partition would
stand still for ever.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, KafkaError, UnsupportedCodecError

from libs.chassis.bus.apart import ClusterApart
from libs.chassis.bus.fetch_codec import use_quick_codec
from libs.chassis.bus.log_marks import Mark, Marks, Turns
from libs.chassis.bus.meters import LAG
from libs.chassis.bus.quick_fetcher import use_quick_fetcher
from libs.chassis.logs import log

use_quick_codec()
use_quick_fetcher()
Records: TypeAlias = Mapping[TopicPartition, Sequence[Any]]
LOOK_MS: Final = 1000
# A member that is not heard of for 10 s loses its partitions to the others; a heartbeat every 2 s leaves room for four lost ones.
IN_A_GROUP: Final = {"session_timeout_ms": 10_000, "heartbeat_interval_ms": 2_000}
MOST_AROUND: Final = 1000
# So often it is looked whether logs are still those that were read from, and so long the answers are waited for: where records begin and
# end, then the record of one partition, and of others for a second in all. Nothing is heard meanwhile, and a consumer that stands still for
# two looks of its watch (facts_watch.py, every 5 s) is taken for deaf.
LOGS_EVERY_S: Final = 10.0
LOOK_FOR_TOPICS_EVERY_S: Final = 1.0
LOGS_WITHIN_S: Final = 2.0
RECORDS_WITHIN_S: Final = 1.0
RECORD_WITHIN_S: Final = 1.5


def _is_unreadable(error: Exception) -> bool:
    """Distinguish an error of a batch's content (its checksum, compression or headers) from one of the connection, the group or a stop."""
    if isinstance(error, CorruptRecordException | UnsupportedCodecError):
        return True
    return not isinstance(error, KafkaError | ConsumerStoppedError | TimeoutError | ConnectionError)


class Consumer(AIOKafkaConsumer):  # type: ignore[misc]  # untyped library
    """Commits nothing by itself, and begins at the start of what has no committed offset: what a log holds then is all new.

    With `logs_every_s` it looks, when it gets a partition and then as often as that, whether the log is the one that was read from before
    (log_marks.py), and hears one that was made anew from its start. Topics that are `apart` are fetched on connections of their own.
    """

    def __init__(
        self,
        *topics: str,
        bootstrap_servers: str,
        group_id: str | None = None,
        logs_every_s: float | None = None,
        apart: Collection[str] = (),
        **more: Any,
    ) -> None:
        settings = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "metadata_max_age_ms": 30_000}
        super().__init__(
            *topics, bootstrap_servers=bootstrap_servers, group_id=group_id, **settings | (IN_A_GROUP if group_id else {}) | more
        )
        if apart:
            self._client.cluster = ClusterApart(apart, metadata_max_age_ms=settings["metadata_max_age_ms"])
        self._logs_every_s, self._marks, self._looked_at, self._looks_for_topics_at = logs_every_s, Marks(), 0.0, 0.0
        self._turns = Turns(within_s=RECORDS_WITHIN_S, each_s=RECORD_WITHIN_S)
        self._known: set[TopicPartition] = set()
        self._given: dict[TopicPartition, int] = {}
        # Where this group had come to in partitions that it has got, and of which it is not known yet whether they begin behind that.
        self._committed: dict[TopicPartition, int] = {}
        # Called with those, and with where they begin.
        self.on_begin: Callable[[Mapping[TopicPartition, int], Mapping[TopicPartition, int]], None] = lambda _, __: None
        # Called with a partition whose log began again: the broker lost it, or its topic was deleted and made anew.
        self.on_new_log: Callable[[TopicPartition], None] = lambda _: None
        # Asked for the first record of a partition that was given and is not handled; None where all were.
        self.first_open: Callable[[TopicPartition], int | None] = lambda _: None
        self.group = group_id or ""
        if group_id:
            LAG.listeners.add(self)

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = LOOK_MS, max_records: int | None = None) -> Records:
        """Return records as soon as there are some, however long that takes; those that cannot be read are passed over and logged."""
        while True:
            if self._logs_every_s is not None:
                await self._know_logs(self._logs_every_s)
            try:
                # Never with a shorter wait: FastStream pauses after a look that found nothing, for as long as the look may take.
                found: Records = await super().getmany(*partitions, timeout_ms=max(timeout_ms, LOOK_MS), max_records=max_records)
            except Exception as error:
                if not _is_unreadable(error):
                    raise
                log().error("a record cannot be read", error=repr(error)[:200])
                found = await self._read_around()
            if self._logs_every_s is not None:
                found = self._of_known_logs(found)
            self._look_for_topics()
            if found:
                self._note(found)
                return found

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit offsets of partitions that are still assigned, each with the mark of the log that it is of.

        One of a log that is no more is left out: without its mark, it would be taken for a place in the new one.
        """
        marks, places = self._marks.seen, self.assignment() - set(self._marks.lost)
        marked = {place: (offset, str(marks.get(place, ""))) for place, offset in offsets.items() if place in places}
        if marked:
            await super().commit(marked)

    async def stop(self) -> None:
        """Leave the group; what it had not handled is another's lag from now on."""
        LAG.listeners.discard(self)
        await super().stop()

    def lag(self) -> Mapping[str, int]:
        """Return by topic how many records are not handled yet, as far as the broker's last answer says; it is not asked for this."""
        assigned = self._subscription.subscription and self._subscription.subscription.assignment
        found: dict[str, int] = {}
        for place in assigned.tps if assigned else ():
            state = assigned.state_value(place)
            if state.has_valid_position and state.highwater is not None:
                first = self.first_open(place)
                done = state.position if first is None else min(first, state.position)
                found[place.topic] = found.get(place.topic, 0) + max(state.highwater - done, 0)
        return found

    def forget_given(self) -> None:
        """Forget how far records were given to the caller: what was in its hands is no longer, and comes again from what is committed."""
        self._given.clear()

    def _look_for_topics(self) -> None:
        """Look again while a subscribed topic is not there: until aiokafka does, in half a minute, its partitions are given to nobody."""
        present, cluster = time.monotonic(), self._client.cluster
        if present < self._looks_for_topics_at:
            return
        self._looks_for_topics_at = present + LOOK_FOR_TOPICS_EVERY_S
        # Of those that it may not hear the broker never says more.
        if any(cluster.partitions_for_topic(topic) is None for topic in self.subscription() - cluster.unauthorized_topics):
            self._client.force_metadata_update()

    def _note(self, found: Records) -> None:
        """Note what is given. Records from before what was given already are of a log that was made anew."""
        for place, records in found.items():
            if records[0].offset < self._given.get(place, 0):
                self._begin_log(place)
            self._given[place] = records[-1].offset + 1
            if self._logs_every_s is not None:
                self._marks.note(place, records)

    def _begin_log(self, place: TopicPartition) -> None:
        log().warning("the broker has a new log: it is heard from the start", place=f"{place.topic}-{place.partition}")
        self._given.pop(place, None)
        self._marks.begin(place, None)
        self.on_new_log(place)

    async def _know_logs(self, every_s: float) -> None:
        """Read the marks of partitions that were not this consumer's before, and look now and then whether logs still have theirs."""
        assigned = set(self.assignment())
        if new := assigned - self._known:
            committed = await self._coordinator.fetch_committed_offsets(list(new))
            for place in new:
                self._marks.begin(place, Mark.read(committed[place].metadata) if place in committed else None)
            self._committed |= {place: committed[place].offset for place in new if place in committed}
        elif time.monotonic() - self._looked_at < every_s:
            return
        self._known, self._looked_at = assigned, time.monotonic()
        self._marks.keep(assigned)
        self._given = {place: offset for place, offset in self._given.items() if place in assigned}
        try:
            await self._look_at_logs()
            await self._look_at_begins()
        except (KafkaError, TimeoutError) as error:
            log().info("whether logs are still the same is not known yet", error=repr(error)[:200])

    async def _look_at_logs(self) -> None:
        marks, newest = dict(self._marks.seen), self._marks.newest
        async with asyncio.timeout(LOGS_WITHIN_S):
            found = await self.offsets_for_times({place: mark.time_ms for place, mark in marks.items()})
            doubtful = [place for place, mark in marks.items() if not mark.is_first(found[place])]
            begins, ends = (await self.beginning_offsets(doubtful), await self.end_offsets(doubtful)) if doubtful else ({}, {})

        async def look(place: TopicPartition) -> None:
            # A mark whose time is over, or that was deleted with what lay before it, stays until there is a newer one.
            if marks[place].offset >= begins[place] and (marks[place].offset >= ends[place] or await self._is_another(place, marks[place])):
                self._begin_log(place)
                await self.seek_to_beginning(place)

        unknown = await self._turns.look(doubtful, look)
        self._marks.confirm({place: mark for place, mark in newest.items() if place not in unknown})

    async def _look_at_begins(self) -> None:
        """Tell where partitions begin that came to this consumer, but for those of a log that is no more."""
        mine = {place: offset for place, offset in self._committed.items() if place in self._known and place not in self._marks.lost}
        self._committed = mine
        if mine:
            async with asyncio.timeout(LOGS_WITHIN_S):
                begins = await self.beginning_offsets(list(mine))
            self._committed = {}
            self.on_begin(mine, begins)

    async def _is_another(self, place: TopicPartition, mark: Mark) -> bool:
        """Read the record where the mark was, and return whether it is another one; one that cannot be read is."""
        record = await self._record_at(place, mark.offset)
        return record is None or (record.offset == mark.offset and record.timestamp != mark.time_ms)

    async def _record_at(self, place: TopicPartition, offset: int) -> Any | None:
        """Return the first record from there on, None when it cannot be read. Raise TimeoutError when the broker does not give it."""
        position = await self.position(place)
        assigned = self._subscription.subscription.assignment
        self.seek(place, offset)
        try:
            found: Records = await super().getmany(place, timeout_ms=LOOK_MS, max_records=1)
        except Exception as error:
            if not _is_unreadable(error):
                raise
            return None
        finally:
            # A partition that was given anew meanwhile begins where it was committed.
            if self._subscription.subscription.assignment is assigned:
                self.seek(place, position)
        if place not in found:
            raise TimeoutError
        return found[place][0]

    def _of_known_logs(self, found: Records) -> Records:
        """Leave out partitions that became this consumer's just now: their records come again once their logs are known."""
        for place in (found.keys() - self._known) & self.assignment():
            self.seek(place, found[place][0].offset)
        return {place: records for place, records in found.items() if place in self._known}

    async def _read_around(self) -> Records:
        """Read what lies there one by one, and around the batch that cannot be read, in whichever partition that is.

        What the failed look had taken of other partitions was given to nobody, so each begins again where its last was given.
        """
        found = {place: await self._readable(place) for place in sorted(self.assignment())}
        return {place: records for place, records in found.items() if records}

    async def _readable(self, place: TopicPartition) -> list[Any]:
        """Return the readable records from the last that was given to the end, so many at most, and stand behind them."""
        await self._go_back(place)
        readable: list[Any] = []
        end = (await self.end_offsets([place]))[place]
        while (position := await self.position(place)) < end and len(readable) < MOST_AROUND:
            try:
                one: Records = await super().getmany(place, timeout_ms=LOOK_MS, max_records=1)
            except Exception as error:
                if not _is_unreadable(error):
                    raise
                # A batch is read from its first record on: until the next batch is reached, the same error comes again.
                log().error("a record is passed over", place=f"{place.topic}-{place.partition}", offset=position)
                self.seek(place, position + 1)
            else:
                if not one:
                    break  # The partition is gone, or its log was cut off meanwhile.
                readable += one[place]
        return readable

    async def _go_back(self, place: TopicPartition) -> None:
        if place in self._given:
            self.seek(place, self._given[place])
        elif self._group_id:
            committed = await self.committed(place)
            if committed is not None:
                self.seek(place, committed)
            else:
                await self.seek_to_beginning(place)


__all__ = ["Consumer", "Records"]
