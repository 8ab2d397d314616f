"""HTTP connections: how many an address may have, how long a request and a reader may stand still, and answers to what is no HTTP.

uvicorn bounds none of it: a request that never ends, or an answer that nobody reads, holds its connection for ever.
"""

import asyncio
import fcntl
import ipaddress
import sys
import termios
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Final, cast

import orjson

from libs.chassis.errors import InvalidError
from services.gateway.inbound.http.deadline import ConnectionWithDeadline
from services.gateway.inbound.http.errors import standard_body
from services.gateway.inbound.http.headers import lines_of
from services.gateway.inbound.http.quick import ANSWER_WHOLE

STATUS_LINES: Final = {
    200: b"HTTP/1.1 200 OK",
    400: b"HTTP/1.1 400 Bad Request",
    408: b"HTTP/1.1 408 Request Timeout",
    413: b"HTTP/1.1 413 Content Too Large",
    503: b"HTTP/1.1 503 Service Unavailable",
}
# How long a client that was refused has to read why, before its connection is closed.
LINGER_S: Final = 2.0
AS_BEFORE: Final = -1.0
CODES: Final = {408: "REQUEST_TIMEOUT", 413: "PAYLOAD_TOO_LARGE", 503: "SERVICE_UNAVAILABLE"}


@dataclass(frozen=True)
class Connections:
    """The bounds, and how many connections each address has. Those of trusted proxies, who speak for many, are not counted."""

    most_by_address: int
    most_head_bytes: int
    headers_within_s: float
    body_stands_still_s: float
    reader_stands_still_s: float
    idle_s: float
    trusted: str
    by_address: Counter[str] = field(default_factory=Counter)

    def count(self, address: str) -> str | None:
        """Count a connection, and return its address, for `discount`; None when this address has no bound."""
        if self.trusted == "*" or _is_among(address, self.trusted.split(",")):
            return None
        self.by_address[address] += 1
        return address

    def discount(self, address: str | None) -> None:
        """Count a connection no more."""
        if address is not None:
            self.by_address[address] -= 1
            if self.by_address[address] <= 0:
                del self.by_address[address]


def protocol(connections: Connections) -> type[asyncio.Protocol]:
    """Return the class that uvicorn makes connections of."""
    return type("BoundedConnection", (BoundedConnection,), {"bounds": connections})


class _HeadTooLargeError(ValueError):
    """The parser stops, and uvicorn answers by `send_400_response`."""


