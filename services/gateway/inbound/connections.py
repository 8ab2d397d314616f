"""HTTP connections: how many an address may have, how long a request may take to come, and answers to what is no HTTP.

uvicorn bounds neither: a request that never ends holds its connection for ever.
"""

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from libs.chassis.errors import InvalidError
from services.gateway.inbound.error_answers import standard_body

STATUS_LINES: Final = {400: b"HTTP/1.1 400 Bad Request", 408: b"HTTP/1.1 408 Request Timeout", 503: b"HTTP/1.1 503 Service Unavailable"}
CODES: Final = {408: "REQUEST_TIMEOUT", 503: "SERVICE_UNAVAILABLE"}


@dataclass(frozen=True)
class Connections:
    """The bounds, and how many connections each address has. Those of trusted proxies, who speak for many, are not counted."""

    most_by_address: int
    headers_within_s: float
    body_stands_still_s: float
    trusted: str
    by_address: Counter[str] = field(default_factory=Counter)

    def counts(self, address: str) -> bool:
        """Tell whether this address has a bound."""
        return self.trusted != "*" and not _is_among(address, self.trusted.split(","))


def protocol(connections: Connections) -> type[asyncio.Protocol]:
    """Return the class that uvicorn makes connections of."""
    return type("BoundedConnection", (BoundedConnection,), {"bounds": connections})


class BoundedConnection(HttpToolsProtocol):
    """One connection."""

    bounds: ClassVar[Connections]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address: str | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's is so, too
        """Begin: the first request's headers must come soon."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if self.bounds.counts(address):
            self._address = address
            self.bounds.by_address[address] += 1
            if self.bounds.by_address[address] > self.bounds.most_by_address:
                self._refuse(503, f"There are {self.bounds.most_by_address} connections from this address already.")
                return
        self._within(self.bounds.headers_within_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._let_go()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to another protocol, which has bounds of its own."""
        self._let_go()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """Hear a request's first byte: all its headers must come soon."""
        super().on_message_begin()
        self._within(self.bounds.headers_within_s)

    def on_headers_complete(self) -> None:
        """Hear the headers' end: what comes of the body must not stand still."""
        self._within(self.bounds.body_stands_still_s)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hear a piece of the body."""
        self._within(self.bounds.body_stands_still_s)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Hear the request's end: the answer may take its time."""
        self._within(None)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400, msg.replace("received", "was received"))

    def _within(self, seconds: float | None) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self._too_late, seconds) if seconds is not None else None

    def _too_late(self, seconds: float) -> None:
        if self.flow.read_paused:  # It is we who do not read.
            self._within(seconds)
        elif self.cycle is None or self.cycle.response_complete:
            self._refuse(408, f"The request did not come within {seconds:g} s.")
        elif not self.cycle.response_started:
            self.cycle.disconnected = True  # What the application says now goes nowhere.
            self._refuse(408, f"The request's body stood still for {seconds:g} s.")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        body: Any = standard_body(InvalidError(message))
        body["error"]["code"] = CODES.get(status, body["error"]["code"])
        content = orjson.dumps(body)
        head = (STATUS_LINES[status], b"content-type: application/json", b"content-length: %d" % len(content), b"connection: close")
        self.transport.write(b"\r\n".join((*head, b"", content)))
        self.transport.close()

    def _let_go(self) -> None:
        self._within(None)
        if self._address is not None:
            self.bounds.by_address[self._address] -= 1
            if self.bounds.by_address[self._address] <= 0:
                del self.bounds.by_address[self._address]
            self._address = None


def _is_among(address: str, trusted: Sequence[str]) -> bool:
    try:
        wanted = ipaddress.ip_address(address)
        return any(wanted in ipaddress.ip_network(each.strip(), strict=False) for each in trusted if each.strip())
    except ValueError:
        return address in trusted
