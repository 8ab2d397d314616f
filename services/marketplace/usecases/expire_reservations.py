"""Give back what was reserved for jobs whose request never came."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from services.marketplace.domain.ports import Books, Clock
from services.marketplace.domain.wallet import Reservation
from services.marketplace.usecases.settle_credits import Settle
from services.marketplace.usecases.settling import BATCH, settle_all


@dataclass(frozen=True, slots=True)
class ExpireReservations:
    """Any number of marketplace processes may sweep at once."""

    books: Books
    settle: Settle
    clock: Clock

    async def __call__(self) -> int:
        """Expire what is due; return how many reservations were closed."""

        async def batch(but: Collection[str]) -> list[Reservation]:
            return await self.books.expired(at=self.clock(), most=BATCH, but=but)

        async def settle(reservation: Reservation) -> None:
            await self.settle(reservation.job_id, account_id=reservation.account_id, outcome="expired", used=Decimal(0))

        return await settle_all(batch, settle, what="a reservation", set_aside=self.books.set_aside)
