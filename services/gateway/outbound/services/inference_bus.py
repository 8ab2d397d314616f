"""Inference, asked over the bus."""

from dataclasses import dataclass

from libs.chassis.bus.port import Bus
from libs.contracts.inference import Predict, PredictRange, RangePredictions


@dataclass(frozen=True, slots=True)
class InferenceBus:
    """Implements the port Inference; within so many seconds each."""

    bus: Bus
    predict_within_s: float
    range_within_s: float

    async def predict(self, ask: Predict) -> bytes:
        """Predict; the predictions' JSON."""
        return await self.bus.ask_bytes(ask, within=self.predict_within_s)

    async def predict_range(self, ask: PredictRange) -> RangePredictions:
        """Predict a page of one symbol's days."""
        return await self.bus.ask(ask, within=self.range_within_s)
