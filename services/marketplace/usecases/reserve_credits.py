"""Set compute hours aside for a job that is about to be requested."""

from dataclasses import dataclass
from datetime import timedelta

from libs.contracts.marketplace import CreditsReserved, ReserveCredits
from libs.contracts.money import price_of
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.wallet import Booking, Reservation, Wallet, reserve
from services.marketplace.usecases.bookkeeping import Bookkeeper


@dataclass(frozen=True, slots=True)
class Reserve:
    """Idempotent by job id. Raises InsufficientCreditsError or ReservationClosedError."""

    book: Bookkeeper
    clock: Clock
    life: timedelta

    async def __call__(self, ask: ReserveCredits) -> CreditsReserved:
        """Reserve and say what is left."""
        booking = await self.book(
            ask.account_id,
            job_id=ask.job_id,
            decide=lambda wallet, known: self._decide(ask, wallet, known),
            is_new=True,
        )
        assert booking.reservation is not None
        return CreditsReserved(
            job_id=ask.job_id,
            hours=booking.reservation.hours,
            cost=price_of(booking.reservation.hours),
            available_hours=booking.wallet.usable(at=self.clock()),
            expires_at=booking.reservation.expires_at,
        )

    def _decide(self, ask: ReserveCredits, wallet: Wallet, known: Reservation | None) -> Booking:
        return reserve(wallet, known, job_id=ask.job_id, tier=ask.tier, hours=ask.hours, at=self.clock(), life=self.life)
