"""Find where a webhook's URL leads, and refuse what nothing may be sent to."""

import asyncio
from dataclasses import dataclass, replace

from services.gateway.domain.webhooks.errors import TargetRefusedError
from services.gateway.domain.webhooks.ports import Names
from services.gateway.domain.webhooks.urls import Target, check_addresses, read_url


@dataclass(frozen=True, slots=True)
class FindTarget:
    """Asked when a webhook is made and again for each attempt: a name may lead elsewhere by then."""

    names: Names
    development: bool
    within_s: float = 5.0

    async def __call__(self, url: str) -> Target:
        """Return the target with the addresses that may be connected to. Raise TargetRefusedError."""
        target = read_url(url, development=self.development)
        try:
            async with asyncio.timeout(self.within_s):
                addresses = await self.names.addresses_of(target.host, target.port)
        except TimeoutError:
            problem = f"The name '{target.host[:100]}' was not resolved within {self.within_s:g} s."
            raise TargetRefusedError(problem) from None
        check_addresses(target, addresses, development=self.development)
        return replace(target, addresses=addresses)
