"""A process that begins to handle an event and never ends: to be killed by the test that starts it."""

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from libs.chassis.bus.handlers import Facts
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import bus_settings, kafka_bus


async def main() -> None:
    session_s = float(os.environ["SESSION_S"])
    settings = bus_settings(os.environ["KAFKA_BOOTSTRAP"], namespace=os.environ["NAMESPACE"])
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        print(event.job_id, flush=True)
        await asyncio.Event().wait()

    async with kafka_bus(settings, service="training", instance="training-killed", session_s=session_s).running(facts=facts):
        print("listening", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
