"""Close a job's reservation when it has ended, or was never to begin."""

from dataclasses import dataclass
from decimal import Decimal

from libs.contracts.marketplace import CreditsSettled
from libs.contracts.money import price_of
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.wallet import Outcome, settle
from services.marketplace.usecases.bookkeeping import Bookkeeper


@dataclass(frozen=True, slots=True)
class Settle:
    """Idempotent by job id: the first outcome stays."""

    book: Bookkeeper
    clock: Clock

    async def __call__(self, job_id: str, *, account_id: str, outcome: Outcome, used: Decimal) -> CreditsSettled:
        """Charge what was used (hours), give back the rest and say both."""
        booking = await self.book(
            account_id,
            job_id=job_id,
            decide=lambda wallet, known: settle(wallet, known, job_id=job_id, outcome=outcome, used=used, at=self.clock()),
        )
        assert booking.reservation is not None
        charged = booking.reservation.charged
        return CreditsSettled(job_id=job_id, charged_hours=charged, charged=price_of(charged), refund_amount=booking.reservation.refund)
