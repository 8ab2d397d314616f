"""Give back what was reserved for jobs whose request never came."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.marketplace.domain.ports import Books, Clock
from services.marketplace.usecases.settle_credits import Settle

BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class ExpireReservations:
    """Any number of marketplace processes may sweep at once."""

    books: Books
    settle: Settle
    clock: Clock

    async def __call__(self) -> int:
        """Expire what is due; return how many reservations were closed."""
        due = await self.books.expired(at=self.clock(), most=BATCH)
        for reservation in due:
            await self.settle(reservation.job_id, account_id=reservation.account_id, outcome="expired", used=Decimal(0))
        return len(due)
