"""WebSocket connections: counted like those that speak HTTP, and broken off when nobody reads.

uvicorn keeps for ever what a reader does not take, and writes addresses with their `?token=…` to its log.
"""

import asyncio
import logging
from typing import Any, ClassVar, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from services.gateway.inbound.http.connections import Connections, refusal

LOG: Final = "uvicorn.websockets"
# Clients say who they are, and nothing else.
SAID_MOST: Final = 16_384  # bytes


def socket_protocol(connections: Connections) -> type[asyncio.Protocol]:
    """Return the class that uvicorn makes of a connection that asks to be a WebSocket."""
    logging.getLogger(LOG).setLevel(logging.WARNING)
    return type("BoundedSocket", (BoundedSocket,), {"bounds": connections})


class BoundedSocket(WebSocketsSansIOProtocol):
    """One connection."""

    bounds: ClassVar[Connections]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = logging.getLogger(LOG)
        self._address: str | None = None
        self._reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, and count it: it was counted as an HTTP connection until now."""
        super().connection_made(transport)
        self._address = self.bounds.count(self.client[0] if self.client else "")

    def data_received(self, data: bytes) -> None:
        """Take what came; a handshake that `websockets` cannot read, of which uvicorn is told nothing, is refused."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(refusal(400, f"The WebSocket handshake cannot be read: {self.conn.handshake_exc}."))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._read_on()
        self.bounds.discount(self._address)
        super().connection_lost(exc)

    async def send(self, message: Any) -> None:
        """Send; a handshake that was answered by HTTP is complete, and no error of ours, for which uvicorn would log it."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True

    def pause_writing(self) -> None:
        """Hear that the reader is slower than what it is told: it must go on reading."""
        super().pause_writing()
        # Closing would wait for the reader.
        self._reader = self.loop.call_later(self.bounds.reader_stands_still_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Hear that it has read."""
        self._read_on()
        super().resume_writing()

    def _read_on(self) -> None:
        if self._reader:
            self._reader.cancel()
            self._reader = None
