"""What the gateway clears away, from time to time; any number of gateways may do so at once."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from libs.chassis.liveness.failures import report_failure
from libs.chassis.logs import log

EVERY_S: Final = 3600.0
Housework: TypeAlias = Callable[[], Awaitable[int]]


async def keep_house(works: Mapping[str, Housework], *, every_s: float = EVERY_S) -> None:
    """Do each of these for ever, by what it has done, about every so many seconds; one that fails is done at the next turn."""
    while True:
        await asyncio.sleep(every_s * random.uniform(0.2, 1.8))  # noqa: S311  # gateways should not act in step
        for done, work in works.items():
            try:
                count = await work()
            except Exception as error:  # noqa: BLE001  # counted and logged; nothing depends on it
                report_failure(error, work=f"housekeeping ({done})")
            else:
                if count:
                    log().info(done, count=count)
