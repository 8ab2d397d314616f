"""Decide on the books as they are and write; when another writer was faster, decide again on what it wrote."""

import asyncio
import random
from collections.abc import Callable
from typing import Final
from weakref import WeakValueDictionary

from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.ports import Books
from services.marketplace.domain.wallet import Booking, Reservation, Wallet

ATTEMPTS: Final = 20
PAUSE_S: Final = 0.02


class Bookkeeper:
    """Takes an account's bookings in turn within this process; between processes the wallet's version decides."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, account_id: str, *, job_id: str, decide: Callable[[Wallet, Reservation | None], Booking]) -> Booking:
        """Return what was booked. Raise BooksChangedError when 20 attempts in a row were overtaken."""
        turn = self._turns.setdefault(account_id, asyncio.Lock())
        async with turn:
            return await self._until_booked(account_id, job_id, decide)

    async def _until_booked(self, account_id: str, job_id: str, decide: Callable[[Wallet, Reservation | None], Booking]) -> Booking:
        attempt = 0
        while True:
            attempt += 1
            # The wallet first: every writer changes its version, so one between the two reads is noticed when we write.
            wallet = await self.books.wallet(account_id)
            known = await self.books.reservation(job_id)
            booking = decide(wallet, known)
            if booking.reservation == known and not booking.movements:
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
