"""Stories at the socket: who sends too much, too slowly, too often, or no HTTP at all is answered, and holds up nobody."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from services.gateway.inbound.http.connections import unread_of
from services.gateway.serving import serving
from tests.gateway.conftest import OpenDesk
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON = {"content-type": "application/json"}
MOST = 3
REGISTER = b"POST /auth/register HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(open_desk: OpenDesk) -> AsyncIterator[str]:
    """The address of a gateway that waits for nobody long, and has no trusted proxies."""
    patience: dict[str, Any] = {"header_timeout": 0.5, "body_timeout": 0.5, "answer_timeout": 0.5, "idle_timeout": 1}
    desk = await open_desk(max_body_bytes=100_000, port=0, trusted_proxies="", connections_per_address=MOST, **patience)
    async with serving(desk.gateway.app, desk.settings) as address:
        yield address


async def said(address: str, *pieces: bytes) -> tuple[int, Any]:
    """Send pieces and read until the gateway closes; return the last answer's status and JSON."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.rpartition(b"\r\n\r\n")
    return int(head.rpartition(b"HTTP/1.1 ")[2][:3]), orjson.loads(body)


def request(*lines: str) -> bytes:
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["GET /livez HTTP/1.1", "Host: a"], 200),
        (["GET http://elsewhere.example/livez HTTP/1.1", "Host: a"], 200),
        (["GET /livez HTTP/1.0"], 200),
        (["OPTIONS * HTTP/1.1", "Host: a"], 404),
        (["GET * HTTP/1.1", "Host: a"], 404),
        (["GET /livez HTTP/1.1"], 400),
        (["GET /livez HTTP/1.1", "Host: a", "Host: b"], 400),
        (["CONNECT elsewhere.example:443 HTTP/1.1", "Host: a"], 400),
        (["GET livez HTTP/1.1", "Host: a"], 400),
        (["GET /livez HTTP/9.9", "Host: a"], 400),
        (["nonsense"], 400),
        (["GET /livez HTTP/1.1", "Host: a", "Content-Length: many"], 400),
    ],
)
async def test_an_odd_request_line_is_answered_in_our_words(served: str, lines: Sequence[str], status: int) -> None:
    answered, body = await said(served, request(*lines))

    assert answered == status, body
    assert status == 200 or set(body) == {"error", "timestamp"}


@pytest.mark.parametrize(
    "wish",
    [
        b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n",
    ],
    ids=["h2c", "websocket"],
)
@pytest.mark.parametrize("apart", [False, True], ids=["at once", "in two pieces"])
async def test_a_body_is_its_request_s_also_where_another_protocol_is_wished_for(served: str, wish: bytes, apart: bool) -> None:
    inner = b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Request-Id: inner\r\n\r\n"
    head = b"POST /auth/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n" + wish
    reader, writer = await asyncio.open_connection(*served.removeprefix("http://").split(":"))
    first = b"grant_type=refresh_token&refresh_token=none"

    for body in (first, inner):
        pieces = (head + b"Content-Length: %d\r\n\r\n" % len(body), body)
        for piece in pieces if apart else (b"".join(pieces),):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
    writer.write(request("GET /livez HTTP/1.1", "Host: a"))
    answers = (await asyncio.wait_for(reader.read(), 60)).split(b"HTTP/1.1 ")[1:]
    writer.close()

    assert [each[:3] for each in answers] == [b"400", b"400", b"200"], answers
    assert ["password grant" in each.decode() for each in answers] == [False, True, False], answers
    assert all(b"inner" not in each for each in answers)


async def test_a_large_upload_gets_its_413_also_over_a_socket(served: str) -> None:
    async with httpx.AsyncClient(base_url=served) as client:

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(60):
                yield b" " * 100_000

        told = await client.post("/auth/register", headers=JSON, content=b" " * 6_000_000)
        untold = await client.post("/auth/register", headers=JSON, content=pieces())
        after = await client.get("/livez")

    assert (told.status_code, untold.status_code, after.status_code) == (413, 413, 200)


@pytest.mark.parametrize("length", [b"9" * 16, b"0" * 20 + b"200000", b"9" * 18])
async def test_a_length_of_many_digits_is_counted(served: str, length: bytes) -> None:
    status, body = await said(served, REGISTER + b"Connection: close\r\nContent-Length: " + length + b"\r\n\r\n" + b" " * 1000)

    assert status == 413, body


