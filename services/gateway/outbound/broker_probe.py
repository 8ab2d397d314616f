"""Whether a Kafka broker answers: one `ApiVersions` request on a connection of its own, which every broker knows and answers before a login."""

import asyncio
import ssl
import struct
from typing import Final

from libs.chassis.bus.port import BrokerAwayError

API_VERSIONS: Final = 18
CORRELATION: Final = 1
# Kafka's protocol guide: length, then the header (api key, version, correlation id, null client id); version 0 has no body.
REQUEST: Final = struct.pack(">ihhih", 10, API_VERSIONS, 0, CORRELATION, -1)
ANSWER: Final = struct.Struct(">ii")
ONE_WITHIN_S: Final = 0.8


async def broker_answers(bootstrap: str, *, security: ssl.SSLContext | None = None) -> None:
    """Return when one of the brokers (`host:port[,host:port]`) answers. Raise BrokerAwayError when none does.

    `security` is how their certificates are checked; without it they are spoken to in the clear.
    """
    found = await asyncio.gather(*(_answers(address.strip(), security) for address in bootstrap.split(",")))
    if not any(found):
        raise BrokerAwayError


async def _answers(address: str, security: ssl.SSLContext | None) -> bool:
    host, _, port = address.rpartition(":")
    writer = None
    try:
        async with asyncio.timeout(ONE_WITHIN_S):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=security)
            writer.write(REQUEST)
            _, correlation = ANSWER.unpack(await reader.readexactly(ANSWER.size))
            return bool(correlation == CORRELATION)
    except (OSError, EOFError, TimeoutError, ValueError):
        return False
    finally:
        if writer is not None:
            writer.close()
