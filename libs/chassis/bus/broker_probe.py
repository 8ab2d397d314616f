"""Whether a Kafka broker answers, which it does before a login."""

import asyncio
import ssl
from typing import Final

from libs.chassis.bus.connection import greet
from libs.chassis.bus.port import BrokerAwayError
from libs.chassis.store_addresses import BrokerAddress, broker_addresses

ONE_WITHIN_S: Final = 0.8


async def broker_answers(bootstrap: str, *, security: ssl.SSLContext | None = None) -> None:
    """Return when one of the brokers (`host:port[,host:port]`) answers. Raise BrokerAwayError when none does.

    `security` is how their certificates are checked; without it they are spoken to in the clear.
    """
    found = await asyncio.gather(*(_answers(address, security) for address in broker_addresses(bootstrap)))
    if not any(found):
        raise BrokerAwayError


async def _answers(address: BrokerAddress, security: ssl.SSLContext | None) -> bool:
    try:
        async with asyncio.timeout(ONE_WITHIN_S):
            await greet(address, security)
    except (OSError, EOFError, ValueError):
        return False
    return True
