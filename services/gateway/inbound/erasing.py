"""What time makes the gateway do about erasures: go on with those that were broken off, or had to wait."""

import asyncio
import random
from typing import Final

from libs.chassis.liveness.failures import report_failure
from services.gateway.usecases.accounts.erase_account import EraseAccount

LOOK_EVERY_S: Final = 30.0


async def erase_when_due(erase: EraseAccount) -> None:
    """Do so for ever; what fails is tried at the next look."""
    while True:
        try:
            await erase.go_on()
        except Exception as error:  # noqa: BLE001  # counted and logged; who erases must not stop
            report_failure(error, work="erasing accounts")
        await asyncio.sleep(LOOK_EVERY_S * random.uniform(0.5, 1.5))  # noqa: S311  # gateways should not act in step
