"""Find the candles that an account has of its own, wherever a symbol is used; from memory on the hot path."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from libs.chassis.errors import UnavailableError
from libs.chassis.single_flight import SingleFlight
from libs.market.own import OwnCatalogue, catalogue_of
from services.gateway.domain.datasets.ports import OwnSymbols
from services.gateway.domain.remembered import LAST_KNOWN_LIFE_S, Remembered

PATIENCE_S: Final = 0.2


class FindOwn:
    """What an account has is remembered for a second, as models are: another gateway's new version shows within it, this one's at once."""

    def __init__(self, symbols: OwnSymbols, clock: Callable[[], float] = time.monotonic) -> None:
        self._symbols = symbols
        self._known: Remembered[tuple[str, bool], OwnCatalogue] = Remembered(clock)
        self._looking: SingleFlight[OwnCatalogue] = SingleFlight()

    async def __call__(self, account_id: str, *, columns: bool = False) -> OwnCatalogue:
        """Return the account's own candles, with their columns or not; while the store is away or slow, what was last known of them.

        Raise UnavailableError.
        """
        wanted = (account_id, columns)
        found = self._known.get(wanted)
        if found is not None and self._known.is_fresh(wanted):
            return found
        # Who asks after a change joins no reading from before it.
        key, read = (*wanted, self._known.generation), partial(self._read, wanted, self._known.generation)
        if found is not None:
            self._looking.begin(key, read)
            return found
        last = self._known.get(wanted, life_s=LAST_KNOWN_LIFE_S)
        try:
            async with asyncio.timeout(PATIENCE_S if last else None):
                return await self._looking(key, read)
        except (TimeoutError, UnavailableError):
            if last is None:
                raise
            return last

    def remembered(self, account_id: str) -> OwnCatalogue | None:
        """Return the account's own candles where they are known without the store; they are read ahead of time."""
        wanted = (account_id, False)
        found = self._known.get(wanted)
        if found is not None and not self._known.is_fresh(wanted):
            self._looking.begin((*wanted, self._known.generation), partial(self._read, wanted, self._known.generation))
        return found

    async def newest(self, account_id: str) -> OwnCatalogue:
        """Return the account's own candles as the store has them now, with columns: what a job is begun on. Raise UnavailableError."""
        return await self._read((account_id, True), self._known.generation)

    def forget(self, account_id: str) -> None:
        """Read anew from now on: a dataset has another version, or is gone."""
        for columns in (True, False):
            self._known.forget((account_id, columns))

    async def _read(self, wanted: tuple[str, bool], generation: int) -> OwnCatalogue:
        account_id, columns = wanted
        found = catalogue_of(await self._symbols.of(account_id, columns=columns))
        # Who asks without columns is not told of less than who has asked with them.
        for each in {columns, False}:
            self._known.keep((account_id, each), found, generation=generation)
        return found
