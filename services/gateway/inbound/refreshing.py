"""What time makes the gateway do about live series: look for those that are due, and start their refreshes."""

import asyncio
import random
from typing import Final

from libs.chassis.liveness.failures import report_failure
from libs.chassis.logs import log
from services.gateway.usecases.datasets.refresh_series import RefreshSeries

LOOK_EVERY_S: Final = 2.0


async def refresh_when_due(refresh: RefreshSeries) -> None:
    """Do so for ever; what fails is tried at the next look. Without a series there is nothing to do."""
    while refresh.series:
        try:
            if started := await refresh():
                log().info("refreshes of live series were started", count=started)
        except Exception as error:  # noqa: BLE001  # counted and logged; who looks after live series must not stop
            report_failure(error, work="refreshing live series")
        await asyncio.sleep(LOOK_EVERY_S * random.uniform(0.5, 1.5))  # noqa: S311  # gateways should not act in step
