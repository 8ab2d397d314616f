"""Who may read the documents about the gateway, and its metrics."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from services.gateway.domain.errors import PathNotFoundError
from services.gateway.inbound.exchange import exchange_of

Access = Literal["public", "accounts", "off"]
Check = Callable[[Request], None]


@dataclass(frozen=True, slots=True)
class Readers:
    """`docs` are for everybody, for whoever has a credential, or for nobody. `metrics_open`: without a token all may see metrics."""

    docs: Access
    metrics_token: str | None
    metrics_open: bool

    def check_docs(self, request: Request) -> None:
        """Raise PathNotFoundError or AuthenticationError."""
        if self.docs == "off":
            raise nothing_at(request)
        if self.docs == "accounts":
            exchange_of(request.scope).require()

    def check_metrics(self, request: Request) -> None:
        """Raise PathNotFoundError: who may not see metrics is not told that there are any."""
        if self.metrics_token is None:
            if not self.metrics_open:
                raise nothing_at(request)
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self.metrics_token.encode()):
            raise nothing_at(request)


def nothing_at(request: Request) -> PathNotFoundError:
    """Return the error of a path where nothing is."""
    return PathNotFoundError(f"There is nothing at {request.url.path[:200]}.")
