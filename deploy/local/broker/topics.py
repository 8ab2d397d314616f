"""The broker's topics: made and deleted by clients, kept in a journal, emptied by age."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.local.broker.batches import Code, RefusedError, read_batches, read_produced
from deploy.local.broker.journal import Journal
from deploy.local.broker.log import PartitionLog

# As Apache Kafka has them (https://kafka.apache.org/documentation/#topicconfigs).
NAME: Final = re.compile(r"(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}")
ALL_RECORDS: Final = -1
RETENTION_MS: Final = 7 * 24 * 3600 * 1000
MESSAGE_BYTES: Final = 1_048_588
# Of a partition: the broker is for one machine, and keeps its records in memory.
MOST_BYTES: Final = 128 * 1024 * 1024
NUMBERS: Final = ("retention.ms", "retention.bytes", "max.message.bytes")
# What holds where a topic says nothing else.
DEFAULTS: Final = {
    "cleanup.policy": "delete",
    "retention.ms": str(RETENTION_MS),
    "retention.bytes": str(MOST_BYTES),
    "max.message.bytes": str(MESSAGE_BYTES),
}
NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
MOST_PARTITIONS: Final = 10_000
# A producer that has sent nothing for so long is not known any more.
PRODUCERS_KEPT_S: Final = 24 * 3600.0


@dataclass
class Topic:
    """A topic and its partitions."""

    name: str
    partitions: list[PartitionLog]
    configs: Mapping[str, str] = field(default_factory=dict)

    @property
    def retention_ms(self) -> int:
        """How long records are kept; negative: for ever."""
        return int(self.configs.get("retention.ms", RETENTION_MS))

    @property
    def most_bytes(self) -> int:
        """How many bytes of a partition are kept, in memory and in the journal."""
        asked = int(self.configs.get("retention.bytes", -1))
        return min(asked, MOST_BYTES) if asked >= 0 else MOST_BYTES

    @property
    def largest_batch(self) -> int:
        """How many bytes a batch may have."""
        return int(self.configs.get("max.message.bytes", MESSAGE_BYTES))


class Topics:
    """All topics. What changes is in the journal before it is seen."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._topics: dict[str, Topic] = {}

    def __iter__(self) -> Iterator[Topic]:
        """Every topic, in the order they were made."""
        return iter(self._topics.values())

    def get(self, name: str) -> Topic | None:
        """Return a topic, or None."""
        return self._topics.get(name)

    def partition(self, name: str, number: int) -> PartitionLog | None:
        """Return a partition, or None."""
        topic = self._topics.get(name)
        return topic.partitions[number] if topic and 0 <= number < len(topic.partitions) else None

    def create(self, name: str, *, partitions: int, replication: int, configs: Mapping[str, str], only_check: bool) -> None:
        """Make a topic (partitions, replication: -1 for the default of one). Raise RefusedError."""
        if not NAME.fullmatch(name):
            raise RefusedError(Code.INVALID_TOPIC)
        if name in self._topics:
            raise RefusedError(Code.TOPIC_ALREADY_EXISTS)
        if partitions != -1 and not 1 <= partitions <= MOST_PARTITIONS:
            raise RefusedError(Code.INVALID_PARTITIONS)
        if replication not in {-1, 1}:
            raise RefusedError(Code.INVALID_REPLICATION_FACTOR)
        _check(configs)
        if not only_check:
            entry = {"name": name, "starts": [0] * max(1, partitions), "configs": dict(configs)}
            self._journal.write("topic", entry)
            self.restore_topic(entry)

    def delete(self, name: str) -> None:
        """Delete a topic with all that it holds. Raise RefusedError."""
        if name not in self._topics:
            raise RefusedError(Code.UNKNOWN_TOPIC_OR_PARTITION)
        self._journal.write("deleted", {"name": name})
        self.restore_deleted({"name": name})

    def configure(self, name: str, configs: Mapping[str, str], *, only_check: bool) -> None:
        """Replace a topic's configuration. Raise RefusedError."""
        _check(configs)
        if not only_check:
            entry = {"name": name, "configs": dict(configs)}
            self._journal.write("configs", entry)
            self.restore_configs(entry)

    def append(self, name: str, number: int, records: bytes) -> tuple[int, PartitionLog]:
        """Add a producer's batch; return its offset and the partition, whose waiting fetches are not woken yet. Raise RefusedError."""
        log = self.partition(name, number)
        if log is None:
            raise RefusedError(Code.UNKNOWN_TOPIC_OR_PARTITION)
        if len(records) > self._topics[name].largest_batch:
            raise RefusedError(Code.MESSAGE_TOO_LARGE)
        offset, added = log.place(read_produced(records))
        if added:
            self._journal.write("records", {"name": name, "partition": number}, added.data)
            log.add([added])
        return offset, log

    def forget_below(self, name: str, number: int, offset: int) -> PartitionLog:
        """Drop what lies below an offset (whole batches; -1: everything) and return the partition. Raise RefusedError."""
        log = self.partition(name, number)
        if log is None:
            raise RefusedError(Code.UNKNOWN_TOPIC_OR_PARTITION)
        if not ALL_RECORDS <= offset <= log.end:
            raise RefusedError(Code.OFFSET_OUT_OF_RANGE)
        entry = {"name": name, "partition": number, "start": log.end if offset == ALL_RECORDS else offset}
        self._journal.write("start", entry)
        self.restore_start(entry)
        return log

    def forget_old(self) -> None:
        """Drop what is older than its topic's retention, and producers that have long sent nothing."""
        now_ms = int(time.time() * 1000)
        for topic in self:
            for log in topic.partitions:
                log.forget_producers(silent_for_s=PRODUCERS_KEPT_S)
                before_ms = now_ms - topic.retention_ms if topic.retention_ms >= 0 else 0
                log.forget(before_ms=before_ms, most_bytes=topic.most_bytes)

    def restore_topic(self, entry: Mapping[str, Any]) -> None:
        """Make a topic that the journal tells of."""
        logs = [PartitionLog(start=start) for start in entry["starts"]]
        self._topics[entry["name"]] = Topic(entry["name"], logs, entry["configs"])

    def restore_configs(self, entry: Mapping[str, Any]) -> None:
        """Configure a topic as the journal tells."""
        self._topics[entry["name"]].configs = entry["configs"]

    def restore_deleted(self, entry: Mapping[str, Any]) -> None:
        """Delete a topic that the journal tells the end of."""
        topic = self._topics.pop(entry["name"])
        for log in topic.partitions:
            log.gone = True
            log.wake()

    def restore_records(self, entry: Mapping[str, Any], records: bytes) -> None:
        """Add records that the journal holds."""
        log = self.partition(entry["name"], entry["partition"])
        if log is not None:
            log.add(read_batches(records))

    def restore_start(self, entry: Mapping[str, Any]) -> None:
        """Drop what the journal tells was dropped."""
        log = self.partition(entry["name"], entry["partition"])
        if log is not None:
            log.forget_below(entry["start"])

    def snapshot(self) -> Iterator[tuple[str, dict[str, Any], bytes]]:
        """Yield journal entries that make these topics again."""
        for topic in self:
            yield "topic", {"name": topic.name, "starts": [log.start for log in topic.partitions], "configs": dict(topic.configs)}, b""
            for number, log in enumerate(topic.partitions):
                for batch in log.content():
                    yield "records", {"name": topic.name, "partition": number}, batch.data


def _check(configs: Mapping[str, str]) -> None:
    """Raise RefusedError for a value that is no number where one is wanted."""
    if not all(NUMBER.fullmatch(configs.get(name, "0")) for name in NUMBERS):
        raise RefusedError(Code.INVALID_CONFIG)
