"""Stories at the socket: who sends too much, too slowly, too often, or no HTTP at all is answered, and holds up nobody."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio

from services.gateway.inbound.http.connections import unread_of
from services.gateway.serving import serving
from tests.gateway.conftest import Desk, OpenDesk
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON = {"content-type": "application/json"}
MOST = 3
REGISTER = b"POST /auth/register HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(open_desk: OpenDesk) -> Desk:
    """A gateway without trusted proxies."""
    return await open_desk(max_body_bytes=100_000, port=0, trusted_proxies="", connections_per_address=MOST)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(doors: Desk) -> AsyncIterator[str]:
    """Its address."""
    async with hurried(doors) as address:
        yield address


def hurried(doors: Desk, **bounds: float) -> AbstractAsyncContextManager[str]:
    """Open a door of the gateway that waits for nobody longer than these bounds say; yield its address."""
    return serving(doors.gateway.app, doors.settings.model_copy(update=bounds))


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


NOBODY = orjson.dumps({"email": "nobody"})
INNER = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
HANDSHAKE = (
    b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


def registering(*lines: bytes, body: bytes = NOBODY, chunked: bool = False) -> tuple[bytes, bytes]:
    """A head, and its body."""
    framing = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: %d\r\n" % len(body)
    head = REGISTER + b"".join(lines) + framing + b"\r\n"
    return head, b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body


async def exchanged(address: str, *pieces: bytes) -> list[tuple[int, Any]]:
    """Send pieces, each after the other was taken, and read until the gateway closes; return each answer's status and JSON."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    answers = (await asyncio.wait_for(reader.read(), 60)).split(b"HTTP/1.1 ")[1:]
    writer.close()
    return [(int(answer[:3]), orjson.loads(answer.partition(b"\r\n\r\n")[2] or b"null")) for answer in answers]


@pytest.mark.parametrize("in_one", [True, False], ids=["in one piece", "body later"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("upgrade", [H2C, HANDSHAKE], ids=["h2c", "websocket"])
async def test_an_upgrade_that_is_not_taken_changes_nothing(served: str, upgrade: bytes, chunked: bool, in_one: bool) -> None:
    async def errors(*lines: bytes) -> list[Any]:
        # Each connection has a body that is read, one that would be a request if it were none, and a request after it.
        pieces = [*registering(*lines, chunked=chunked), *registering(*lines, body=INNER, chunked=chunked), INNER]
        return [(status, body.get("error")) for status, body in await exchanged(served, *([b"".join(pieces)] if in_one else pieces))]

    offered, plain = await errors(upgrade), await errors()

    assert offered == plain
    assert [status for status, _ in plain] == [400, 400, 200]
    assert ["password" in error["details"] for _, error in plain[:2]] == [True, False]


async def test_upgrades_that_are_not_taken_may_follow_each_other_and_a_tunnel_is_refused(served: str) -> None:
    once = b"GET /livez HTTP/1.1\r\nHost: a\r\n" + H2C + b"\r\n"

    followed = await exchanged(served, once * 3 + b"".join(registering(H2C)) + INNER)
    tunnel = await exchanged(served, b"CONNECT /livez HTTP/1.1\r\nHost: a\r\n\r\n" + INNER)

    assert [status for status, _ in followed] == [200, 200, 200, 400, 200]
    assert [status for status, _ in tunnel] == [400]


@pytest.mark.parametrize("lines", [b"X-Long: " + b"x" * 9000 + b"\r\n", b"X-One: 1\r\n" * 200], ids=["a long header", "many headers"])
async def test_a_handshake_that_cannot_be_read_is_refused(served: str, lines: bytes) -> None:
    ((status, body),) = await exchanged(served, b"GET /ws HTTP/1.1\r\nHost: a\r\n" + HANDSHAKE + lines + b"\r\n")

    assert status == 400
    assert body["error"]["message"].startswith("The WebSocket handshake cannot be read: ")


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


async def test_who_never_ends_a_request_is_told_and_let_go(doors: Desk) -> None:
    async with hurried(doors, header_timeout=0.5, body_timeout=0.5) as served:
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
async def test_a_connection_that_was_answered_and_is_idle_then_is_closed(doors: Desk, first: bytes, then: bytes) -> None:
    async with hurried(doors, body_timeout=2.0, idle_timeout=1) as served:
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
async def test_who_does_not_read_the_answer_is_let_go(doors: Desk, last: bytes) -> None:
    async with hurried(doors, answer_timeout=0.5) as served:
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
