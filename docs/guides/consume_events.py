"""An external consumer: keeps what your trainings and sales came to in a SQLite file, correct however often it is killed.

    python docs/guides/consume_events.py --bootstrap 127.0.0.1:9092 --database events.sqlite

It needs `aiokafka` and nothing of Modelbourse. A broker that asks for more than an address is described by the environment, in the words of
docs/guides/security.md: KAFKA_SECURITY_PROTOCOL, KAFKA_USERNAME, KAFKA_PASSWORD, KAFKA_CA_FILE and so on. docs/guides/consume-events.md
explains it.
"""

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import ssl
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaConnectionError

# Any of docs/events.md. A topic that does not exist yet is waited for.
TOPICS: Final = ("training.completed", "training.failed", "training.cancelled", "credits.purchased")
GROUP: Final = "example-consumer"
TABLES: Final = """
CREATE TABLE IF NOT EXISTS things (
    source TEXT, id TEXT, sequence INTEGER, event TEXT, occurred_at TEXT, body TEXT, PRIMARY KEY (source, id)
);
CREATE TABLE IF NOT EXISTS refused (topic TEXT, part INTEGER, place INTEGER, why TEXT, value BLOB, PRIMARY KEY (topic, part, place));
"""
# An event is taken up when it is newer than what was seen of its thing: so a message that comes twice, or late, changes nothing.
UPSERT: Final = """
INSERT INTO things VALUES (:source, :id, :sequence, :event, :occurred_at, :body)
ON CONFLICT (source, id) DO UPDATE SET sequence = :sequence, event = :event, occurred_at = :occurred_at, body = :body
WHERE excluded.sequence > things.sequence
"""


def keep(database: sqlite3.Connection, records: Iterable[ConsumerRecord]) -> int:
    """Write what the records say in one transaction; return how many of them were news."""
    news = 0
    with database:
        for record in records:
            headers = {name: value.decode() for name, value in record.headers}
            try:
                event = json.loads(record.value)
                row = {
                    "source": headers["ce_source"],
                    "id": headers["ce_subject"],
                    "sequence": event["sequence"],
                    "event": headers["ce_type"],
                    "occurred_at": event["occurred_at"],
                    "body": json.dumps(event),
                }
            except (ValueError, KeyError, TypeError) as error:
                # What cannot be read is put aside: stopping would hold up everything after it, passing over it would lose it.
                place = (record.topic, record.partition, record.offset)
                database.execute("INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)", (*place, repr(error), record.value))
                continue
            changed = database.execute(UPSERT, row).rowcount
            news += changed
            if changed:
                print(f"{row['occurred_at']}  {row['event']:22} {row['id']}", flush=True)
    return news


def security(given: Mapping[str, str]) -> dict[str, Any]:
    """Return how the broker is spoken to, by the environment: in the clear, encrypted, with a login, with a certificate."""
    protocol = given.get("KAFKA_SECURITY_PROTOCOL") or "PLAINTEXT"
    arguments: dict[str, Any] = {"security_protocol": protocol}
    if protocol.endswith("SSL"):
        arguments["ssl_context"] = ssl.create_default_context(cafile=given.get("KAFKA_CA_FILE") or None)
        if given.get("KAFKA_CERT_FILE"):
            arguments["ssl_context"].load_cert_chain(given["KAFKA_CERT_FILE"], given.get("KAFKA_KEY_FILE") or None)
    if protocol.startswith("SASL_"):
        arguments["sasl_mechanism"] = given.get("KAFKA_SASL_MECHANISM") or "SCRAM-SHA-512"
        arguments["sasl_plain_username"], arguments["sasl_plain_password"] = given["KAFKA_USERNAME"], given["KAFKA_PASSWORD"]
    return arguments


async def follow(bootstrap: str, *, database: sqlite3.Connection, namespace: str) -> None:
    """Consume until cancelled. Offsets are committed after the rows are: a crash in between brings messages twice, which is harmless."""
    prefix = f"{namespace}." if namespace else ""
    consumer = AIOKafkaConsumer(
        *(f"{prefix}{topic}" for topic in TOPICS),
        bootstrap_servers=bootstrap,
        **security(os.environ),
        group_id=GROUP,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
        while True:
            batches = await consumer.getmany(timeout_ms=1000, max_records=500)
            for records in batches.values():
                keep(database, records)
            if batches:
                await consumer.commit()
    finally:
        await consumer.stop()


async def main() -> None:
    """Read the arguments, and follow until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True, help="the broker's address: `kafka` in `make status JSON=1`")
    parser.add_argument("--database", default="events.sqlite", help="where to keep what was heard")
    parser.add_argument("--namespace", default="", help="the platform's NAMESPACE, if it has one")
    given = parser.parse_args()
    database = sqlite3.connect(given.database)
    database.executescript(TABLES)
    following = asyncio.create_task(follow(given.bootstrap, database=database, namespace=given.namespace))
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, following.cancel)
    await asyncio.wait([following])
    database.close()
    if not following.cancelled():
        try:
            following.result()
        except KafkaConnectionError:
            parser.exit(
                1, f"No broker at {given.bootstrap} takes us: `make status` shows where it is; the line before says why one refuses.\n"
            )


if __name__ == "__main__":
    asyncio.run(main())
