"""Training, asked over the bus."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.bus.port import Bus
from libs.contracts.training import CancelTraining, TrainingStopped

CANCEL_WITHIN_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class TrainingBus:
    """Implements the port Training."""

    bus: Bus

    async def cancel(self, ask: CancelTraining) -> TrainingStopped:
        """End a job now."""
        return await self.bus.ask(ask, within=CANCEL_WITHIN_S)
