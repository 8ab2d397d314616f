"""Close a job's reservation when it has ended, or was never to begin."""

from dataclasses import dataclass
from decimal import Decimal

from libs.contracts.marketplace import CreditsSettled
from libs.contracts.money import price_of
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.wallet import NEVER_BEGUN, Booking, Outcome, Reservation, Wallet, settle, settle_unseen
from services.marketplace.usecases.bookkeeping import Bookkeeper


@dataclass(frozen=True, slots=True)
class Settle:
    """Idempotent by job id: the first outcome stays."""

    book: Bookkeeper
    clock: Clock

    async def __call__(self, job_id: str, *, account_id: str, outcome: Outcome, used: Decimal, is_told: bool = False) -> CreditsSettled:
        """Charge what was used (hours), give back the rest and say both.

        A job without a reservation is charged nothing, unless an event has told of its end (`is_told`): then it was real. So was one whose
        reservation has expired or was released by then. Topics have no order among each other: after an outage its request may come after
        its end, and would set hours aside that nothing gives back.
        """

        def decide(wallet: Wallet, known: Reservation | None) -> Booking:
            if is_told and (known is None or known.outcome in NEVER_BEGUN):
                return settle_unseen(wallet, job_id=job_id, outcome=outcome, used=used, at=self.clock())
            return settle(wallet, known, job_id=job_id, outcome=outcome, used=used, at=self.clock())

        booking = await self.book(
            account_id,
            job_id=job_id,
            decide=decide,
        )
        assert booking.reservation is not None
        charged = booking.reservation.charged
        return CreditsSettled(job_id=job_id, charged_hours=charged, charged=price_of(charged), refund_amount=booking.reservation.refund)
