"""Predictions over a real connection: answers that the gate writes at once are those that go through every layer."""

import asyncio
import re

import orjson
import pytest

from services.gateway.serving import serving
from tests.gateway.studio.sockets import listening
from tests.gateway.studio.world import STUDIO, User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
BODY = orjson.dumps({"symbols": ["AAPL"], "features": {"AAPL": {"rsi_14": 65.2, "macd_signal": 0.025}}})
# What differs from one answer to the next.
OWN = {b"date", b"x-request-id", b"x-correlation-id", b"traceparent", b"x-ratelimit-remaining", b"x-ratelimit-reset", b"connection"}


def request(path: str, user: User, *, headers: bytes = b"", body: bytes | None = None) -> bytes:
    framed = body if body is not None else b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
    token = user.http.headers["Authorization"].encode()
    head = b"POST %b HTTP/1.1\r\nHost: studio.test\r\nAuthorization: %b\r\nContent-Type: application/json\r\n" % (path.encode(), token)
    return head + headers + framed


async def answers(address: str, sent: bytes) -> list[tuple[dict[bytes, bytes], dict[str, object]]]:
    """Send requests of which the last closes the connection; return each answer's headers and body."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    found = []
    async with asyncio.timeout(180):
        while head := (await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""):
            assert head.startswith(b"HTTP/1.1 200 OK\r\n")
            headers = dict(re.findall(rb"([^:\r\n]+): ([^\r\n]*)\r\n", head))
            found.append((headers, orjson.loads(await reader.readexactly(int(headers[b"content-length"])))))
            if b"connection" in headers:
                break
    writer.close()
    return found


async def test_however_a_request_comes_its_answer_is_the_same(studio: World, ada: User) -> None:
    # given a model, and one connection to a gateway
    path = f"{STUDIO}/models/{await studio.trained(ada)}/predict/"
    pieces = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (9, BODY[:9], len(BODY) - 9, BODY[9:])
    sent = [
        request(path, ada),
        request(path.rstrip("/"), ada),  # this one goes through every layer
        request(path, ada, headers=b"Transfer-Encoding: chunked\r\n\r\n", body=pieces),
        request(path, ada, headers=b"Connection: close\r\n"),  # and so does this one
    ]

    # when requests follow each other without waiting, in one piece and in several, and the last one closes
    async with serving(studio.gateway.app, listening()) as address:
        found = await answers(address, b"".join(sent))

    # then each has an answer with the same headers and predictions
    assert len(found) == len(sent)
    told = [({name: value for name, value in headers.items() if name not in OWN}, body["predictions"]) for headers, body in found]
    assert all(each == told[0] for each in told)
    assert all((OWN - {b"connection"}) <= headers.keys() for headers, _ in found)


async def test_what_is_quick_and_what_is_not_refuse_alike(studio: World, ada: User) -> None:
    # given a path of either kind
    model = f"{STUDIO}/models/{await studio.trained(ada)}"
    length = b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(BODY), BODY)
    said = []

    # when a request has a second content type, and when its path ends with a line's end
    async with serving(studio.gateway.app, listening()) as address:
        for kind in ("predict", "batch-predict"):
            twice = request(f"{model}/{kind}/", ada, body=length).replace(b"Host:", b"Content-Type: text/plain\r\nHost:")
            said.append([await refusal(address, each) for each in (twice, request(f"{model}/{kind}/%0a", ada, body=length))])

    # then the first content type counts for both, and both say that there is nothing
    assert said[0][0] == said[1][0] == (400, "VALIDATION_ERROR")
    assert said[0][1] == said[1][1] == (404, "RESOURCE_NOT_FOUND")


async def refusal(address: str, sent: bytes) -> tuple[int, str]:
    """Send a request that closes the connection; return its status and error's code."""
    reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"))
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 180)
    writer.close()
    return int(answer[9:12]), orjson.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"]
