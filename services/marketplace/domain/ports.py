"""What the marketplace needs from outside (a payment provider: payments.py)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from libs.chassis.stores.snapshots import Snapshots
from libs.contracts.exports import ExportPart
from libs.contracts.snapshots import JobCharge
from libs.contracts.training import Resource
from services.marketplace.domain.money import MoneyMovement
from services.marketplace.domain.purchase import Purchase
from services.marketplace.domain.usage import Charged, PurchaseUse
from services.marketplace.domain.wallet import Booking, Reservation, Wallet

Clock = Callable[[], datetime]


class Books(Protocol):
    """The ledger: wallets, reservations and every movement of hours."""

    async def wallet(self, account_id: str) -> Wallet:
        """Return the account's wallet; a new one when nothing was booked yet."""

    async def reservation(self, job_id: str) -> Reservation | None:
        """Return a job's reservation, or None when it never had one."""

    async def book(self, *bookings: Booking, new: Collection[str] = ()) -> Wallet:
        """Write bookings of one account and their events as a whole; each was decided on the wallet as the one before it leaves it.

        No two are about the same reservation or purchase. `new` are jobs of which nobody has looked whether they have a reservation.
        Return the wallet as a reader finds it. Raise BooksChangedError when another writer was faster, or a new job has a reservation.
        """

    async def expired(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Reservation]:
        """Return up to `most` reservations, none of `but`, that are held and expired by this moment, the oldest first."""

    async def charges(self, *, after: str, most: int) -> Snapshots[JobCharge]:
        """Return a page of what ended jobs were charged, in the order of their ids."""

    async def set_aside(self, reservation: Reservation, error: Exception) -> None:
        """Leave a reservation alone that cannot be worked on, until people have looked at it."""


class Purchases(Protocol):
    """Purchases of hours."""

    async def begin(self, purchase: Purchase) -> Purchase:
        """Keep a new purchase and return it; one that is known under its id is returned as it stands."""

    async def get(self, purchase_id: str) -> Purchase:
        """Return a purchase. Raise PurchaseNotFoundError."""

    async def note(self, purchase: Purchase, *money: MoneyMovement) -> None:
        """Write a purchase and what it moved, as a whole. Raise BooksChangedError when another writer was faster."""

    async def unfinished(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Purchase]:
        """Return up to `most` purchases, none of `but`, that are neither credited nor declined and due to go on, the longest due first."""

    async def over(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Purchase]:
        """Return up to `most` credited purchases, none of `but`, whose time was over before this moment, the earliest first."""

    async def set_aside(self, purchase: Purchase, error: Exception) -> None:
        """Leave a purchase alone that cannot be worked on, until people have looked at it."""


class Metering(Protocol):
    """What jobs were charged, read from the ledger, and what is known of the jobs."""

    async def note_job(self, job_id: str, *, account_id: str, name: str | None = None, resource: Resource | None = None) -> None:
        """Remember a job's name or what it ran on."""

    async def charged(self, account_id: str, *, since: datetime, until: datetime, most: int) -> Charged:
        """Return what was charged from `since` up to and without `until`; of jobs those `most` with the most hours."""

    async def granted(self, account_id: str, *, since: datetime, until: datetime) -> Decimal:
        """Return the hours that monthly grants brought in this time."""

    async def purchases(self, account_id: str, *, since: datetime, until: datetime) -> Sequence[PurchaseUse]:
        """Return what was credited before `until`, and how much of each was charged before `since` and before `until`."""


class Exports(Protocol):
    """What is kept of accounts, for whoever it is kept of."""

    async def part(self, account_id: str, *, after: str, most: int) -> ExportPart:
        """Return up to `most` documents behind a place, without secrets."""
        ...
