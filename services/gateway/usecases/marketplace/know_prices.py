"""Know what the platform charges, and in which currency."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from libs.chassis.bus.port import AskRefusedError, AskTimeoutError
from libs.chassis.errors import PlatformError, UnavailableError
from libs.contracts.marketplace import Prices
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import Marketplace

# Prices change with a release or a setting of the marketplace, so with a restart of it.
FRESH_FOR: Final = timedelta(minutes=10)
# Pages wait for prices: while the marketplace is away, one look in so long does, and others meanwhile have what is known.
AGAIN_AFTER: Final = timedelta(seconds=10)


@dataclass(slots=True)
class KnowPrices:
    """Asks the marketplace, and remembers its answer for a while: amounts are shown on many pages."""

    marketplace: Marketplace
    clock: Clock
    _known: Prices | None = None
    _failure: PlatformError | None = None
    _look_at: datetime | None = None
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self) -> Prices:
        """Return the prices, older ones while the marketplace is away.

        Raise AskTimeoutError, AskRefusedError (a marketplace of a release before) or UnavailableError without any.
        """
        if self._known is not None and self._one.locked():
            return self._known
        async with self._one:
            if self._look_at is None or self.clock() >= self._look_at:
                await self._look()
            if self._known is not None:
                return self._known
            assert self._failure is not None
            # It is raised again and again: each time without the frames of the time before.
            raise self._failure.with_traceback(None)

    async def _look(self) -> None:
        try:
            self._known = await self.marketplace.prices()
        except (AskTimeoutError, AskRefusedError, UnavailableError) as error:
            self._failure, self._look_at = error, self.clock() + AGAIN_AFTER
        else:
            self._look_at = self.clock() + FRESH_FOR
