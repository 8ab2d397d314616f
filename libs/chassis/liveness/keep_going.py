"""Keeps a part of the bus going: what ends with an error is begun again after a pause, until it is asked to stop."""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiokafka.errors import KafkaError

from libs.chassis.bus.connection import NOT_ALLOWED, not_allowed
from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.chassis.refusals import RefusedError, tell

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 3.0
STEADY_S: Final = 30.0


async def keep_going(part: Callable[[], Awaitable[None]], *, what: str, stopping: asyncio.Event) -> None:
    """Run `part` again whenever it ends, with growing pauses spread at random, until `stopping` is set.

    No error of a part ends the process: a bus that has lost its broker, or met what nobody thought of, must find back by itself.
    """
    pause = FIRST_PAUSE_S
    while not stopping.is_set():
        began = time.monotonic()
        try:
            await part()
        except RefusedError as refusal:
            tell(str(refusal))
        except NOT_ALLOWED as refusal:
            tell(not_allowed(refusal))
        except Exception as error:  # noqa: BLE001  # logged, and tried again: see above
            unexpected = not (is_passing(error) or isinstance(error, KafkaError))
            log().warning(f"{what} is begun again", error=f"{type(error).__name__}: {error}"[:200], exc_info=unexpected)
        if time.monotonic() - began > STEADY_S:
            pause = FIRST_PAUSE_S
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause * random.uniform(0.5, 1.0))  # noqa: S311  # spreads the fleet's attempts
        pause = min(pause * 2, LONGEST_PAUSE_S)
