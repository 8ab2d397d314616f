"""A load generator that costs little: HTTP/1.1 keep-alive connections, each sending its next request when the last is answered."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import uvloop


@dataclass(frozen=True)
class Latencies:
    """What a run measured, in seconds; sorted."""

    seconds: list[float]
    took: float

    @property
    def throughput(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.took

    def at(self, share: float) -> float:
        """Milliseconds within which this share of requests was answered."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))] * 1000


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], counter: "_Counter") -> None:
        self._requests, self._counter = requests, counter
        self._buffer = bytearray()
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its class
        self._next()

    def _next(self) -> None:
        if not self._counter.take():
            self._transport.close()
            self.done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        start = self._buffer.lower().find(b"content-length:", 0, head) + 15
        length = int(self._buffer[start : self._buffer.find(b"\r\n", start)])
        if len(self._buffer) < head + 4 + length:
            return
        assert self._buffer.startswith(b"HTTP/1.1 200"), bytes(self._buffer[:600])
        self._counter.seconds.append(time.perf_counter() - self._sent)
        self._buffer.clear()
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError())


class _Counter:
    def __init__(self, requests: int) -> None:
        self._left = requests
        self.seconds: list[float] = []

    def take(self) -> bool:
        self._left -= 1
        return self._left >= 0


def measure(host: str, port: int, *, path: str, bodies: Sequence[bytes], concurrency: int, requests: int, token: str = "") -> Latencies:
    """Send `requests` POSTs over `concurrency` connections, their bodies one after another from `bodies`; fail on any answer but 200."""
    login = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{login}Content-Type: application/json\r\n"
    whole = itertools.cycle([f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies])

    async def run() -> Latencies:
        loop, counter = asyncio.get_running_loop(), _Counter(requests)
        began = time.perf_counter()
        made = [await loop.create_connection(lambda: _Connection(whole, counter), host, port) for _ in range(concurrency)]
        await asyncio.gather(*(connection.done for _, connection in made))
        return Latencies(sorted(counter.seconds), time.perf_counter() - began)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())
