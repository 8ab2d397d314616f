"""aiokafka's fetcher with fewer steps between a broker's answer and who waits for its records.

A record that comes alone takes seven turns of the event loop in aiokafka, for most of which its own tasks wait for each other, and all
partitions are gone through twice.
"""

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer import consumer
from aiokafka.consumer.fetcher import Fetcher


class QuickFetcher(Fetcher):  # type: ignore[misc]  # untyped library
    """Tells those who wait as soon as there are records: the task that sends the next request finds them taken then."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        # By broker, what the request names that is on its way there.
        self._named: dict[int, set[TopicPartition]] = {}

    async def fetched_records(
        self,
        partitions: Collection[TopicPartition],
        timeout: float = 0,  # noqa: ASYNC109 - as in the library
        max_records: int | None = None,
    ) -> Any:
        """Return records by partition; none where none came in that time, or the fetcher was closed."""
        found = await super().fetched_records(partitions, 0, max_records)
        if found or not timeout:
            return found
        waiter = self._create_fetch_waiter()
        timer = self._loop.call_later(timeout, self._notify, waiter)
        try:
            await waiter  # It raises what keeps the group from being joined.
        finally:
            timer.cancel()
        return {} if self._closed else await super().fetched_records(partitions, 0, max_records)

    def _get_actions_per_node(self, assignment: Any) -> Any:
        """Leave out partitions about which a broker is being asked: nothing is done about these until it answers."""
        rest = assignment.tps.difference(*self._named.values())
        return super()._get_actions_per_node(SimpleNamespace(tps=rest, state_value=assignment.state_value))

    async def _proc_fetch_request(self, assignment: Any, node_id: int, request: Any) -> bool:
        self._named[node_id] = {TopicPartition(topic, each[0]) for topic, partitions in request.topics for each in partitions}
        try:
            found: bool = await super()._proc_fetch_request(assignment, node_id, request)
        finally:
            del self._named[node_id]
        if found:
            for waiter in self._fetch_waiters:
                self._notify(waiter)
        return found


def use_quick_fetcher() -> None:
    """Have aiokafka's consumers fetch so, in this process."""
    consumer.Fetcher = QuickFetcher
