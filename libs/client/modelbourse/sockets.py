"""Sockets, by the library that `modelbourse[live]` brings; it is imported when the first one is opened."""

from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import httpx

from modelbourse.errors import WebSocketsMissingError

MISSING: Final = "watching live needs websockets, which is not installed: `pip install 'modelbourse[live]'`"
SECURE: Final = {"http": "ws", "https": "wss"}
SWITCHED: Final = 101
NO_FRAME: Final = 1006


@dataclass(frozen=True, slots=True)
class Closed:
    """The end of a socket, by its close code; 1006 where there was none (RFC 6455, section 7.4.1)."""

    code: int
    reason: str


class Socket:
    """A socket that blocks; once it is closed nothing of it is kept."""

    def __init__(self, connecting: Any, errors: Any) -> None:
        self._errors, self._opened = errors, ExitStack()
        self._connection = self._opened.enter_context(connecting)

    def receive(self) -> str | Closed:
        """Wait for the next message, or for the end."""
        try:
            return str(self._connection.recv())
        except self._errors.ConnectionClosed as error:
            self.close()
            return _closed(error)

    def close(self) -> None:
        """Close it."""
        self._connection = None
        self._opened.close()


class AsyncSocket:
    """A socket that is awaited; once it is closed nothing of it is kept."""

    def __init__(self, errors: Any) -> None:
        self._errors, self._opened = errors, AsyncExitStack()
        self._connection: Any = None

    async def open(self, connecting: Any) -> "AsyncSocket":
        """Connect."""
        self._connection = await self._opened.enter_async_context(connecting)
        return self

    async def receive(self) -> str | Closed:
        """Wait for the next message, or for the end."""
        try:
            return str(await self._connection.recv())
        except self._errors.ConnectionClosed as error:
            await self.close()
            return _closed(error)

    async def close(self) -> None:
        """Close it."""
        self._connection = None
        await self._opened.aclose()


def open_socket(request: httpx.Request, *, timeout: float) -> httpx.Response:
    """Open a socket where a request leads; return the answer, with the `socket` among its extensions, or the refusal.

    Raise WebSocketsMissingError, or httpx.ConnectError when nobody answers.
    """
    connect, errors = _library("sync")
    try:
        return _opened(request, Socket(connect(**_options(request, timeout=timeout)), errors))
    except errors.WebSocketException as error:
        return _refused(request, error)
    except (OSError, EOFError) as error:
        raise httpx.ConnectError(str(error)) from error


async def open_socket_awaiting(request: httpx.Request, *, timeout: float) -> httpx.Response:
    """Do the same, awaited."""
    connect, errors = _library("asyncio")
    try:
        return _opened(request, await AsyncSocket(errors).open(connect(**_options(request, timeout=timeout))))
    except errors.WebSocketException as error:
        return _refused(request, error)
    except (OSError, EOFError) as error:
        raise httpx.ConnectError(str(error)) from error


def _library(kind: str) -> tuple[Any, Any]:
    """Return what connects, and the errors."""
    try:
        return import_module(f"websockets.{kind}.client").connect, import_module("websockets.exceptions")
    except ImportError as error:
        raise WebSocketsMissingError(MISSING) from error


def _options(request: httpx.Request, *, timeout: float) -> dict[str, Any]:
    address = request.url.copy_with(scheme=SECURE[request.url.scheme])
    return {"uri": str(address), "additional_headers": {"Authorization": request.headers["authorization"]}, "open_timeout": timeout}


def _opened(request: httpx.Request, socket: Socket | AsyncSocket) -> httpx.Response:
    return httpx.Response(SWITCHED, request=request, extensions={"socket": socket})


def _refused(request: httpx.Request, error: Any) -> httpx.Response:
    """Return what a handshake was answered with; raise httpx.ConnectError for what was no answer."""
    answer = getattr(error, "response", None)
    if answer is None:
        raise httpx.ConnectError(str(error)) from error
    return httpx.Response(answer.status_code, headers=list(answer.headers.raw_items()), content=bytes(answer.body), request=request)


def _closed(error: Any) -> Closed:
    return Closed(error.rcvd.code, error.rcvd.reason) if error.rcvd else Closed(NO_FRAME, "the connection broke")
