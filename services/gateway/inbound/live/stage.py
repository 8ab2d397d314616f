"""The stage: what is broadcast reaches those of this gateway's sockets that want it, as one text for all of them."""

import asyncio
import math
import random
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from services.gateway.domain.broadcasts import Broadcast, Broadcasts
from services.gateway.domain.socket_errors import SlowReaderError

PAUSE_S: Final = 1.0
# So many messages wait for a reader; who falls behind by more is let go, as the newest would reach him late.
WAITING_MOST: Final = 256
# A fact that is told twice comes twice within seconds.
REMEMBERED_MOST: Final = 4096
# So many events of accounts are kept for who comes back; a message is at most some KiB. One who comes back is told so many of them: fewer
# than may wait.
EVENTS_KEPT: Final = 2000
TOLD_AGAIN_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """Messages of these types, and of those that are about a symbol the ones about these; without symbols, about any.

    Of an account's events only those with these names; without names, all; those of `told_within` seconds before it came, too.
    """

    types: frozenset[str]
    symbols: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    told_within: int = 0

    def takes(self, broadcast: Broadcast) -> bool:
        """Tell whether a message is wanted."""
        of_symbol = not self.symbols or broadcast.symbol is None or broadcast.symbol in self.symbols
        of_event = not self.events or broadcast.event is None or broadcast.event in self.events
        return broadcast.type in self.types and of_symbol and of_event


@dataclass(slots=True, eq=False)
class Listener:
    """One socket's place: who it is, what it wants, and what waits to be sent to it."""

    wanted: Wanted
    account_id: str | None = None
    admin: bool = False
    _waiting: deque[str] = field(default_factory=deque)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _behind: bool = False

    def hears(self, broadcast: Broadcast) -> bool:
        """Tell whether a message is for it, and wanted."""
        for_it = (not broadcast.admins or self.admin) and broadcast.account_id in {None, self.account_id}
        return for_it and self.wanted.takes(broadcast)

    def tell(self, text: str) -> None:
        """Have a message sent to it."""
        self._behind = self._behind or len(self._waiting) >= WAITING_MOST
        if not self._behind:
            self._waiting.append(text)
        self._woken.set()

    async def next(self, *, within: float) -> str | None:
        """Wait for the next message; None when there is none in so many seconds. Raise SlowReaderError for one that has fallen behind."""
        if not (self._waiting or self._behind):
            self._woken.clear()
            try:
                async with asyncio.timeout(within):
                    await self._woken.wait()
            except TimeoutError:
                return None
        if self._behind:
            raise SlowReaderError(WAITING_MOST)
        return self._waiting.popleft()


class Stage:
    """Passes broadcasts on to the sockets of this gateway."""

    def __init__(self, broadcasts: Broadcasts) -> None:
        self._broadcasts = broadcasts
        self._listeners: set[Listener] = set()
        self._told: OrderedDict[str, None] = OrderedDict()
        self._events: deque[tuple[float, Broadcast]] = deque(maxlen=EVENTS_KEPT)
        self._all_since = math.inf

    @property
    def strangers(self) -> int:
        """How many listen without an account."""
        return sum(each.account_id is None for each in self._listeners)

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Have a socket hear what is broadcast."""
        self._listeners.add(listener)
        try:
            yield
        finally:
            self._listeners.discard(listener)

    def tell(self, broadcast: Broadcast) -> None:
        """Pass a message on, unless it has been."""
        if broadcast.id in self._told:
            return
        self._told[broadcast.id] = None
        if len(self._told) > REMEMBERED_MOST:
            self._told.popitem(last=False)
        if broadcast.event is not None:
            if len(self._events) == EVENTS_KEPT:
                self._all_since = max(self._all_since, self._events[0][0])
            self._events.append((_at(), broadcast))
        for listener in self._listeners:
            if listener.hears(broadcast):
                listener.tell(broadcast.text)

    def told_before(self, listener: Listener) -> tuple[list[str], bool]:
        """Return the events that a socket wants of the time before it came, and whether some of them may be missing."""
        since = _at() - listener.wanted.told_within
        before = [broadcast.text for at, broadcast in self._events if at >= since and listener.hears(broadcast)]
        return before[-TOLD_AGAIN_MOST:], since < self._all_since or len(before) > TOLD_AGAIN_MOST

    async def run(self) -> None:
        """Follow the broadcasts of all gateways until cancelled."""
        while True:
            # What was told while nobody here listened is not known.
            self._all_since = _at()
            try:
                async for broadcast in self._broadcasts.follow():
                    self.tell(broadcast)
            except Exception as error:  # noqa: BLE001  # what is stored can be read meanwhile
                log().info("broadcasts are not heard", error=type(error).__name__, exc_info=not is_passing(error))
            await asyncio.sleep(PAUSE_S * random.uniform(0.5, 1.0))  # noqa: S311  # spreads the fleet's attempts


def _at() -> float:
    return asyncio.get_running_loop().time()
