"""Keep a job's credits reserved until it ends, because its request is on the bus."""

from dataclasses import dataclass

from libs.contracts.jobs import JobRequested
from libs.contracts.training import TrainingRequested
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.wallet import confirm
from services.marketplace.usecases.bookkeeping import Bookkeeper


@dataclass(frozen=True, slots=True)
class ConfirmReservation:
    """Idempotent by job id."""

    book: Bookkeeper
    clock: Clock

    async def __call__(self, event: TrainingRequested | JobRequested) -> None:
        """Confirm; a job that ended before its request was seen stays settled."""
        await self.book(
            event.account_id,
            job_id=event.job_id,
            decide=lambda wallet, known: confirm(
                wallet, known, job_id=event.job_id, tier=event.tier, hours=event.reserved_hours, at=self.clock()
            ),
        )
