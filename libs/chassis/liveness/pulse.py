"""How a process stands: starting, ready or stopping; read by its probes, heartbeats and logs."""

import asyncio
import gc
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from libs.chassis.logs import log
from libs.contracts.envelope import now

# So many new objects between two looks for circles: what a request makes is gone with it, and 700, as Python has it, is 3 % of the work.
COLLECTED_AFTER: Final = (10_000, 10, 10)
State = Literal["starting", "ready", "stopping"]
BEGAN = time.perf_counter()  # the chassis is imported first, so imports are part of what a start took


def keep_what_lives() -> None:
    """Look for garbage no more in what a process has made until it serves: it lives on, and pauses stay off the hot path."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


class Pulse:
    """The state of this process, changed by nobody but the chassis. `before_ready` is done once, just before it serves."""

    def __init__(self, *, before_ready: Callable[[], None] | None = None) -> None:
        self._before_ready = before_ready
        self.state: State = "starting"
        self.started_at: datetime = now()
        self.served = asyncio.Event()

    def ready(self) -> None:
        """Say that the process serves from now on."""
        if self.state != "starting":
            return
        self.state = "ready"
        if self._before_ready is not None:
            self._before_ready()
        self.served.set()
        log().info("ready", start_took_s=round(time.perf_counter() - BEGAN, 3))

    def stopping(self) -> None:
        """Say that the process finishes what it has begun and takes no more."""
        self.state = "stopping"
