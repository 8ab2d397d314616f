"""The other services, asked over the bus."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.bus import Bus
from libs.contracts.inference import Predict, PredictRange, RangePredictions
from libs.contracts.marketplace import (
    CreditsBought,
    CreditsReserved,
    CreditsSettled,
    PurchaseCredits,
    ReadUsage,
    ReserveCredits,
    SettleCredits,
    Usage,
)
from libs.contracts.training import CancelTraining, TrainingStopped

CREDITS_WITHIN_S: Final = 3.0
# Longer than the marketplace waits for its payment provider (MARKETPLACE_PAYMENT_WITHIN, 7 s at most).
PURCHASE_WITHIN_S: Final = 9.0
CANCEL_WITHIN_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class OthersBus:
    """Implements the port Others."""

    bus: Bus
    predict_within_s: float
    range_within_s: float

    async def reserve(self, ask: ReserveCredits) -> CreditsReserved:
        """Ask the marketplace to set credits aside."""
        reply = await self.bus.ask(ask, within=CREDITS_WITHIN_S)
        assert isinstance(reply, CreditsReserved)
        return reply

    async def settle(self, ask: SettleCredits) -> CreditsSettled:
        """Ask the marketplace to close a reservation."""
        reply = await self.bus.ask(ask, within=CREDITS_WITHIN_S)
        assert isinstance(reply, CreditsSettled)
        return reply

    async def purchase(self, ask: PurchaseCredits) -> CreditsBought:
        """Ask the marketplace to sell hours."""
        reply = await self.bus.ask(ask, within=PURCHASE_WITHIN_S)
        assert isinstance(reply, CreditsBought)
        return reply

    async def usage(self, ask: ReadUsage) -> Usage:
        """Ask the marketplace what an account's jobs have used."""
        reply = await self.bus.ask(ask, within=CREDITS_WITHIN_S)
        assert isinstance(reply, Usage)
        return reply

    async def cancel(self, ask: CancelTraining) -> TrainingStopped:
        """Ask training to end a job now."""
        reply = await self.bus.ask(ask, within=CANCEL_WITHIN_S)
        assert isinstance(reply, TrainingStopped)
        return reply

    async def predict(self, ask: Predict) -> bytes:
        """Ask inference for predictions; their JSON."""
        return await self.bus.ask_bytes(ask, within=self.predict_within_s)

    async def predict_range(self, ask: PredictRange) -> RangePredictions:
        """Ask inference for a page of one symbol's predictions."""
        reply = await self.bus.ask(ask, within=self.range_within_s)
        assert isinstance(reply, RangePredictions)
        return reply