class BoundedConnection(ConnectionWithDeadline):
    """One connection."""

    bounds: ClassVar[Connections]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address: str | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._reader: asyncio.TimerHandle | None = None
        # What the parser says of the deadline: it says so several times of most requests, which are read in one piece.
        self._next_within: float | None = AS_BEFORE
        self._unread = 0
        self._head_bytes = 0
        self._in_request = self._in_head = self._refused = self._upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's is so, too
        """Begin: the first request's headers must come soon."""
        super().connection_made(transport)
        self._address = self.bounds.count(self.client[0] if self.client else "")
        if self._address is not None and self.bounds.by_address[self._address] > self.bounds.most_by_address:
            self._refuse(503, f"There are {self.bounds.most_by_address} connections from this address already.")
            return
        self.within(self.bounds.headers_within_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._let_go()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; between two requests it may be nothing that begins one, and the connection is as idle as before."""
        if self._refused:
            return
        super().data_received(data)
        if self._refused or self._upgraded:
            return
        if self._next_within != AS_BEFORE:
            self.within(self._next_within)
            self._next_within = AS_BEFORE
        if not self._in_request and self._is_answered and not self.transport.is_closing():
            self.within(self.bounds.idle_s if self.cycle else self.bounds.headers_within_s)

    @property
    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def on_message_begin(self) -> None:
        """Hear a request's first byte: all its headers must come soon."""
        super().on_message_begin()
        self._head_bytes, self._in_request, self._in_head = 0, True, True
        self._next_within = self.bounds.headers_within_s

    def on_url(self, url: bytes) -> None:
        """Hear a piece of the address."""
        self._head_bytes += len(url)
        if self._head_bytes > self.bounds.most_head_bytes:
            raise _HeadTooLargeError
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Hear a header, or what trails a body sent in pieces."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > self.bounds.most_head_bytes:
            raise _HeadTooLargeError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hear the headers' end: what comes of the body must not stand still."""
        self._in_head = False
        self._next_within = self.bounds.body_stands_still_s
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:  # else it is to become a socket, or is read again
            cast("dict[str, Any]", self.scope)[ANSWER_WHOLE] = partial(_answer_whole, self.cycle)

    def on_body(self, body: bytes) -> None:
        """Hear a piece of the body."""
        self._next_within = self.bounds.body_stands_still_s
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Hear the request's end: the answer may take its time."""
        self._in_request = False
        self._next_within = self.bounds.idle_s if self._is_answered else None
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to a WebSocket, which is counted by itself (live/protocol.py)."""
        super().handle_websocket_upgrade()
        self._upgraded = True
        self._let_go()

    def pause_writing(self) -> None:
        """Hear that the reader is slower than the answer: it must go on reading."""
        super().pause_writing()
        self._watch_reader()

    def on_response_complete(self) -> None:
        """Hear the answer's end: what is not sent yet must be read, also when the connection is to be closed after it.

        It does what uvicorn's does, but for the timer that this sets at each answer.
        """
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
            elif not self._in_request:
                self.within(self.bounds.idle_s)
        self._watch_reader()

    def _watch_reader(self) -> None:
        if self._reader:
            self._reader.cancel()
        self._unread, self._reader = unread_of(self.transport), None
        if self._unread:
            self._reader = self.loop.call_later(self.bounds.reader_stands_still_s, self._look_at_reader)

    def _look_at_reader(self) -> None:
        # While writing is paused, and after an answer's end, nothing is added: what waits has shrunk, or nobody reads.
        nothing_is_added = self.flow.write_paused or self._is_answered
        if nothing_is_added and unread_of(self.transport) >= self._unread:
            self.transport.abort()  # Closing would wait for the reader.
        else:
            self._watch_reader()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or has a head without end."""
        if self._head_bytes > self.bounds.most_head_bytes:
            most = self.bounds.most_head_bytes
            self._refuse(413, f"The request's address and headers are too large; at most {most} bytes are read.")
        else:
            self._refuse(400, msg.replace("received", "was received"))

    def too_late(self, seconds: float) -> None:
        """Close what is idle, and refuse what did not come."""
        if self.flow.read_paused or self._answers_another:  # It is we who do not read, or do not answer yet.
            self.within(seconds)
        elif self._is_answered and self.cycle and not self._in_head:
            self.transport.close()  # Idle, or what is left of a request that was refused before its body had come.
        elif self._is_answered:
            self._refuse(408, f"The request did not come within {seconds:g} s.")
        elif not self.cycle.response_started:
            self.cycle.disconnected = True  # What the application says now goes nowhere.
            self._refuse(408, f"The request's body stood still for {seconds:g} s.")
        else:
            self.transport.close()

    @property
    def _answers_another(self) -> bool:
        """Whether an earlier request of this connection is still being answered."""
        return self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body

    def _refuse(self, status: int, message: str) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(refusal(status, message))
        # Closed at once, with something unread, the connection would be reset, and the answer lost with it.
        self._refused = True
        self.transport.write_eof()
        self.end_deadline()
        self._lingering = self.loop.call_later(LINGER_S, self.transport.close)

    def _let_go(self) -> None:
        self.end_deadline()
        for timer in (self._lingering, self._reader):
            if timer:
                timer.cancel()
        self.bounds.discount(self._address)
        self._address = None


def refusal(status: int, message: str) -> bytes:
    """Return the answer after which the connection is closed."""
    body: Any = standard_body(InvalidError(message))
    body["error"]["code"] = CODES.get(status, body["error"]["code"])
    content = orjson.dumps(body)
    head = (STATUS_LINES[status], b"content-type: application/json", b"content-length: %d" % len(content), b"connection: close")
    return b"\r\n".join((*head, b"", content))


def _answer_whole(cycle: Any, head: bytes, body: bytes) -> bool:
    """Write an answer of status 200 at once, as uvicorn does in two steps; return False where only uvicorn itself can.

    The head's lines are the gate's own, so that nothing has to be looked for in them.
    """
    if cycle.response_started or cycle.disconnected or not cycle.keep_alive or cycle.flow.write_paused:
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue, cycle.chunked_encoding, cycle.expected_content_length = False, False, 0
    cycle.transport.write(b"".join((STATUS_LINES[200], b"\r\n", lines_of(cycle.default_headers), head, b"\r\n", body)))
    cycle.message_event.set()
    cycle.on_response()
    return True


def unread_of(transport: asyncio.WriteTransport) -> int:
    """Return the bytes that wait for the reader, here and in the kernel; 0 when none wait here.

    The kernel takes more only when much of what it has is read: without its share a slow reader would seem to stand still.
    """
    here = transport.get_write_buffer_size()
    if not here:
        return 0
    queued = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    return here + int.from_bytes(queued, sys.byteorder)


def _is_among(address: str, trusted: Sequence[str]) -> bool:
    try:
        wanted = ipaddress.ip_address(address)
        return any(wanted in ipaddress.ip_network(each.strip(), strict=False) for each in trusted if each.strip())
    except ValueError:
        return address in trusted
