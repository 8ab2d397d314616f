"""A connection's deadline, which is set anew several times a request and hardly ever missed."""

import asyncio
from typing import Any

from services.gateway.inbound.http.upgrades import UpgradeIgnoringConnection


class ConnectionWithDeadline(UpgradeIgnoringConnection):
    """A connection that hears of it when something has not come in time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seconds: float | None = None
        self._due = self._rings_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def too_late(self, seconds: float) -> None:
        """Hear that what had so many seconds has not come."""
        raise NotImplementedError

    def within(self, seconds: float | None) -> None:
        """Let it come within so many seconds, or take its time. A timer that rings too early stays, and looks again when it does."""
        self._seconds = seconds
        if seconds is not None:
            self._due = self.loop.time() + seconds
            if self._timer is None or self._due < self._rings_at:
                self._ring_at(self._due)

    def end_deadline(self) -> None:
        """Hold nobody to anything any more."""
        self._seconds = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring_at(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at, self._timer = due, self.loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._seconds is None:
            return
        if self.loop.time() < self._due:
            self._ring_at(self._due)
        else:
            self.too_late(self._seconds)
