"""Decide on the books as they are and write; when another writer was faster, decide again on what it wrote."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final
from weakref import WeakValueDictionary

from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.ports import Books, Purchases
from services.marketplace.domain.purchase import Purchase
from services.marketplace.domain.wallet import Booking, Reservation, Wallet

ATTEMPTS: Final = 20
PAUSE_S: Final = 0.02
# A decision, and whether there is anything to write.
Decided = tuple[Booking, bool]


class Bookkeeper:
    """Takes an account's bookings in turn within this process; between processes the wallet's version decides.

    The wallet is read first: every writer changes its version, so one between the two reads is noticed when we write.
    """

    def __init__(self, books: Books, purchases: Purchases) -> None:
        self.books, self.purchases = books, purchases
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, account_id: str, *, job_id: str, decide: Callable[[Wallet, Reservation | None], Booking]) -> Booking:
        """Return what was booked about a job. Raise BooksChangedError when 20 attempts in a row were overtaken."""

        async def decided(wallet: Wallet) -> Decided:
            known = await self.books.reservation(job_id)
            booking = decide(wallet, known)
            return booking, booking.reservation != known or bool(booking.movements)

        return await self._in_turn(account_id, decided)

    async def purchase(self, account_id: str, *, purchase_id: str, decide: Callable[[Wallet, Purchase], Booking]) -> Booking:
        """Return what was booked about a purchase. Raise BooksChangedError as above, and PurchaseNotFoundError."""

        async def decided(wallet: Wallet) -> Decided:
            known = await self.purchases.get(purchase_id)
            booking = decide(wallet, known)
            return booking, booking.purchase != known

        return await self._in_turn(account_id, decided)

    async def _in_turn(self, account_id: str, decided: Callable[[Wallet], Awaitable[Decided]]) -> Booking:
        turn = self._turns.setdefault(account_id, asyncio.Lock())
        async with turn:
            return await self._until_booked(account_id, decided)

    async def _until_booked(self, account_id: str, decided: Callable[[Wallet], Awaitable[Decided]]) -> Booking:
        attempt = 0
        while True:
            attempt += 1
            booking, is_new = await decided(await self.books.wallet(account_id))
            if not is_new:
                return booking
            try:
                await self.books.book(booking)
            except BooksChangedError:
                if attempt == ATTEMPTS:
                    raise
                # Writers that were overtaken together must not come back together.
                await asyncio.sleep(random.uniform(0, PAUSE_S * attempt))  # noqa: S311  # spreads writers, keeps no secret
            else:
                return booking
