"""What each service needs of Kafka, and no more: topics that it reads and writes, and its consumer groups."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from libs.contracts.names import did_you_mean
from libs.contracts.topics import ASKS, EVENTS, REPLIES, Topic, every_topic

SERVICES: Final = ("gateway", "training", "inference", "marketplace", "monitoring")
EVERY: Final = "every service"
# Hears the dead letters of all, and sends them again to where they came from.
KEEPER: Final = "gateway"
# Looks how far every group is behind, and who is in it.
WATCHER: Final = "monitoring"


@dataclass(frozen=True, slots=True)
class Access:
    """The least that a service needs: names as in the contracts, without a namespace, sorted.

    Reading and writing bring the right to describe a topic. Nobody needs the right to make or change one, unless services are to make
    the topics themselves. `replays` are topics that it writes only where an admin sends a dead letter again. `describes` and
    `describes_groups` are others' topics and groups that it looks at without reading: how far they are behind.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    replays: tuple[str, ...]
    groups: tuple[str, ...]
    describes: tuple[str, ...] = ()
    describes_groups: tuple[str, ...] = ()

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic that it reads or writes."""
        named = {*self.reads, *self.writes, *self.replays}
        return tuple(topic for topic in every_topic() if topic.name in named)


def access_of(service: str) -> Access:
    """Return what a service needs. Raise ValueError, with the nearest name, for one that there is not."""
    if service not in SERVICES:
        msg = f"There is no service '{service}'; there are {', '.join(SERVICES)}.{did_you_mean(service, SERVICES)}"
        raise ValueError(msg)
    heard = [topic for topic in EVENTS.values() if service in topic.consumers]
    answered = [topic for topic in ASKS.values() if service in topic.consumers]
    told = [topic for topic in (*EVENTS.values(), *ASKS.values()) if topic.producer in (service, EVERY)]
    reads = {topic.name for topic in (*heard, *answered)}
    # What cannot be handled is set aside by who hears it; an event that cannot be sent, by who tells it.
    events_told = [topic for topic in told if topic in EVENTS.values()]
    writes = {topic.name for topic in told} | {topic.dead for topic in (*heard, *answered, *events_told)}
    writes |= {REPLIES} if answered else set()
    reads |= {REPLIES} if any(topic.producer == service for topic in ASKS.values()) else set()
    replays: set[str] = set()
    if service == KEEPER:
        kept = [topic for topic in every_topic() if topic.name.endswith(".dead")]
        reads |= {topic.name for topic in kept}
        replays = {topic.name.removesuffix(".dead") for topic in kept} - writes
    groups = groups_of(service)
    watched = {group: topics for each in SERVICES for group, topics in groups_of(each).items()} if service == WATCHER else {}
    describes = {name for topics in watched.values() for name in topics} - reads - writes
    return Access(
        _sorted(reads), _sorted(writes), _sorted(replays), _sorted(groups), _sorted(describes), _sorted(watched.keys() - groups.keys())
    )


def groups_of(service: str) -> dict[str, tuple[str, ...]]:
    """Return the topics that each consumer group of a service reads."""
    heard = _sorted(topic.name for topic in EVENTS.values() if service in topic.consumers)
    answered = _sorted(topic.name for topic in ASKS.values() if service in topic.consumers)
    dead = _sorted(topic.name for topic in every_topic() if topic.name.endswith(".dead")) if service == KEEPER else ()
    traffic = {"": heard, ".asks": answered, ".dead": dead}
    return {f"{group_name(service)}{name}": topics for name, topics in traffic.items() if topics}


def group_name(service: str) -> str:
    """Return the consumer group of a service's events; its other traffic has a suffix."""
    return f"modelbourse.{service}"


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
