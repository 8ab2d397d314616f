"""How far each consumer group of the platform is behind and who is in it, as the broker says: also of a group whose members all died."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code

from libs.chassis.bus.connection import client_arguments
from libs.chassis.bus.consumer import Consumer
from libs.chassis.bus.topics import topic_name
from libs.chassis.settings import SharedSettings
from libs.contracts.access import SERVICES, groups_of

ANSWER_WITHIN_MS: Final = 5_000
# Topics and partitions are looked up this seldom: they hardly ever change.
TOPICS_EVERY: Final = 20


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group by its name on the broker: records that it has not done with, and its members."""

    lag: int
    members: int


class GroupProbe:
    """Looks at all groups of the contracts; what it connects stays connected between looks. One look at a time."""

    def __init__(self, settings: SharedSettings) -> None:
        self._settings = settings
        self._groups = {
            topic_name(group, namespace=settings.namespace): {topic_name(name, namespace=settings.namespace) for name in topics}
            for service in SERVICES
            for group, topics in groups_of(service).items()
        }
        self._clients: tuple[AIOKafkaAdminClient, Consumer] | None = None
        self._coordinators: dict[str, int] = {}
        self._places: list[TopicPartition] = []
        self._looks = 0

    async def look(self) -> Mapping[str, GroupState]:
        """Return each group's state. Raise KafkaError, OSError or TimeoutError when the broker does not say: then all begins anew."""
        try:
            async with asyncio.timeout(2 * ANSWER_WITHIN_MS / 1000):
                return await self._look()
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Close all connections."""
        clients, self._clients = self._clients, None
        self._coordinators.clear()
        self._looks = 0
        if clients is not None:
            admin, consumer = clients
            with contextlib.suppress(KafkaError, OSError):
                await admin.close()
            with contextlib.suppress(KafkaError, OSError):
                await consumer.stop()

    async def _look(self) -> Mapping[str, GroupState]:
        admin, consumer = self._clients or await self._connect()
        if self._looks % TOPICS_EVERY == 0:
            read = {name for topics in self._groups.values() for name in topics}
            there = [topic for topic in await admin.describe_topics() if topic["topic"] in read]
            self._places = [TopicPartition(topic["topic"], each["partition"]) for topic in there for each in topic["partitions"]]
            consumer.assign(self._places)  # So that it looks for the leaders of all at once; nothing is read.
            consumer.pause(*self._places)
        self._looks += 1
        # Committed first: what is done meanwhile is no lag then, and none is below zero.
        members, committed = await self._members(admin), await self._committed(admin)
        ends = await consumer.end_offsets(self._places) if self._places else {}
        open_places = {group: self._open(topics, committed[group], ends) for group, topics in self._groups.items()}
        behind = sorted({place for places in open_places.values() for place in places})
        # Records that were deleted meanwhile wait for nobody.
        begins = await consumer.beginning_offsets(behind) if behind else {}
        return {
            group: GroupState(
                lag=sum(max(ends[place] - max(committed[group].get(place, 0), begins[place]), 0) for place in places),
                members=members[group],
            )
            for group, places in open_places.items()
        }

    def _open(self, topics: set[str], done: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> list[TopicPartition]:
        """Return the partitions in which a group has not done with all; where it has committed nothing it has done nothing."""
        return [place for place in self._places if place.topic in topics and done.get(place, 0) < ends[place]]

    async def _connect(self) -> tuple[AIOKafkaAdminClient, Consumer]:
        given = client_arguments(self._settings) | {"request_timeout_ms": ANSWER_WITHIN_MS}
        admin, consumer = AIOKafkaAdminClient(**given), Consumer(**given)
        self._clients = admin, consumer
        await admin.start()
        await consumer.start()
        return self._clients

    async def _members(self, admin: AIOKafkaAdminClient) -> dict[str, int]:
        """Return how many members each group has. Raise KafkaError."""
        for group in self._groups:
            if group not in self._coordinators:
                self._coordinators[group] = await admin.find_coordinator(group)
        # One at a time: aiokafka reads Apache Kafka's answer about several wrongly, as that of a version without each group's last field.
        return {group: await self._members_of(admin, group) for group in self._groups}

    async def _members_of(self, admin: AIOKafkaAdminClient, group: str) -> int:
        (answer,) = await admin.describe_consumer_groups([group], group_coordinator_id=self._coordinators[group])
        ((code, _, _, _, _, members, *_),) = answer.groups
        if code:
            raise for_code(code)(group)
        return len(members)

    async def _committed(self, admin: AIOKafkaAdminClient) -> dict[str, dict[TopicPartition, int]]:
        """Return how far each group has come, where it has committed. Raise KafkaError."""
        found = {}
        for group in self._groups:
            offsets = await admin.list_consumer_group_offsets(group, group_coordinator_id=self._coordinators[group])
            found[group] = {place: at.offset for place, at in offsets.items() if at.offset >= 0}
        return found
