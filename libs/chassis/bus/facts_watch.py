"""Notices that a consumer has gone deaf: it is thought to listen, and events that lie there do not come.

A client may lose its way after an outage without saying so (a background task that ended, a rebalance that never did). Nothing else
would show: its heartbeats go on, and its process lives.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from libs.chassis.bus.lanes import Lanes

LOOK_EVERY_S: Final = 5.0
ANSWER_WITHIN_S: Final = 5.0
# A rebalance holds a consumer up for as long; its other members are given up after their session's 10 s.
LOOKS_IN_REBALANCE: Final = 6
# A broker that is away says nothing of the consumer; after this many looks a new one costs nothing, and may be what helps.
LOOKS_IN_SILENCE: Final = 4
# A minute, in which no handler was begun or ended though there is no room for another message. One that is tried again and again is busy.
LOOKS_FULL: Final = 12
UNKNOWN: Final = -1


class Watch:
    """Looks at one consumer again and again."""

    def __init__(self, consumer: Any, *, look_every_s: float = LOOK_EVERY_S, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._consumer, self._look_every_s, self._answer_within_s = consumer, look_every_s, answer_within_s
        self._behind: Mapping[TopicPartition, int] = {}
        self._halted_looks = self._silent_looks = self._full_looks = self._activity = 0

    async def until_deaf(
        self, lanes: Callable[[], Lanes], *, activity: Callable[[], int] = lambda: 0, well: Callable[[], None] = lambda: None
    ) -> str:
        """Return what is wrong once something is: events lie there, and the consumer has not moved between two looks.

        `lanes` returns those that take what it hears now, `activity` how many handlers were begun and ended; `well` is called when two
        looks in a row have found nothing wrong.
        """
        looks = 0
        while True:
            await asyncio.sleep(self._look_every_s)
            if problem := await self._look(lanes(), activity=activity()):
                return problem
            looks += 1
            if looks > 1:
                well()

    async def _look(self, lanes: Lanes, *, activity: int) -> str | None:
        self._halted_looks = self._halted_looks + 1 if lanes.halted.is_set() else 0
        if self._halted_looks >= LOOKS_IN_REBALANCE:
            return "a rebalance does not end"
        self._full_looks = self._full_looks + 1 if lanes.is_full and activity == self._activity else 0
        self._activity = activity
        if self._full_looks >= LOOKS_FULL:
            return f"no handler was begun or has ended for {LOOKS_FULL * self._look_every_s:g} s, and there is no room for more"
        if lanes.halted.is_set() or lanes.is_full:
            self._behind = {}
            return None
        before, self._behind = self._behind, await self._partitions_behind()
        if self._silent_looks >= LOOKS_IN_SILENCE:
            return "the broker does not answer"
        stuck = [partition for partition, position in self._behind.items() if before.get(partition) == position]
        return f"events in {', '.join(f'{each.topic}-{each.partition}' for each in stuck)} are not heard" if stuck else None

    async def _partitions_behind(self) -> dict[TopicPartition, int]:
        """Return the position in each partition whose end lies elsewhere: ahead, or behind it when the broker has lost its log."""
        assigned = list(self._consumer.assignment())
        try:
            ends = await asyncio.wait_for(self._consumer.end_offsets(assigned), self._answer_within_s) if assigned else {}
        except (KafkaError, TimeoutError):
            self._silent_looks += 1
            return {}
        self._silent_looks = 0
        positions = await asyncio.gather(*(self._position(partition) for partition in assigned))
        return {partition: position for partition, position in zip(assigned, positions, strict=True) if position != ends[partition]}

    async def _position(self, partition: TopicPartition) -> int:
        try:
            position: int = await asyncio.wait_for(self._consumer.position(partition), self._answer_within_s)
        except (KafkaError, TimeoutError):
            return UNKNOWN  # Taken away meanwhile, or where to begin is not known: at two looks in a row that is a sign.
        return position
