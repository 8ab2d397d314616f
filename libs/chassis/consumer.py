"""The Kafka consumer of facts, asks, replies and dead letters: it waits for records, and no record keeps it from the next one.

aiokafka raises when a record's headers are no text or its batch does not unpack, and again whenever that is read: the partition would
stand still for ever.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, KafkaError, UnsupportedCodecError

from libs.chassis.logs import log

Records: TypeAlias = Mapping[TopicPartition, Sequence[Any]]
LOOK_MS: Final = 1000
# A member that is not heard of for 10 s loses its partitions to the others; a heartbeat every 2 s leaves room for four lost ones.
IN_A_GROUP: Final = {"session_timeout_ms": 10_000, "heartbeat_interval_ms": 2_000}
MOST_AROUND: Final = 1000


def _is_unreadable(error: Exception) -> bool:
    """Distinguish an error of a batch's content (its checksum, compression or headers) from one of the connection, the group or a stop."""
    if isinstance(error, CorruptRecordException | UnsupportedCodecError):
        return True
    return not isinstance(error, KafkaError | ConsumerStoppedError | TimeoutError | ConnectionError)


class Consumer(AIOKafkaConsumer):  # type: ignore[misc]  # untyped library
    """Commits nothing by itself, and begins at the start of what has no committed offset: what a log holds then is all new."""

    def __init__(self, *topics: str, bootstrap_servers: str, group_id: str | None = None, **more: Any) -> None:
        settings = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "metadata_max_age_ms": 30_000}
        super().__init__(
            *topics, bootstrap_servers=bootstrap_servers, group_id=group_id, **settings | (IN_A_GROUP if group_id else {}) | more
        )
        self._given: dict[TopicPartition, int] = {}
        # Told of a partition whose log began again: the broker lost it, or its topic was deleted and made anew.
        self.on_new_log: Callable[[TopicPartition], None] = lambda _: None

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = LOOK_MS, max_records: int | None = None) -> Records:
        """Return records as soon as there are some, however long that takes; those that cannot be read are passed over and logged."""
        while True:
            try:
                # Never with a shorter wait: FastStream pauses after a look that found nothing, for as long as the look may take.
                found: Records = await super().getmany(*partitions, timeout_ms=max(timeout_ms, LOOK_MS), max_records=max_records)
            except Exception as error:
                if not _is_unreadable(error):
                    raise
                log().error("a record cannot be read", error=repr(error)[:200])
                found = await self._read_around()
            if found:
                self._notice_new_logs(found)
                self._given.update((place, records[-1].offset + 1) for place, records in found.items())
                return found

    def forget_given(self) -> None:
        """Forget how far records were given to the caller: what was in its hands is no longer, and comes again from what is committed."""
        self._given.clear()

    def _notice_new_logs(self, found: Records) -> None:
        """Tell of partitions whose records come from before what was given already: only a log that was made anew has them."""
        for place, records in found.items():
            if records[0].offset < self._given.get(place, 0):
                log().warning("the broker has a new log: it is heard from the start", place=f"{place.topic}-{place.partition}")
                self.on_new_log(place)

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
