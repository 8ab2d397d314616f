"""Check the ledger, a page of accounts at a time: the marketplace its books, and here whether reservations and jobs go together."""

from dataclasses import dataclass

from libs.contracts.ledger import CheckLedger as AskForCheck
from libs.contracts.ledger import LedgerChecked
from services.gateway.domain.jobs.ports import EveryJob
from services.gateway.domain.jobs.reservations import reservation_faults
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import Owners


@dataclass(frozen=True, slots=True)
class CheckLedger:
    """Reads alone, while everything runs: what has happened in the last minutes, and is perhaps not told yet, is no fault."""

    owners: Owners
    every: EveryJob
    clock: Clock

    async def __call__(self, *, after: str) -> LedgerChecked:
        """Return a page, with all that is wrong. Raise UnavailableError or AskTimeoutError."""
        page = await self.owners.ledger(AskForCheck(after=after))
        known = {job.id: job for job in await self.every.known([each.job_id for each in page.reservations])}
        waiting = await self.every.waiting(after=after, through=page.next_after)
        found = reservation_faults(page.reservations, settled=page.settled, jobs=known, waiting=waiting, at=self.clock())
        return page.model_copy(update={"faults": (*page.faults, *found)})
