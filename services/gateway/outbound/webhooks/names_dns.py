"""Addresses of hosts, as this machine resolves them."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Final

# Names are given by users, and a slow one holds a thread: there are as many as deliveries side by side, of which one account has a few.
THREADS: Final = 32


class NamesDns:
    """Implements the port Names."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="names")

    async def addresses_of(self, host: str, port: int) -> tuple[str, ...]:
        """Return a host's addresses, those to be tried first in front; none when it is not known."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
        except (OSError, UnicodeError):  # Not found, or no name at all.
            return ()


def _look_up(host: str, port: int) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[4][0]) for place in found))
