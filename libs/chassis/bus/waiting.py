"""An ask that waits for its answer."""

import asyncio
import time
from typing import Any

from libs.chassis.bus.sender import Acknowledgement


class Waiting:
    """Who waits, for how long, and what became of the record; in slots, as there are thousands a second."""

    __slots__ = ("answer", "beyond", "given_up", "held_up", "look_at", "name", "pack", "sender", "sent", "until", "within")

    def __init__(self, name: str, within: float) -> None:
        self.name, self.within, self.until = name, within, time.monotonic() + within
        self.answer: asyncio.Future[tuple[bool, bytes]] = asyncio.get_running_loop().create_future()
        self.look_at: float
        self.sender: asyncio.Task[Any] | None = None
        self.sent: Acknowledgement | None = None
        # The pack that it went in, None when it went by itself.
        self.pack: object | None = None
        self.given_up = self.held_up = False
        # How many partitions beyond its key's it went to.
        self.beyond = 0

    def fail(self, error: Exception) -> None:
        """Answer with an error, unless there is an answer already."""
        if not self.answer.done():
            self.answer.set_exception(error)


def deadline_in(seconds: float) -> bytes:
    """Return when that will be, as the headers of an ask say it: in Unix milliseconds."""
    return b"%d" % int((time.time() + seconds) * 1000)
