"""What routes say about who may call them: `caller: CurrentCaller`, or `Annotated[Caller, needs(Scope.TRAIN)]`."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, Security
from fastapi.security import HTTPBearer, OAuth2PasswordBearer
from starlette.requests import Request

from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.inbound.http.exchange import Exchange, exchange_of

# They only describe: the gate has read the credential before any of these runs.
OAUTH2: Final = OAuth2PasswordBearer(tokenUrl="/auth/token", refreshUrl="/auth/token", scheme_name="password", auto_error=False)
BEARER: Final = HTTPBearer(scheme_name="bearer", description="An access token from /auth/token, or an API key.", auto_error=False)
# The same for routes that do not ask for a caller in FastAPI's way.
SIGNED: Final[list[dict[str, list[str]]]] = [{OAUTH2.scheme_name: []}, {BEARER.scheme_name: []}]
MAY_BE_SIGNED: Final[list[dict[str, list[str]]]] = [{}, *SIGNED]
# What a route's `openapi_extra` adds to say that it can do without a credential.
OPEN: Final[dict[str, Any]] = {"security": [{}]}


def needs(*scopes: Scope) -> Any:
    """Return the dependency that yields a caller whose credential has one of these scopes."""
    return _signed(lambda exchange: exchange.require(*scopes))


def welcomes(*scopes: Scope) -> Any:
    """Return the dependency that yields a caller as `needs` does, or STRANGER for who brings no credential where the face lets them in."""
    return _signed(lambda exchange: exchange.welcome(*scopes))


def _signed(find: Callable[[Exchange], Caller | None]) -> Any:
    """Return the dependency that finds a caller; the OpenAPI document says that its route takes credentials."""

    async def caller(
        request: Request, _: Annotated[Any, Security(OAUTH2)] = None, __: Annotated[Any, Security(BEARER)] = None
    ) -> Caller | None:
        return find(exchange_of(request.scope))

    return Depends(caller)


CurrentCaller = Annotated[Caller, needs()]
# The caller of a route that is open: None for who comes without a credential. A bad credential is refused all the same (strict_route.py).
PerhapsCaller = Annotated[Caller | None, _signed(lambda exchange: exchange.caller)]


def used(kind: type[Any]) -> Any:
    """Return the dependency that gives a handler the use cases of a class; `Annotated[ModelUseCases, …]` names the class for mypy."""

    async def find(request: Request) -> Any:
        return exchange_of(request.scope).use_cases[kind]

    return Depends(find)
