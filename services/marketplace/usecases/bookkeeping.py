"""Decide on the books as they are and write; when another writer was faster, decide again on what it wrote."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakValueDictionary

from libs.chassis.liveness.outages import is_passing
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.ports import Books, Purchases
from services.marketplace.domain.purchase import Purchase
from services.marketplace.domain.wallet import Booking, Reservation, Wallet

ATTEMPTS: Final = 20
PAUSE_S: Final = 0.02
TOGETHER: Final = 32
# Accounts whose wallet is remembered as this process knew it last.
REMEMBERED_MOST: Final = 4096
# A decision, and whether there is anything to write.
Decided = tuple[Booking, bool]


@dataclass(slots=True, eq=False)
class _Wanted:
    """A booking that waits: what it is about, how that is read, how it is decided, and in the end what came of it.

    `is_new`: it is about a job that nothing was booked of yet, as far as anybody knows.
    """

    key: str
    read: Callable[[], Awaitable[Any]]
    decide: Callable[[Wallet, Any], Decided]
    is_new: bool = False
    outcome: Booking | Exception | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """A wallet as this process knew it last; `is_ours`: no other process has booked between this and the time before."""

    wallet: Wallet
    is_ours: bool


@dataclass(slots=True, eq=False, weakref_slot=True)
class _Account:
    """An account's bookings that wait, and whose turn it is to write them."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: list[_Wanted] = field(default_factory=list)

    def together_with(self, first: _Wanted, *, most: int) -> list[_Wanted]:
        """Return this booking and further ones that wait, each about something else: what is about the same thing comes later."""
        chosen = {first.key: first}
        for each in self.waiting:
            if len(chosen) < most and each.outcome is None:
                chosen.setdefault(each.key, each)
        return list(chosen.values())


class Bookkeeper:
    """Takes an account's bookings in turn within this process; between processes the wallet's version decides.

    What waits meanwhile is decided in order and written in one transaction, so that a busy account's bookings wait for one or two
    writes, however many there are. The wallet is read first: every writer changes its version, so one between the reads is noticed
    when we write. Of an account that nobody else seems to book for, neither is read: the wallet that this process knew last is taken for
    the wallet at first, and a new job for one without a reservation. A writer since then is noticed as well, and what comes to no write,
    such as a refusal, is not believed: then it is decided on what is read, at once.
    """

    def __init__(self, books: Books, purchases: Purchases) -> None:
        self.books, self.purchases = books, purchases
        self._accounts: WeakValueDictionary[str, _Account] = WeakValueDictionary()
        self._known: dict[str, _Known] = {}

    async def __call__(
        self, account_id: str, *, job_id: str, decide: Callable[[Wallet, Reservation | None], Booking], is_new: bool = False
    ) -> Booking:
        """Return what was booked about a job. Raise BooksChangedError when 20 attempts in a row were overtaken.

        `is_new`: most probably nothing was booked about this job before.
        """

        def decided(wallet: Wallet, known: Reservation | None) -> Decided:
            booking = decide(wallet, known)
            return booking, booking.reservation != known or bool(booking.movements)

        return await self._in_turn(account_id, _Wanted(job_id, lambda: self.books.reservation(job_id), decided, is_new))

    async def purchase(self, account_id: str, *, purchase_id: str, decide: Callable[[Wallet, Purchase], Booking]) -> Booking:
        """Return what was booked about a purchase. Raise BooksChangedError as above, and PurchaseNotFoundError."""

        def decided(wallet: Wallet, known: Purchase) -> Decided:
            booking = decide(wallet, known)
            return booking, booking.purchase != known

        return await self._in_turn(account_id, _Wanted(purchase_id, lambda: self.purchases.get(purchase_id), decided))

    async def _in_turn(self, account_id: str, wanted: _Wanted) -> Booking:
        account = self._accounts.setdefault(account_id, _Account())
        account.waiting.append(wanted)
        try:
            async with account.turn:
                if wanted.outcome is None:  # Else it was written together with one before it.
                    await self._until_booked(account_id, account, wanted)
        finally:
            account.waiting.remove(wanted)
        if isinstance(wanted.outcome, Exception):
            raise wanted.outcome
        assert wanted.outcome is not None
        return wanted.outcome

    async def _until_booked(self, account_id: str, account: _Account, first: _Wanted) -> None:
        attempt, most = 0, TOGETHER
        while first.outcome is None:
            attempt += 1
            together = account.together_with(first, most=most)
            try:
                await self._book(account_id, together)
            except BooksChangedError as error:
                if attempt == ATTEMPTS:
                    first.outcome = error
                # One that cannot be written must not hold up the others, and writers that were overtaken together not come back together.
                most = max(most // 2, 1)
                await asyncio.sleep(random.uniform(0, PAUSE_S * attempt))  # noqa: S311  # spreads writers, keeps no secret
            except Exception as error:  # noqa: BLE001  # raised where the booking was asked for
                if len(together) > 1 and not is_passing(error):
                    most = 1
                    continue
                for each in together:
                    each.outcome = error

    async def _book(self, account_id: str, together: Sequence[_Wanted]) -> None:
        """Decide on each as those before it leave the wallet, and write what is new as a whole; only then they have an outcome."""
        known = self._known.pop(account_id, None)
        if known and known.is_ours and await self._is_booked_unread(known, together):
            return
        wallet = await self.books.wallet(account_id)
        await self._book_on(_Known(wallet, is_ours=known is not None and known.wallet == wallet), together)

    async def _is_booked_unread(self, known: _Known, together: Sequence[_Wanted]) -> bool:
        try:
            return await self._book_on(known, together, new=frozenset(each.key for each in together if each.is_new))
        except BooksChangedError:  # What was known is old: that is no lost race, and nobody needs to wait for it.
            return False

    async def _book_on(self, known: _Known, together: Sequence[_Wanted], *, new: frozenset[str] | None = None) -> bool:
        """Book on this wallet. With `new`, the jobs that are taken for new ones, it was not read: all is written or nothing is.

        Return False where one was not to be written.
        """
        found = await asyncio.gather(*(_nothing() if each.key in (new or ()) else each.read() for each in together), return_exceptions=True)
        outcomes, written = _decide(known.wallet, together, found)
        if new is not None and len(written) < len(together):
            return False
        self._remember(_Known(await self.books.book(*written, new=new or ()), known.is_ours) if written else known)
        for each, outcome in zip(together, outcomes, strict=True):
            each.outcome = outcome
        return True

    def _remember(self, known: _Known) -> None:
        while len(self._known) >= REMEMBERED_MOST:
            del self._known[next(iter(self._known))]
        self._known[known.wallet.account_id] = known


async def _nothing() -> None:
    """Read nothing."""


def _decide(wallet: Wallet, together: Sequence[_Wanted], found: Sequence[Any]) -> tuple[list[Booking | Exception], list[Booking]]:
    """Return what comes of each on what was found, and the bookings that are to be written."""
    outcomes: list[Booking | Exception] = []
    written: list[Booking] = []
    for each, known in zip(together, found, strict=True):
        if isinstance(known, Exception):
            outcomes.append(known)
            continue
        try:
            booking, is_new = each.decide(wallet, known)
        except Exception as error:  # noqa: BLE001  # raised where the booking was asked for: a refusal is one booking's alone
            outcomes.append(error)
            continue
        outcomes.append(booking)
        if is_new:
            written.append(booking)
            wallet = booking.wallet
    return outcomes, written
