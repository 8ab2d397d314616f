"""Who may open a socket: from which web pages, and with which credential (a header, `?token=`, or the first message)."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import urlsplit

from starlette.datastructures import QueryParams
from starlette.websockets import WebSocket, WebSocketDisconnect

from libs.chassis.errors import PlatformError
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.errors import AuthenticationError, PermissionDeniedError
from services.gateway.domain.socket_errors import OriginError
from services.gateway.inbound.http.errors import answer_error, status_of
from services.gateway.inbound.http.face import Face
from services.gateway.usecases.accounts.check_credential import CheckCredential

T = TypeVar("T")
FIRST_MESSAGE_WITHIN_S: Final = 10.0
# An application's own close codes begin here (RFC 6455, section 7.4.2): the HTTP status of the same error is added.
CLOSE_CODES: Final = 4000
REASON_BYTES: Final = 123


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who has opened a socket, and with what, so that it can be checked again."""

    caller: Caller
    token: str


@dataclass(frozen=True, slots=True)
class Door:
    """`origins` are web origins that may connect beside the gateway's own; programs send none. A credential has one scope of `needs`."""

    check: CheckCredential
    origins: Sequence[str]
    needs: Sequence[Scope] = (Scope.READ,)

    async def let_in(self, socket: WebSocket, read: Callable[[QueryParams], T], *, face: Face) -> tuple[Visitor, T] | None:
        """Accept a socket and return who it is, and what it asks for by its query, which `read` reads; None when it was refused.

        With a credential on the request a refusal is an HTTP answer; after the first message it is a close code.
        """
        let_in = await self.let_anybody_in(socket, read, face=face)
        if let_in is None:
            return None
        visitor, asked = let_in
        if visitor is not None:
            return visitor, asked
        try:
            return await self.identify(await first_token(socket)), asked
        except PlatformError as error:
            await refuse(socket, error, face=face)
        except WebSocketDisconnect:
            pass  # It went before it said who it is.
        return None

    async def let_anybody_in(self, socket: WebSocket, read: Callable[[QueryParams], T], *, face: Face) -> tuple[Visitor | None, T] | None:
        """Accept a socket and return who it is, None for one that brings no credential, and what it asks for; None when it was refused."""
        try:
            self._check_origin(socket)
            token = token_of(socket)
            visitor = await self.identify(token) if token else None
            asked = read(socket.query_params)
        except PlatformError as error:
            await socket.send_denial_response(answer_error(error, face=face))
            return None
        await socket.accept()
        return visitor, asked

    async def identify(self, token: str) -> Visitor:
        """Return whose token it is. Raise AuthenticationError, PermissionDeniedError for one that may not read, UnavailableError."""
        caller = self.check.remembered(token) or await self.check(token)
        if caller.scopes.isdisjoint(self.needs):
            message = f"This credential is not good for '{self.needs[0]}'; it has: {', '.join(sorted(caller.scopes)) or 'nothing'}."
            raise PermissionDeniedError(message)
        return Visitor(caller, token)

    def _check_origin(self, socket: WebSocket) -> None:
        origin = socket.headers.get("origin")
        if origin is None or origin in self.origins or urlsplit(origin).netloc == socket.headers.get("host"):
            return
        raise OriginError(origin)


def token_of(socket: WebSocket) -> str | None:
    """Return the credential that came with the request. Raise AuthenticationError for a header of another kind."""
    header = socket.headers.get("authorization")
    if header is None:
        return socket.query_params.get("token")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        message = "The Authorization header is not `Bearer <token or API key>`."
        raise AuthenticationError(message)
    return token


async def first_token(socket: WebSocket) -> str:
    """Wait for `{"token": "…"}`. Raise AuthenticationError when something else comes, or nothing."""
    message = 'Say who you are: send the header `Authorization: Bearer …`, `?token=…`, or {"token": "…"} as the first message.'
    try:
        async with asyncio.timeout(FIRST_MESSAGE_WITHIN_S):
            said = json.loads(await socket.receive_text())
    except (TimeoutError, ValueError, KeyError, RecursionError) as error:
        raise AuthenticationError(message) from error
    if not isinstance(said, dict) or not isinstance(said.get("token"), str):
        raise AuthenticationError(message)
    return str(said["token"])


async def refuse(socket: WebSocket, error: PlatformError, *, face: Face) -> None:
    """Close an accepted socket with an error's code and as much of its words as a close frame holds."""
    reason = error.message.encode()[:REASON_BYTES].decode(errors="ignore")
    await socket.close(CLOSE_CODES + status_of(error, face=face), reason)
