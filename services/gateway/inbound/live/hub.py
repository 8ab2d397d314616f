"""The hub: which of this gateway's sockets watch what, and how many an account has."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from services.gateway.domain.jobs.watch import JobWatch
from services.gateway.domain.notices import Notice, Notices
from services.gateway.domain.socket_errors import TooManySocketsError

PAUSE_S: Final = 1.0
# So often all that is watched is looked at though no notice has come.
LOOK_EVERY_S: Final = 15.0
# With more changes than this at once all is looked at.
NAMED_MOST: Final = 100


@dataclass(slots=True, eq=False)
class Watcher:
    """One who watches, and which jobs have changed since he looked. Some changes at once wake him once: he looks at the newest state."""

    wanted: JobWatch
    _changed: set[str] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _all_due: float = field(default_factory=lambda: asyncio.get_running_loop().time() + LOOK_EVERY_S)

    def wake(self, notice: Notice) -> None:
        """Note a change, if it is of what he watches."""
        if self.wanted.concerns(notice):
            self._changed.add(notice.job_id)
            self._woken.set()

    async def changed(self) -> frozenset[str]:
        """Wait for changes, and return what has changed; nothing when it is time to look at all."""
        clock = asyncio.get_running_loop().time
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._all_due):
                await self._woken.wait()
        changed = frozenset(self._changed)
        self._changed.clear()
        self._woken.clear()
        # However much changes, all is looked at in time: the notice of something else may be lost.
        if changed and len(changed) <= NAMED_MOST and clock() < self._all_due:
            return changed
        self._all_due = clock() + LOOK_EVERY_S
        return frozenset()


class Hub:
    """Wakes those that watch a job when it has changed: who watches jobs by their ids is found by those, the others by their account."""

    def __init__(self, notices: Notices, *, most_by_account: int) -> None:
        self._notices = notices
        self._most_by_account = most_by_account
        self._watchers: defaultdict[str, set[Watcher]] = defaultdict(set)
        self._by_account: Counter[str] = Counter()
        # How many notices were heard: what was looked at before the last of them is old.
        self.heard = 0

    @property
    def sockets(self) -> int:
        """How many watch."""
        return self._by_account.total()

    @contextmanager
    def watching(self, wanted: JobWatch, *, account_id: str) -> Iterator[Watcher]:
        """Let an account watch jobs. Raise TooManySocketsError."""
        if self._by_account[account_id] >= self._most_by_account:
            raise TooManySocketsError(self._most_by_account)
        watcher, keys = Watcher(wanted), wanted.job_ids or {account_id}
        self._by_account[account_id] += 1
        for key in keys:
            self._watchers[key].add(watcher)
        try:
            yield watcher
        finally:
            for key in keys:
                self._watchers[key].discard(watcher)
                if not self._watchers[key]:
                    del self._watchers[key]
            self._by_account -= Counter([account_id])

    def wake(self, notice: Notice) -> None:
        """Wake those that watch this job."""
        self.heard += 1
        # Ids say what they are of: a job's is no account's.
        for key in (notice.job_id, notice.account_id):
            for watcher in self._watchers.get(key, ()):
                watcher.wake(notice)

    async def run(self) -> None:
        """Follow the notices of all gateways until cancelled."""
        while True:
            try:
                async for notice in self._notices.follow():
                    self.wake(notice)
            except Exception as error:  # noqa: BLE001  # who watches looks by himself meanwhile
                log().info("notices are not heard", error=type(error).__name__, exc_info=not is_passing(error))
            await asyncio.sleep(PAUSE_S * random.uniform(0.5, 1.0))  # noqa: S311  # spreads the fleet's attempts
