"""Where no gateway is: another server, an address that is none, a file that cannot be written, a pipe that nobody reads."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from modelbourse import Modelbourse, NotConnectedError, Retries, UnreadableAnswerError
from tests.certificates import Authority
from tests.client.command import PROGRAM, Command
from tests.client.people import Person
from tests.journeys.platform import ROOT

pytestmark = pytest.mark.journey


class Greeter(BaseHTTPRequestHandler):
    """Some other server, that says hello whatever it is asked."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>hello</html>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def greeting(tls: ssl.SSLContext | None = None) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Greeter) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True) if tls else server.socket
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def greeter() -> Iterator[str]:
    with greeting() as address:
        yield address


def test_an_answer_of_some_other_server_is_told_as_that(greeter: str, command: Command) -> None:
    with Modelbourse(greeter, "token") as client:
        with pytest.raises(UnreadableAnswerError, match="no gateway"):
            client.models.page()
        with pytest.raises(UnreadableAnswerError):
            client.call("GET", "/auth/me")

    done = command("models", "list", MODELBOURSE_URL=greeter, MODELBOURSE_TOKEN="token")
    assert (done.status, done.out, "no gateway" in done.err, "Traceback" in done.err) == (1, "", True, False)


def test_a_certificate_that_nobody_known_has_signed_is_not_believed(tmp_path: Path) -> None:
    stranger = Authority(tmp_path).issue("stranger")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(stranger.both)

    refused = pytest.raises(NotConnectedError, match="CERTIFICATE_VERIFY_FAILED")
    with greeting(tls) as address, Modelbourse(address, "token", retries=Retries(attempts=1)) as client, refused:
        client.call("GET", "/auth/me")


def test_an_address_that_is_none_is_told_at_once() -> None:
    with pytest.raises(NotConnectedError, match="http://"):
        Modelbourse("localhost:8000", "token")


def test_a_file_that_cannot_be_written_is_named(ada_types: Command, trained: str) -> None:
    done = ada_types("models", "plot", trained, "--output", "/no/such/folder/plot.png")

    assert (done.status, "/no/such/folder/plot.png" in done.err, "Traceback" in done.err) == (1, True, False)


def test_a_login_that_cannot_be_kept_says_so(command: Command, newcomer: Person, tmp_path: Path) -> None:
    (tmp_path / "modelbourse").write_text("a file where the folder should be")

    done = command("login", "--username", newcomer.username, MODELBOURSE_PASSWORD=newcomer.password)

    assert (done.status, str(tmp_path) in done.err, "Traceback" in done.err) == (1, True, False)


def test_a_reader_that_goes_away_ends_the_command_quietly(ada_types: Command, trained: str) -> None:
    line = f"{' '.join(PROGRAM)} predict {trained} AAPL MSFT --start 2001-01-01 --lines | head -n 1"

    done = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=ada_types.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stdout.startswith('{"symbol":"AAPL"')
    assert done.stderr == ""
