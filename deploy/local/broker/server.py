"""The broker's connections: one request at a time on each, answered in the order they came."""

import asyncio
import struct
import sys
import traceback
from collections import deque
from typing import Any, Final, cast

from deploy.local.broker.apis import APIS
from deploy.local.broker.batches import Code
from deploy.local.broker.broker import Broker, Client
from deploy.local.broker.fetching import Fetch, HeldFetch
from deploy.local.broker.producing import produce
from deploy.local.broker.wire import Reader, read_request, write_answer

PRODUCE: Final = 0
FETCH: Final = 1
API_VERSIONS: Final = 18
# Lowest and highest version of what is read and written by hand.
BY_HAND: Final = {PRODUCE: (3, 8), FETCH: (4, 11), API_VERSIONS: (0, 2)}
VERSIONS: Final = {**BY_HAND, **{key: (lowest, highest) for key, (lowest, highest, _) in APIS.items()}}
LARGEST_REQUEST: Final = 100 * 1024 * 1024
# A client that sends on while its answers wait is not read any more beyond so many bytes.
MOST_WAITING_BYTES: Final = 1024 * 1024
LENGTH: Final = struct.Struct(">i")
HEAD: Final = struct.Struct(">hhi")
ANSWER_HEAD: Final = struct.Struct(">ii")
VERSION: Final = struct.Struct(">hhh")


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, broker: Broker, connections: set["Connection"]) -> None:
        self._broker, self._connections = broker, connections
        self._received = bytearray()
        self._requests: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._reads = self._is_read = True
        self._transport: asyncio.Transport | None = None
        self._held: HeldFetch | None = None
        self._task: asyncio.Task[None] | None = None
        self._host = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one, and does not say so.
        self._host = f"/{(transport.get_extra_info('peername') or [''])[0]}"
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's name
        """End: nobody is left to answer to."""
        self._connections.discard(self)
        self._transport = None
        self._let_go()
        if self._held:
            self._held.drop()
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Take what came, and answer the requests that are whole."""
        self._received += data
        while len(self._received) >= LENGTH.size:
            (size,) = LENGTH.unpack_from(self._received)
            if not HEAD.size <= size <= LARGEST_REQUEST:
                self.close()
                return
            end = LENGTH.size + size
            if len(self._received) < end:
                break
            self._requests.append(bytes(self._received[LENGTH.size : end]))
            self._waiting_bytes += size
            del self._received[:end]
        if self._held and self._requests:
            self._held.hurry()  # A fetch that waits for records holds up no other request.
        self._serve()

    def close(self) -> None:
        """Close it, with what was answered sent."""
        self._let_go()
        if self._transport:
            self._transport.close()

    def pause_writing(self) -> None:
        """Answer no more for now: the client does not read what it was answered."""
        self._is_read = False

    def resume_writing(self) -> None:
        """Go on."""
        self._is_read = True
        self._serve()

    def _let_go(self) -> None:
        self._requests.clear()
        self._received.clear()
        self._waiting_bytes = 0

    def _serve(self) -> None:
        while self._requests and self._is_read and not self._held and not self._task and self._transport:
            request = self._requests.popleft()
            self._waiting_bytes -= len(request)
            key, version, number = HEAD.unpack_from(request)
            lowest, highest = VERSIONS.get(key, (0, -1))
            try:
                if key == API_VERSIONS:
                    self._answer(number, _versions(version, known=version <= highest))
                elif not lowest <= version <= highest:
                    _say(f"{self._host} asked for API {key} in version {version}, which is not spoken here")
                    self.close()
                else:
                    self._begin(key, version, number, Reader(request, HEAD.size))
            except Exception:  # noqa: BLE001  # whatever a request brings about, it ends its own connection alone
                self._say_unreadable()
        self._read_on_or_wait()

    def _read_on_or_wait(self) -> None:
        reads = self._waiting_bytes <= MOST_WAITING_BYTES
        if reads is not self._reads and self._transport and not self._transport.is_closing():
            self._reads = reads
            if reads:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def _begin(self, key: int, version: int, number: int, body: Reader) -> None:
        client = Client(body.text() or "", self._host)
        if key == PRODUCE:
            answer = produce(self._broker.topics, body, version=version)
            if answer is not None:
                self._answer(number, answer)
        elif key == FETCH:
            fetch = Fetch(self._broker.topics, body, version=version)
            answer = fetch.answer(at_once=fetch.wait_ms <= 0 or bool(self._requests))
            if answer is not None:
                self._answer(number, answer)
            else:
                self._held = HeldFetch(fetch)
                self._held.ended.add_done_callback(lambda ended: self._end_fetch(number, ended))
        else:
            asked = read_request(key, version, body.data[body.place :])
            answered = APIS[key][2](self._broker, asked, client)
            if isinstance(answered, dict):
                self._answer(number, write_answer(key, version, answered))
            else:
                self._task = asyncio.ensure_future(self._later(key, version, number, answered))

    def _end_fetch(self, number: int, ended: asyncio.Future[bytes]) -> None:
        self._held = None
        self._answer(number, ended.result())
        self._serve()

    async def _later(self, key: int, version: int, number: int, answered: Any) -> None:
        try:
            answer = write_answer(key, version, await answered)
        except Exception:  # noqa: BLE001  # as in _serve
            self._say_unreadable()
            return
        self._task = None
        self._answer(number, answer)
        self._serve()

    def _say_unreadable(self) -> None:
        _say(f"{self._host} sent what cannot be read:\n{traceback.format_exc()}")
        self.close()

    def _answer(self, number: int, answer: bytes) -> None:
        if self._transport:
            self._transport.write(ANSWER_HEAD.pack(len(answer) + LENGTH.size, number) + answer)


def _versions(version: int, *, known: bool) -> bytes:
    """Answer what every client asks first. One that asks in a version of the future is answered so in the oldest one."""
    ranges = b"".join(VERSION.pack(key, *spoken) for key, spoken in sorted(VERSIONS.items()))
    answer = struct.pack(">hi", Code.NONE if known else Code.UNSUPPORTED_VERSION, len(VERSIONS)) + ranges
    return answer + LENGTH.pack(0) if known and version > 0 else answer


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