async def test_who_never_ends_a_request_is_told_and_let_go(served: str) -> None:
    headers = await said(served, b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: ")
    body = await said(served, REGISTER + b"Content-Length: 500\r\n\r\n{")
    nothing = await said(served, b"")

    assert [status for status, _ in (headers, body, nothing)] == [408, 408, 408]
    assert [answer["error"]["code"] for _, answer in (headers, body, nothing)] == ["REQUEST_TIMEOUT"] * 3


async def test_a_head_without_end_is_refused_while_it_comes(served: str) -> None:
    line = b"X-Much: " + b"x" * 8000 + b"\r\n"

    header = await said(served, b"GET /livez HTTP/1.1\r\nHost: a\r\n", *[line] * 20)
    address = await said(served, b"GET /livez?q=", *[b"x" * 8000] * 20)

    assert [status for status, _ in (header, address)] == [413, 413]
    assert header[1]["error"]["code"] == address[1]["error"]["code"] == "PAYLOAD_TOO_LARGE"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", b""),
        (b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n"),
        (REGISTER + b"Content-Length: 500000\r\n\r\n", b" " * 1000),
        (REGISTER + b"Content-Length: 500000\r\n\r\n", b" " * 500_000),
    ],
    ids=["nothing", "an empty line", "a part of the body", "all of the body"],
)
async def test_a_connection_that_was_answered_and_is_idle_then_is_closed(served: str, first: bytes, then: bytes) -> None:
    reader, writer = await asyncio.open_connection(*served.removeprefix("http://").split(":"))

    writer.write(first)
    answered = await reader.readuntil(b"\r\n\r\n")
    writer.write(then)
    rest = await asyncio.wait_for(reader.read(), 60)
    writer.close()

    assert answered.startswith((b"HTTP/1.1 200", b"HTTP/1.1 413"))
    assert b"HTTP/1.1" not in rest


async def test_an_address_has_so_many_connections_and_no_more(served: str) -> None:
    place = served.removeprefix("http://").split(":")
    held = [await asyncio.open_connection(*place) for _ in range(MOST)]

    status, body = await said(served, b"")
    for reader, writer in held:
        writer.close()
        await reader.read()

    assert (status, body["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    async with httpx.AsyncClient(base_url=served) as client:
        assert (await client.get("/livez")).status_code == 200


class Reader:
    """Asks for far more than fits between two sockets, and reads it when the story says so."""

    TIMES = 60

    def __init__(self, address: str) -> None:
        host, port = address.removeprefix("http://").split(":")
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.socket.connect((host, int(port)))
        self.socket.setblocking(False)
        self.loop = asyncio.get_running_loop()

    async def ask(self, *, last: bytes) -> None:
        line = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n"
        await self.loop.sock_sendall(self.socket, (line + b"\r\n") * (self.TIMES - 1) + line + last + b"\r\n")

    async def read(self) -> bytes:
        """Return the next piece, nothing at the end; also an end that is a break."""
        try:
            return await self.loop.sock_recv(self.socket, 262_144)
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("last", [b"", b"Connection: close\r\n"], ids=["and stays", "and is the last"])
async def test_who_does_not_read_the_answer_is_let_go(served: str, last: bytes) -> None:
    readers = [Reader(served) for _ in range(MOST)]
    for reader in readers:
        await reader.ask(last=last)

    async def all_are_gone() -> bool:
        # As many connections at once as an address may have: not one of the readers' is left.
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(httpx.AsyncClient(base_url=served, timeout=None)) for _ in range(MOST)]
            return {(await client.get("/livez")).status_code for client in clients} == {200}

    await until(all_are_gone)
    for reader in readers:
        read = b"".join([piece async for piece in pieces_of(reader)])
        reader.socket.close()
        assert read.count(b"HTTP/1.1 200") < Reader.TIMES


async def test_what_a_slow_reader_takes_is_seen_long_before_the_kernel_asks_for_more() -> None:
    written = asyncio.Queue[asyncio.Transport]()

    class Writer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.write(bytes(32_000_000))
            written.put_nowait(transport)

    server = await asyncio.get_running_loop().create_server(Writer, "127.0.0.1", 0)
    reader = Reader(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    transport = await written.get()

    for _ in range(5):
        before = unread_of(transport)
        for _ in range(4):
            await reader.read()

        async def shows(before: int = before) -> bool:
            return unread_of(transport) < before

        await until(shows)

    reader.socket.close()
    transport.abort()
    server.close()


async def pieces_of(reader: Reader) -> AsyncIterator[bytes]:
    while piece := await reader.read():
        yield piece
