"""What the marketplace needs from outside."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from services.marketplace.domain.wallet import Booking, Reservation, Wallet

Clock = Callable[[], datetime]


class Books(Protocol):
    """The ledger: wallets, reservations and every movement of hours."""

    async def wallet(self, account_id: str) -> Wallet:
        """Return the account's wallet; a new one when nothing was booked yet."""

    async def reservation(self, job_id: str) -> Reservation | None:
        """Return a job's reservation, or None when it never had one."""

    async def book(self, booking: Booking) -> None:
        """Write wallet, reservation and movements as a whole. Raise BooksChangedError when another writer was faster."""

    async def expired(self, *, at: datetime, most: int) -> list[Reservation]:
        """Return up to `most` reservations that are held and expired by this moment, the oldest first."""
