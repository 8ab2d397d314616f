"""Record batches as Kafka's producers send them (message format 2): the broker reads their headers and leaves the records alone.

Layout: https://kafka.apache.org/documentation/#recordbatch. The checksum begins after the offset, so giving a batch its place
in the log changes no byte that the checksum covers.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from aiokafka.record.util import calc_crc32c

HEADER: Final = struct.Struct(">qiibIhiqqqhii")
BASE_OFFSET: Final = struct.Struct(">q")
# The offset and the length itself lie before what the length counts.
BEFORE_LENGTH_ENDS: Final = 12
CHECKSUM: Final = struct.Struct(">I")
CHECKSUM_AT: Final = 17
CHECKED_FROM: Final = 21
MAGIC: Final = 2


class Code(IntEnum):
    """Kafka's error codes that this broker answers with (https://kafka.apache.org/protocol#protocol_error_codes)."""

    NONE = 0
    OFFSET_OUT_OF_RANGE = 1
    CORRUPT_MESSAGE = 2
    UNKNOWN_TOPIC_OR_PARTITION = 3
    MESSAGE_TOO_LARGE = 10
    INVALID_TOPIC = 17
    ILLEGAL_GENERATION = 22
    INCONSISTENT_GROUP_PROTOCOL = 23
    UNKNOWN_MEMBER_ID = 25
    INVALID_SESSION_TIMEOUT = 26
    REBALANCE_IN_PROGRESS = 27
    UNSUPPORTED_VERSION = 35
    TOPIC_ALREADY_EXISTS = 36
    INVALID_PARTITIONS = 37
    INVALID_REPLICATION_FACTOR = 38
    INVALID_CONFIG = 40
    INVALID_REQUEST = 42
    UNSUPPORTED_FOR_MESSAGE_FORMAT = 43
    OUT_OF_ORDER_SEQUENCE_NUMBER = 45
    KAFKA_STORAGE_ERROR = 56
    INVALID_RECORD = 87


class RefusedError(Exception):
    """A request, or a part of it, is answered with an error code."""

    def __init__(self, code: Code) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch and what its header says. `data` begins with the offset that the producer wrote, or after `placed` the log's."""

    data: bytes
    base_offset: int
    count: int
    max_timestamp_ms: int
    producer_id: int
    producer_epoch: int
    base_sequence: int

    @property
    def last_offset(self) -> int:
        """The offset of its last record."""
        return self.base_offset + self.count - 1

    def placed(self, offset: int) -> "Batch":
        """Return it as it lies in the log from this offset on."""
        data = BASE_OFFSET.pack(offset) + self.data[BASE_OFFSET.size :]
        return Batch(data, offset, self.count, self.max_timestamp_ms, self.producer_id, self.producer_epoch, self.base_sequence)


def read_produced(records: bytes) -> Batch:
    """Return the one batch that a producer may send to a partition at once. Raise RefusedError for anything else."""
    batches = list(read_batches(records))
    if len(batches) != 1:
        raise RefusedError(Code.INVALID_RECORD)
    (batch,) = batches
    *_, count = HEADER.unpack_from(records)
    if count != batch.count:
        raise RefusedError(Code.INVALID_RECORD)
    if CHECKSUM.unpack_from(records, CHECKSUM_AT)[0] != calc_crc32c(records[CHECKED_FROM:]):
        raise RefusedError(Code.CORRUPT_MESSAGE)
    return batch


def read_batches(records: bytes) -> Iterator[Batch]:
    """Yield the batches of a journal entry or a producer. Raise RefusedError for anything else."""
    place = 0
    while place < len(records):
        if len(records) - place < HEADER.size:
            raise RefusedError(Code.CORRUPT_MESSAGE)
        base, length, _, magic, _, _, last_delta, _, newest, producer, epoch, sequence, _ = HEADER.unpack_from(records, place)
        end = place + BEFORE_LENGTH_ENDS + length
        if magic != MAGIC:
            raise RefusedError(Code.UNSUPPORTED_FOR_MESSAGE_FORMAT)
        if end > len(records) or length < HEADER.size - BEFORE_LENGTH_ENDS or last_delta < 0:
            raise RefusedError(Code.CORRUPT_MESSAGE)
        yield Batch(records[place:end], base, last_delta + 1, newest, producer, epoch, sequence)
        place = end
