"""Log-ins: log in, refresh, log out."""

from typing import Annotated, Final

from fastapi import Form, Request, Response, status
from pydantic import Field, StrictStr

from modelbourse.answers.answer import Answer
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.accounts.sources import DEVICE, DEVICE_COOKIE, KNOWN_FOR
from services.gateway.domain.errors import InvalidGrantError, TooManyAttemptsError, UnsupportedGrantError
from services.gateway.inbound.faces.accounts.face import FACE, TOKEN_FACE, Use
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import MAY_BE_SIGNED
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.accounts.log_in import Grant, LogIn

DEVICE_MOST: Final = 100
WRONG: Final = InvalidGrantError("The username or password is wrong.")
REFRESH_TOKEN: Final = "mbr_8pJx2n0dUqvE3sV7mT1yKcR5wZ6aLbHfGiQoXkPzN4e"  # noqa: S105  # an example


class Token(Answer):
    """OAuth2's answer (RFC 6749 section 5.1)."""

    access_token: str = Field(
        description="Goes into the header `Authorization: Bearer …`.",
        examples=["eyJhbGciOiJIUzI1NiIsImtpZCI6ImxvY2FsLTEifQ.eyJzdWIiOiJhY2NvdW50XzAxIn0.c2lnbmF0dXJl"],
    )
    refresh_token: str = Field(description="Good once: its use gives the next one.", examples=[REFRESH_TOKEN])
    token_type: str = Field("bearer", description="Always `bearer`.")
    expires_in: int = Field(description="Seconds until the access token ends.", examples=[1800])


class LogOutIn(StrictBody):
    """Which login to end; without a refresh token the one that sent this request."""

    refresh_token: StrictStr | None = Field(
        None, max_length=200, description="Of the login to end; null for the one that sent this.", examples=[REFRESH_TOKEN]
    )


routes = make_router(prefix=FACE.prefix, tags=[FACE.tag("log-ins")])


@routes.post("/token", summary="Log in, or refresh a login (OAuth2)", responses=refused(TOKEN_FACE, WRONG, TooManyAttemptsError(8)))
async def log_in(
    request: Request,
    response: Response,
    use: Use,
    *,
    grant_type: Annotated[str, Form(max_length=40, description="`password` or `refresh_token`.")] = "password",
    username: Annotated[
        str | None, Form(max_length=400, description="For the grant password; the email does, too.", examples=["ada"])
    ] = None,
    password: Annotated[
        str | None, Form(max_length=1000, description="For the grant password.", examples=["correct horse battery"])
    ] = None,
    refresh_token: Annotated[str | None, Form(max_length=200, description="For the grant refresh_token.")] = None,
) -> Token:
    """Grants `password` (the username may be the email) and `refresh_token`; a refresh token is used once and gives the next.

    A log-in sets the cookie `modelbourse_device`. After wrong passwords, from wherever they came, the right one gets in from a device
    that has it, and from an address that logged in during the last 30 days: slowly, while others wait.
    """
    grant = await _grant(use.log_in, request, grant_type, username=username, password=password, refresh_token=refresh_token)
    if grant.device:
        _remember_device(response, grant.device, secure=exchange_of(request.scope).public_url.startswith("https://"))
    return Token(access_token=grant.access_token, refresh_token=grant.refresh_token, expires_in=grant.expires_in)


@routes.post("/logout", status_code=status.HTTP_204_NO_CONTENT, summary="Log out", openapi_extra={"security": MAY_BE_SIGNED})
async def log_out(request: Request, use: Use, body: LogOutIn | None = None) -> None:
    """Revoke the refresh token (or, without one, the login that sent this); its access tokens die within seconds."""
    token = body.refresh_token if body else None
    # Whoever holds the refresh token may end its login, also when the access token has expired.
    session = exchange_of(request.scope).require(Scope.ACCOUNT).credential if token is None else None
    await use.log_out(refresh_token=token, session_id=session)


async def _grant(
    log_in: LogIn, request: Request, grant_type: str, *, username: str | None, password: str | None, refresh_token: str | None
) -> Grant:
    if grant_type == "password":
        if not username or not password:
            msg = "The password grant needs username and password."
            raise InvalidGrantError(msg)
        address = exchange_of(request.scope).address
        return await log_in.by_password(login=username, password=password, address=address, device=device_of(request))
    if grant_type == "refresh_token":
        if not refresh_token:
            msg = "The refresh_token grant needs refresh_token."
            raise InvalidGrantError(msg)
        return await log_in.by_refresh_token(refresh_token)
    msg = f"'{grant_type}' is not a grant of this server; there are password and refresh_token."
    raise UnsupportedGrantError(msg)


def device_of(request: Request) -> str | None:
    """Return the device's secret, if it has one of ours."""
    given = request.cookies.get(DEVICE_COOKIE, "")
    return given if given.startswith(DEVICE) and len(given) <= DEVICE_MOST else None


def _remember_device(response: Response, device: str, *, secure: bool) -> None:
    # It gives no right to anything: it only says whose guesses are counted.
    life = int(KNOWN_FOR.total_seconds())
    response.set_cookie(DEVICE_COOKIE, device, max_age=life, path=FACE.prefix, secure=secure, httponly=True, samesite="strict")
