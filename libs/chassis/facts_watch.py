"""Notices that a consumer has gone deaf: it is thought to listen, and events that lie there do not come.

A client may lose its way after an outage without saying so (a background task that ended, a rebalance that never did). Nothing else
would tell: its heartbeats go on, and its process lives.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from libs.chassis.lanes import Lanes

LOOK_EVERY_S: Final = 5.0
ANSWER_WITHIN_S: Final = 5.0
# A rebalance holds a consumer up for as long; its other members are given up after their session's 10 s.
LOOKS_IN_REBALANCE: Final = 6
# A broker that is away says nothing of the consumer; after this many looks a new one costs nothing, and may be what helps.
LOOKS_IN_SILENCE: Final = 4
# A minute, in which no handler has come to an end though there is no room for another message.
LOOKS_FULL: Final = 12
UNKNOWN: Final = -1


class Watch:
    """Looks at one consumer again and again."""

    def __init__(self, consumer: Any, *, look_every_s: float = LOOK_EVERY_S, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._consumer, self._look_every_s, self._answer_within_s = consumer, look_every_s, answer_within_s
        self._behind: Mapping[TopicPartition, int] = {}
        self._halted_looks = self._silent_looks = self._full_looks = self._finished = 0

    async def until_deaf(self, lanes: Callable[[], Lanes]) -> str:
        """Return what is wrong once something is: events lie there, and the consumer has not moved between two looks.

        `lanes` returns those that take what it hears now.
        """
        while True:
            await asyncio.sleep(self._look_every_s)
            if problem := await self._look(lanes()):
                return problem

    async def _look(self, lanes: Lanes) -> str | None:
        self._halted_looks = self._halted_looks + 1 if lanes.halted.is_set() else 0
        if self._halted_looks >= LOOKS_IN_REBALANCE:
            return "a rebalance does not end"
        if lanes.is_full and self._stands_still(lanes):
            return f"{lanes.finished} events were finished and then, with no room for more, none for {LOOKS_FULL * self._look_every_s:g} s"
        if lanes.halted.is_set() or lanes.is_full:
            self._behind = {}
            return None
        before, self._behind = self._behind, await self._partitions_behind()
        if self._silent_looks >= LOOKS_IN_SILENCE:
            return "the broker does not answer"
        stuck = [partition for partition, position in self._behind.items() if before.get(partition) == position]
        return f"events in {', '.join(f'{each.topic}-{each.partition}' for each in stuck)} are not heard" if stuck else None

    def _stands_still(self, lanes: Lanes) -> bool:
        """Tell busy from stuck: full lanes that finish something are busy."""
        self._full_looks = self._full_looks + 1 if lanes.finished == self._finished else 0
        self._finished = lanes.finished
        return self._full_looks >= LOOKS_FULL

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
