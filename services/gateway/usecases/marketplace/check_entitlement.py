"""Tell whether an account has subscribed to somebody else's model; on the gateway's hot path."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from libs.chassis.errors import UnavailableError
from libs.chassis.single_flight import SingleFlight
from services.gateway.domain.marketplace.errors import SubscriptionRequiredError
from services.gateway.domain.marketplace.ports import Entitlement, Entitlements
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.remembered import LAST_KNOWN_LIFE_S, Remembered

PATIENCE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class CheckEntitlement:
    """Reads no store while a entitlement is remembered: a second long, a minute while the store is away."""

    entitlements: Entitlements
    clock: Clock
    known: Remembered[tuple[str, str], Entitlement] = field(default_factory=Remembered)
    looking: SingleFlight[Entitlement] = field(default_factory=SingleFlight)

    def remembers(self, model_id: str, *, account_id: str) -> bool:
        """Tell whether it was subscribed to a moment ago."""
        return self.known.get((model_id, account_id)) is not None

    async def __call__(self, model_id: str, *, account_id: str) -> Entitlement:
        """Return what the account may use of the model.

        Raise ModelNotFoundError when it never subscribed, SubscriptionRequiredError when that is over, or UnavailableError.
        """
        key = (model_id, account_id)
        entitlement = self.known.get(key) or await self._look_up(key)
        if entitlement.until <= self.clock():
            raise SubscriptionRequiredError
        if not self.known.is_fresh(key):
            self.looking.begin(*self._reading(key))
        return entitlement

    def forget(self, model_id: str, *, account_id: str) -> None:
        """Something changed."""
        self.known.forget((model_id, account_id))

    async def _look_up(self, key: tuple[str, str]) -> Entitlement:
        last = self.known.get(key, life_s=LAST_KNOWN_LIFE_S)
        try:
            async with asyncio.timeout(PATIENCE_S if last else None):
                return await self.looking(*self._reading(key))
        except (TimeoutError, UnavailableError):
            if last is None:
                raise
            return last

    def _reading(self, key: tuple[str, str]) -> tuple[object, Callable[[], Coroutine[Any, Any, Entitlement]]]:
        """Return a look into the store, and what it is known by: who asks after a change joins none from before it."""
        generation = self.known.generation
        return (*key, generation), partial(self._read, key, generation=generation)

    async def _read(self, key: tuple[str, str], *, generation: int) -> Entitlement:
        model_id, account_id = key
        entitlement = await self.entitlements.entitlement(model_id, account_id=account_id)
        if entitlement is None:
            raise ModelNotFoundError(model_id)
        return self.known.keep(key, entitlement, generation=generation)
