"""Free TCP ports on loopback."""

import secrets
import socket
from typing import Final

# Below the ports that Linux gives to outgoing connections (from 32768): one of those may be taken by any connection before
# whoever asked for it here listens. Above them lie the ports of Ray's workers (deploy/local/platform.py).
FIRST: Final = 10_000
LAST: Final = 19_999


def is_free(port: int) -> bool:
    """Return whether nothing listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ports that are free now and differ from each other, chosen at random so that platforms side by side do not meet."""
    chosen: set[int] = set()
    while len(chosen) < count:
        port = FIRST + secrets.randbelow(LAST - FIRST + 1)
        if is_free(port):
            chosen.add(port)
    return list(chosen)
