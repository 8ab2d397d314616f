"""Records that a topic deleted before a service heard them: it was away, or behind, for longer than the topic keeps them.

Nothing brings them back. They are counted and, for a day, told by the heartbeats, so that people build anew what hangs on them.
"""

from collections import Counter as Counts
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from aiokafka import TopicPartition
from prometheus_client import Counter

from libs.chassis.bus.topics import contract_name
from libs.chassis.logs import log
from libs.contracts.envelope import now
from libs.contracts.monitoring import HeartbeatSent

LOST: Final = Counter(
    "modelbourse_events_lost", "Records that a topic deleted before the service heard them, by topic.", ["topic"], registry=None
)
TOLD_FOR: Final = timedelta(days=1)
# The next one tells all that the last one did.
NO_LOSS: Final = frozenset({HeartbeatSent.topic})


class LostRecords:
    """What was lost lately, by topic."""

    def __init__(self, *, namespace: str, clock: Callable[[], datetime] = now) -> None:
        self._namespace, self._clock = namespace, clock
        self._counts, self._began = Counts[str](), dict[TopicPartition, int]()
        self._at: datetime | None = None

    def note(self, committed: Mapping[TopicPartition, int], begins: Mapping[TopicPartition, int]) -> None:
        """Compare where a service had come to with where its partitions begin now; what was counted is not counted again."""
        for place, offset in committed.items():
            lost = begins[place] - max(offset, self._began.get(place, 0))
            if lost <= 0:
                continue
            self._began[place] = begins[place]
            topic = contract_name(place.topic, namespace=self._namespace)
            LOST.labels(topic).inc(lost)
            log().error("records were deleted before they were heard", topic=topic, partition=place.partition, count=lost)
            if topic not in NO_LOSS:
                self._counts[topic] += lost
                self._at = self._clock()

    @property
    def sentence(self) -> str | None:
        """Say what was lost within the last day, and what to do; None for nothing."""
        if self._at is None or self._clock() - self._at > TOLD_FOR:
            return None
        lost = ", ".join(f"{count} of {topic}" for topic, count in sorted(self._counts.items()))
        return f"deleted before they were heard: {lost}; what to do is in docs/guides/retention.md (modelbourse admin rebuild)"
