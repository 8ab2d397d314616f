"""`python -m libs.contracts.kafka_commands`: what whoever administers a Kafka types to make the topics, and allow each service its own."""

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from libs.contracts.access import SERVICES, access_of
from libs.contracts.topics import every_topic


def topic_commands(*, namespace: str, replication: int) -> Iterator[str]:
    """Yield a command for each topic: partitions, copies, how long records stay."""
    for topic in every_topic():
        configured = " ".join(f"--config {name}={value}" for name, value in topic.configuration.items())
        size = f"--partitions {topic.partitions} --replication-factor {replication}"
        yield f"kafka-topics.sh {PLACE} --create --if-not-exists --topic {_named(topic.name, namespace)} {size} {configured}"


def access_commands(*, namespace: str) -> Iterator[str]:
    """Yield commands that allow each service, as the user of its name, what it needs."""
    for service in SERVICES:
        access = access_of(service)
        for operation, kind, names in (
            ("Read", "topic", access.reads),
            ("Write", "topic", (*access.writes, *access.replays)),
            ("Read", "group", access.groups),
            ("Describe", "topic", access.describes),
            ("Describe", "group", access.describes_groups),
        ):
            if not names:
                continue
            things = " ".join(f"--{kind} {_named(name, namespace)}" for name in names)
            yield f"kafka-acls.sh {PLACE} --add --allow-principal User:{service} --operation {operation} {things}"


PLACE: Final = '--bootstrap-server "$KAFKA_BOOTSTRAP" --command-config "$KAFKA_ADMIN_PROPERTIES"'


def _named(name: str, namespace: str) -> str:
    return shlex.quote(f"{namespace}.{name}" if namespace else name)


def main(arguments: Sequence[str]) -> None:
    """Print the commands."""
    parser = argparse.ArgumentParser(description="Print the commands that make the topics and the access lists.")
    parser.add_argument("--namespace", default="", help="the platform's NAMESPACE, if it has one")
    parser.add_argument("--replication", type=int, default=1, help="copies of each topic: 3 on a cluster of three brokers or more")
    given = parser.parse_args(arguments)
    lines = [*topic_commands(namespace=given.namespace, replication=given.replication), *access_commands(namespace=given.namespace)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
