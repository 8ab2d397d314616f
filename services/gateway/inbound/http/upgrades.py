"""HTTP connections on which an upgrade that is not taken is ignored (RFC 9110, section 7.8).

uvicorn's parser takes the request to end with its head then: the body would be lost, or even be read as a request of its own.
"""

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class UpgradeIgnoringConnection(HttpToolsProtocol):
    """uvicorn's connection; a request with an upgrade that is not taken is read again, without it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_again: bytes | None = None

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        try:
            self._parse(memoryview(data))
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def _parse(self, rest: memoryview) -> None:
        while rest:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                if self._read_again is None:
                    self.handle_websocket_upgrade()
                    return
                rest = rest[upgrade.args[0] :]
            else:
                return
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
            self.parser.feed_data(self._read_again)

    def on_headers_complete(self) -> None:
        """Hear the headers' end."""
        self._read_again = None
        if self.parser.should_upgrade() and not self._should_upgrade():
            self._read_again = self._head_without_upgrade()
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Hear the request's end."""
        if self._read_again is None:
            super().on_message_complete()

    def _should_upgrade(self) -> bool:
        # A handshake is a GET without a body (RFC 6455, section 4.1).
        has_body = any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in self.headers)
        return super()._should_upgrade() and self.parser.get_method() == b"GET" and not has_body

    def _head_without_upgrade(self) -> bytes:
        method = self.parser.get_method()
        if method == b"CONNECT":
            msg = "a tunnel is an upgrade by its method"
            raise ValueError(msg)  # The parser stops, and `send_400_response` answers.
        lines = [b"%b: %b\r\n" % (name, value) for name, value in self.headers if name != b"upgrade"]
        version = self.parser.get_http_version().encode()
        return b"".join((b"%b %b HTTP/%b\r\n" % (method, self.url, version), *lines, b"\r\n"))
