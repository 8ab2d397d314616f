"""A relay whose process is killed right after its second event has reached the broker, before anything is marked."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from motor.motor_asyncio import AsyncIOMotorClient

from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.stores.outbox import Relay
from tests.chassis.buses import bus_settings, few_topics


class DyingBus(KafkaBus):
    """Dies after its second event."""

    told = 0

    async def publish_entry(self, entry: Mapping[str, Any]) -> None:
        await super().publish_entry(entry)
        self.told += 1
        if self.told == 2:
            os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    settings = bus_settings(os.environ["KAFKA_BOOTSTRAP"], namespace=os.environ["NAMESPACE"])
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(os.environ["MONGO_URL"])
    bus = DyingBus(settings, service="training", instance="training-1", topics=few_topics())
    async with bus.running(), Relay(bus, collections=[client[settings.namespace]["jobs"]]).running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
