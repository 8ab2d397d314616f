"""The Kafka consumer of facts, asks, replies and dead letters: it waits for records, and no record keeps it from the next one.

aiokafka raises when a record's headers are no text, and again whenever its batch is read: the partition would stand still for ever.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition

from libs.chassis.logs import log

Records: TypeAlias = Mapping[TopicPartition, Sequence[Any]]
LOOK_MS: Final = 1000
# Members of a group are given up after the first, and say that they live every second.
IN_A_GROUP: Final = {"session_timeout_ms": 10_000, "heartbeat_interval_ms": 2_000}
UNREADABLE: Final = (ValueError, IndexError)  # the first has bytes that are no text among its kinds
MOST_AROUND: Final = 1000


class Consumer(AIOKafkaConsumer):  # type: ignore[misc]  # untyped library
    """Commits nothing by itself, and begins at the start of what has no committed offset: what a log holds then is all new."""

    def __init__(self, *topics: str, bootstrap_servers: str, group_id: str | None = None, **more: Any) -> None:
        settings = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "metadata_max_age_ms": 30_000}
        super().__init__(
            *topics, bootstrap_servers=bootstrap_servers, group_id=group_id, **settings | (IN_A_GROUP if group_id else {}) | more
        )

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = LOOK_MS, max_records: int | None = None) -> Records:
        """Return records as soon as there are some, however long that takes; those that cannot be read are passed over and told of."""
        while True:
            try:
                # Never with a shorter wait: FastStream pauses after a look that found nothing, for as long as the look may take.
                found: Records = await super().getmany(*partitions, timeout_ms=max(timeout_ms, LOOK_MS), max_records=max_records)
            except UNREADABLE as error:
                found = await self._read_around(error)
            if found:
                return found

    async def _read_around(self, error: Exception) -> Records:
        """Read what lies there one by one, and around the batch that cannot be read, in whichever partition that is.

        What the failed look had taken of other partitions is lost to the caller, so all begin again where they are committed: what
        comes twice changes nothing.
        """
        log().error("a record cannot be read", error=repr(error)[:200])
        found = {partition: await self._readable(partition) for partition in self.assignment()}
        return {partition: records for partition, records in found.items() if records}

    async def _readable(self, partition: TopicPartition) -> list[Any]:
        """Return the readable records from the committed offset to the end, and stand behind them."""
        await self._go_back(partition)
        readable: list[Any] = []
        end = (await self.end_offsets([partition]))[partition]
        while (position := await self.position(partition)) < end and len(readable) < MOST_AROUND:
            try:
                one: Records = await super().getmany(partition, timeout_ms=LOOK_MS, max_records=1)
                readable += one.get(partition, [])
            except UNREADABLE:
                # A batch is read from its first record on: until the next batch is reached, the same error comes again.
                log().error("a record is passed over", place=f"{partition.topic}-{partition.partition}", offset=position)
                self.seek(partition, position + 1)
        return readable

    async def _go_back(self, partition: TopicPartition) -> None:
        committed = await self.committed(partition) if self._group_id else None
        if committed is not None:
            self.seek(partition, committed)
        elif self._group_id:
            await self.seek_to_beginning(partition)


__all__ = ["Consumer", "Records"]
