"""Who may read the documents about the gateway, and its metrics."""

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from starlette.requests import HTTPConnection, Request

from services.gateway.domain.accounts.account import Account
from services.gateway.domain.errors import DocumentsClosedError, InvalidGrantError, PathNotFoundError
from services.gateway.inbound.http.exchange import exchange_of

Access = Literal["public", "accounts", "off"]
CLOSED: Final = "The documents are for accounts: send a token or an API key, or log in with name and password (a browser asks for them)."


class CheckPassword(Protocol):
    """Tells whose a name and a password are."""

    async def __call__(self, *, login: str, password: str, address: str) -> Account:
        """Raise InvalidGrantError or TooManyAttemptsError."""


@dataclass(frozen=True, slots=True)
class Readers:
    """`docs` are for everybody, for accounts, or for nobody. `metrics_open`: without a token all may see metrics."""

    docs: Access
    check_password: CheckPassword
    metrics_token: str | None
    metrics_open: bool

    async def check_docs(self, request: Request) -> None:
        """Raise PathNotFoundError, AuthenticationError, AccountSuspendedError or TooManyAttemptsError.

        A browser has no token: here alone, name and password do as well (HTTP Basic, RFC 7617), and are good for nothing else.
        """
        if self.docs == "off":
            raise nothing_at(request)
        if self.docs == "public":
            return
        exchange = exchange_of(request.scope)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            login, password = _name_and_password(given)
            try:
                await self.check_password(login=login, password=password, address=exchange.address)
            except InvalidGrantError as error:
                raise DocumentsClosedError(error.message) from error
        elif not given:
            raise DocumentsClosedError(CLOSED)
        else:
            exchange.require()

    def check_metrics(self, request: Request) -> None:
        """Raise PathNotFoundError: who may not see metrics is not told that there are any."""
        if self.metrics_token is None:
            if not self.metrics_open:
                raise nothing_at(request)
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self.metrics_token.encode()):
            raise nothing_at(request)


def nothing_at(request: HTTPConnection) -> PathNotFoundError:
    """Return the error of a path where nothing is."""
    return PathNotFoundError(f"There is nothing at {request.url.path[:200]}.")


def _name_and_password(given: str) -> tuple[str, str]:
    try:
        login, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        login, colon, password = "", "", ""
    if not colon or not login or not password:
        raise DocumentsClosedError(CLOSED)
    return login, password
