"""Produce: batches from a client, each partition's taken or refused by itself (versions 3 to 8)."""

import struct
import sys
from typing import Final

from deploy.local.broker.batches import Code, RefusedError
from deploy.local.broker.log import PartitionLog
from deploy.local.broker.topics import Topics
from deploy.local.broker.wire import INT32, Reader, text

WITH_LOG_START: Final = 5
WITH_RECORD_ERRORS: Final = 8
# Partition, error, offset of the first record; then when the broker stamped it, which it does not do.
PARTITION: Final = struct.Struct(">ihqq")
LOG_START: Final = struct.Struct(">q")
NO_OFFSET: Final = -1
NO_RECORD_ERRORS: Final = INT32.pack(0) + text(None)


def produce(topics: Topics, body: Reader, *, version: int) -> bytes | None:
    """Add a request's batches, once all of it is read, and return the answer; None when the client wants none (acks=0)."""
    body.text()  # A transaction's id: there are none.
    acks, _ = body.int16(), body.int32()
    asked = [(body.text() or "", [(body.int32(), body.blob() or b"") for _ in range(body.int32())]) for _ in range(body.int32())]
    parts: list[bytes] = [INT32.pack(len(asked))]
    grown: set[PartitionLog] = set()
    for name, partitions in asked:
        parts += (text(name), INT32.pack(len(partitions)))
        for number, records in partitions:
            code, offset, start = Code.NONE, NO_OFFSET, NO_OFFSET
            try:
                offset, log = topics.append(name, number, records)
            except RefusedError as error:
                code = error.code
            except OSError as error:  # The disk is full: nothing of it was kept.
                sys.stderr.write(f"records could not be kept: {error}\n")
                code = Code.KAFKA_STORAGE_ERROR
            else:
                start = log.start
                grown.add(log)
            parts.append(PARTITION.pack(number, code, offset, -1))
            if version >= WITH_LOG_START:
                parts.append(LOG_START.pack(start))
            if version >= WITH_RECORD_ERRORS:
                parts.append(NO_RECORD_ERRORS)
    parts.append(INT32.pack(0))
    for log in grown:
        log.wake()
    return b"".join(parts) if acks else None
