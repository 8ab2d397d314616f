"""Check the books, a page of accounts at a time, while everything runs."""

from dataclasses import dataclass

from libs.contracts.ledger import TOLD_WITHIN, CheckLedger, LedgerChecked, LedgerFault, OpenReservation
from services.marketplace.domain.ledger_check import LedgerBooks, faults_of
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.wallet import ReservationState


@dataclass(frozen=True, slots=True)
class CheckBooks:
    """Reads alone. Each account's books are read as they are at one moment: what is booked meanwhile makes nothing look wrong."""

    books: LedgerBooks
    clock: Clock

    async def __call__(self, ask: CheckLedger) -> LedgerChecked:
        """Return what is wrong in the books of the accounts behind an id."""
        faults: list[LedgerFault] = []
        reservations: list[OpenReservation] = []
        settled: list[str] = []
        last, checked, ends = ask.after, 0, False
        while checked < ask.most and not ends:
            account_id = await self.books.next_account(last)
            if account_id is None:
                ends = True
            else:
                found = await self.books.of(account_id)
                faults += faults_of(found, at=self.clock())
                reservations += [
                    OpenReservation(
                        job_id=each.job_id,
                        account_id=account_id,
                        hours=each.hours,
                        confirmed=each.state is ReservationState.CONFIRMED,
                        expires_at=each.expires_at,
                    )
                    for each in found.reservations
                ]
                # After the reservations: one that was closed before they were read is among these.
                settled += await self.books.settled(account_id, since=self.clock() - TOLD_WITHIN)
                last, checked = account_id, checked + 1
        return LedgerChecked(
            accounts=checked,
            last=last or None,
            next_after=None if ends else last,
            count=await self.books.count(),
            faults=tuple(faults),
            reservations=tuple(reservations),
            settled=tuple(settled),
        )
