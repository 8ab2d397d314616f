"""The hub: which of this gateway's sockets watch what, and how many an account has."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from services.gateway.domain.notices import Notice, Notices
from services.gateway.domain.socket_errors import TooManySocketsError

PAUSE_S: Final = 1.0


class Hub:
    """Wakes those that watch a thing when it has changed. Some changes at once wake them once: what they look at is the newest state."""

    def __init__(self, notices: Notices, *, most_by_account: int) -> None:
        self._notices = notices
        self._most_by_account = most_by_account
        self._watching: defaultdict[Notice, set[asyncio.Event]] = defaultdict(set)
        self._by_account: Counter[str] = Counter()

    @contextmanager
    def watching(self, what: Notice, *, account_id: str) -> Iterator[asyncio.Event]:
        """Return an event that is set whenever the thing has changed. Raise TooManySocketsError."""
        if self._by_account[account_id] >= self._most_by_account:
            raise TooManySocketsError(self._most_by_account)
        changed = asyncio.Event()
        self._by_account[account_id] += 1
        self._watching[what].add(changed)
        try:
            yield changed
        finally:
            self._watching[what].discard(changed)
            if not self._watching[what]:
                del self._watching[what]
            self._by_account -= Counter([account_id])

    def wake(self, notice: Notice) -> None:
        """Wake those that watch this thing."""
        for changed in self._watching.get(notice, ()):
            changed.set()

    async def run(self) -> None:
        """Follow the notices of all gateways until cancelled."""
        while True:
            try:
                async for notice in self._notices.follow():
                    self.wake(notice)
            except Exception as error:  # noqa: BLE001  # who watches looks by himself meanwhile
                log().info("notices are not heard", error=type(error).__name__, exc_info=not is_passing(error))
            await asyncio.sleep(PAUSE_S * random.uniform(0.5, 1.0))  # noqa: S311  # spreads the fleet's attempts
