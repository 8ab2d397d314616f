"""Topics that a consumer fetches on connections of their own.

A broker takes one request of a connection at a time, and aiokafka asks each broker for all of its partitions at once: a record that comes
alone costs a fetch that names all others, in both, and an answer that does.
"""

from collections.abc import Collection
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.cluster import ClusterMetadata

# Added to the number of a broker where a connection of its own is meant. Numbers of brokers are far below: they are 32 bits, signed.
APART: Final = 1 << 32


class ClusterApart(ClusterMetadata):  # type: ignore[misc]  # untyped library
    """Says that some topics are led by brokers of other numbers, which have the same addresses.

    All that a client of Kafka keeps by broker (its connection, what is on its way) is then apart for these topics.
    """

    def __init__(self, topics: Collection[str], **more: Any) -> None:
        super().__init__(**more)
        self._apart = frozenset(topics)

    def leader_for_partition(self, partition: TopicPartition) -> int | None:
        """Return the number of the leader, -1 where there is none at present, None where it is not known."""
        leader: int | None = super().leader_for_partition(partition)
        return leader + APART if leader is not None and leader >= 0 and partition.topic in self._apart else leader

    def broker_metadata(self, broker_id: Any) -> Any:
        """Return where a broker is, None where that is not known. `broker_id` may be a name: that of one to begin with."""
        return super().broker_metadata(broker_id - APART if isinstance(broker_id, int) and broker_id >= APART else broker_id)
