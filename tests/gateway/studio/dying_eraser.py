"""A gateway's process that erases an account and is killed in between: after so many of its writes to the store."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from pymongo import monitoring

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.process import open_chassis
from services.gateway.app import build
from services.gateway.domain.accounts.account import Role, Tier
from services.gateway.domain.accounts.caller import Caller, scopes_of
from services.gateway.settings import Settings

WRITES: Final = frozenset({"insert", "update", "delete", "findAndModify"})


class LastWrite(monitoring.CommandListener):
    """Kills the process once the store has done so many writes."""

    def __init__(self, left: int) -> None:
        self.left = left

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Wait for its end."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Leave it to the process."""

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Count it, if it has written."""
        self.left -= event.command_name in WRITES
        if self.left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(given: str, account_id: str, username: str) -> None:
    settings: Any = Settings.model_validate_json(given)
    bus = MemoryBus(MemoryBroker(), service="gateway", instance="gateway-dying")
    async with open_chassis("gateway", settings=settings, bus=bus) as chassis, bus.running(asks=True):
        operator = Caller("account_operator", "root", Role.ADMIN, Tier.FREE, scopes_of(Role.ADMIN), credential="session")
        await build(settings, chassis).operating.erase(account_id, username=username, by=operator)


if __name__ == "__main__":
    monitoring.register(LastWrite(int(os.environ["WRITES"])))
    asyncio.run(main(*sys.argv[1:]))
