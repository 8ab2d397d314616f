"""What is fetched is what was sent, or is not there."""

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from modelbourse import Modelbourse
from modelbourse.errors import NotConnectedError

CONTENT = b"weights"


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.send_header("X-Checksum-SHA256", hashlib.sha256(CONTENT if "whole" in self.path else b"other").hexdigest())
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def client() -> Iterator[Modelbourse]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with Modelbourse(f"http://127.0.0.1:{server.server_port}", "a-token") as client:
        yield client
    server.shutdown()
    server.server_close()


def test_a_file_whose_checksum_is_another_is_not_kept(client: Modelbourse, tmp_path: Path) -> None:
    assert client.builder.files.get("models/whole", tmp_path).read_bytes() == CONTENT

    with pytest.raises(NotConnectedError, match="it was damaged on its way"):
        client.builder.files.get("models/damaged", tmp_path)
    with pytest.raises(NotConnectedError, match="it was damaged on its way"):
        client.builder.registry.download("news", 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
