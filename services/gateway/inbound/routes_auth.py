"""Accounts over HTTP: register, log in, who am I, password, API keys."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response, status
from pydantic import BaseModel, Field, StrictBool, StrictStr

from libs.contracts.envelope import Moment
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.accounts.ports import Accounts, ApiKeys
from services.gateway.domain.accounts.sources import DEVICE, DEVICE_COOKIE, KNOWN_FOR
from services.gateway.domain.errors import (
    AccountChangedError,
    AccountTakenError,
    InvalidGrantError,
    TooManyAttemptsError,
    UnsupportedGrantError,
)
from services.gateway.inbound.http.errors import ErrorOut, OAuthErrorOut, oauth_body, standard_body
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.face import Face
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import MAY_BE_SIGNED, CurrentCaller
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.inbound.routes_keys import KeyUseCases, Owner, StoredKeyOut, add_keys, key_out
from services.gateway.usecases.accounts.change_account import ChangePassword, RevokeKeys
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.accounts.log_in import Grant, LogIn, LogOut
from services.gateway.usecases.accounts.make_api_key import MakeApiKey
from services.gateway.usecases.accounts.register import Register

TAG: Final = "accounts"
DEVICE_MOST: Final = 100
CHANGED: Final = "The password is changed. Every other login has ended; this one goes on with its refresh token."
# The token endpoint speaks OAuth2; everything else about accounts the platform's own words.
TOKEN_FACE: Final = Face(name="auth", prefixes=("/auth/token",), error_body=oauth_body, error_model=OAuthErrorOut)
AUTH_FACE: Final = Face(name="auth", prefixes=("/auth",), error_body=standard_body, error_model=ErrorOut)


class RegisterIn(StrictBody):
    """A new account."""

    username: StrictStr = Field(examples=["ada"], max_length=200)
    email: StrictStr = Field(examples=["ada@example.com"], max_length=400)
    password: StrictStr = Field(examples=["correct horse battery"], max_length=1000)


class AccountOut(BaseModel):
    """An account, without its secrets."""

    id: str = Field(examples=["account_01jd3yq9h8e5v9k2m4n6p8r0s1"])
    username: str = Field(examples=["ada"])
    email: str = Field(examples=["ada@example.com"])
    role: Role
    tier: Tier
    created_at: Moment = Field(examples=["2026-11-23T09:30:00.000Z"])


class TokenOut(BaseModel):
    """OAuth2's answer (RFC 6749 section 5.1)."""

    access_token: str = Field(examples=["eyJhbGciOiJIUzI1NiIsImtpZCI6ImxvY2FsLTEifQ.eyJzdWIiOiJhY2NvdW50XzAxIn0.c2lnbmF0dXJl"])
    refresh_token: str = Field(
        description="Good once: its use gives the next one.", examples=["mbr_8pJx2n0dUqvE3sV7mT1yKcR5wZ6aLbHfGiQoXkPzN4e"]
    )
    token_type: str = "bearer"  # noqa: S105  # the scheme's name, no secret
    expires_in: int = Field(description="Seconds until the access token ends.", examples=[1800])


class PasswordIn(StrictBody):
    """A change of password."""

    current_password: StrictStr = Field(max_length=1000, examples=["correct horse battery"])
    new_password: StrictStr = Field(max_length=1000, examples=["staple under the lamp"])
    revoke_api_keys: StrictBool = Field(default=False, description="End every API key as well: for when somebody else may have been in.")


class LogOutIn(StrictBody):
    """Which login to end; without a refresh token the one that sent this request."""

    refresh_token: StrictStr | None = Field(None, max_length=200, examples=["mbr_8pJx2n0dUqvE3sV7mT1yKcR5wZ6aLbHfGiQoXkPzN4e"])


class PasswordChangedOut(BaseModel):
    """What has ended with the old password, and what is still good."""

    message: str = Field(examples=[CHANGED])
    revoked_api_keys: int = Field(examples=[0])
    valid_api_keys: list[StoredKeyOut] = Field(description="They go on until they expire or are revoked: `DELETE /auth/api-keys` ends all.")


@dataclass(frozen=True, slots=True)
class AccountUseCases:
    """What the routes of accounts call."""

    accounts: Accounts
    api_keys: ApiKeys
    register: Register
    log_in: LogIn
    log_out: LogOut
    change_password: ChangePassword
    make_key: MakeApiKey
    revoke_keys: RevokeKeys
    check_credential: CheckCredential


def account_out(account: Account) -> AccountOut:
    """Say an account."""
    return AccountOut(
        id=account.id,
        username=account.username,
        email=account.email,
        role=account.role,
        tier=account.tier,
        created_at=account.created_at,
    )


def make_auth_routes(use: AccountUseCases) -> APIRouter:
    """Return the routes under `/auth`."""
    routes = make_router(prefix="/auth", tags=[TAG])
    _add_logins(routes, use)
    _add_own_account(routes, use)
    add_keys(routes, KeyUseCases(use.api_keys, use.make_key, use.revoke_keys, use.check_credential), face=AUTH_FACE)
    return routes


def _add_logins(routes: APIRouter, use: AccountUseCases) -> None:
    wrong = InvalidGrantError("The username or password is wrong.")

    @routes.post(
        "/register",
        status_code=status.HTTP_201_CREATED,
        summary="Make an account",
        responses=refused(AUTH_FACE, AccountTakenError()),
    )
    async def register(request: Request, body: RegisterIn) -> AccountOut:
        """Anybody may, so many an hour from an address; usernames are unique, case aside. Whether an email is somebody's is never said."""
        address = exchange_of(request.scope).address
        return account_out(await use.register(username=body.username, email=body.email, password=body.password, address=address))

    @routes.post("/token", summary="Log in, or refresh a login (OAuth2)", responses=refused(TOKEN_FACE, wrong, TooManyAttemptsError(8)))
    async def token(
        request: Request,
        response: Response,
        *,
        grant_type: Annotated[str, Form(max_length=40, description="`password` or `refresh_token`.")] = "password",
        username: Annotated[str | None, Form(max_length=400, examples=["ada"])] = None,
        password: Annotated[str | None, Form(max_length=1000, examples=["correct horse battery"])] = None,
        refresh_token: Annotated[str | None, Form(max_length=200, description="For the grant refresh_token.")] = None,
    ) -> TokenOut:
        """Grants `password` (the username may be the email) and `refresh_token`; a refresh token is used once and gives the next.

        A log-in sets the cookie `modelbourse_device`. After wrong passwords, from wherever they came, the right one gets in from a device
        that has it, and from an address that logged in during the last 30 days: slowly, while others wait.
        """
        grant = await _grant(use.log_in, request, grant_type, username=username, password=password, refresh_token=refresh_token)
        if grant.device:
            _remember_device(response, grant.device, secure=exchange_of(request.scope).public_url.startswith("https://"))
        return TokenOut(access_token=grant.access_token, refresh_token=grant.refresh_token, expires_in=grant.expires_in)

    @routes.post("/logout", status_code=status.HTTP_204_NO_CONTENT, summary="Log out", openapi_extra={"security": MAY_BE_SIGNED})
    async def logout(request: Request, body: LogOutIn | None = None) -> None:
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
        return await log_in.by_password(login=username, password=password, address=address, device=_device_of(request))
    if grant_type == "refresh_token":
        if not refresh_token:
            msg = "The refresh_token grant needs refresh_token."
            raise InvalidGrantError(msg)
        return await log_in.by_refresh_token(refresh_token)
    msg = f"'{grant_type}' is not a grant of this server; there are password and refresh_token."
    raise UnsupportedGrantError(msg)


def _device_of(request: Request) -> str | None:
    """Return the device's secret, if it has one of ours."""
    given = request.cookies.get(DEVICE_COOKIE, "")
    return given if given.startswith(DEVICE) and len(given) <= DEVICE_MOST else None


def _remember_device(response: Response, device: str, *, secure: bool) -> None:
    # It gives no right to anything: it only says whose guesses are counted.
    life = int(KNOWN_FOR.total_seconds())
    response.set_cookie(DEVICE_COOKIE, device, max_age=life, path=AUTH_FACE.prefix, secure=secure, httponly=True, samesite="strict")


def _add_own_account(routes: APIRouter, use: AccountUseCases) -> None:
    @routes.get("/me", summary="Who am I?")
    async def me(caller: CurrentCaller) -> AccountOut:
        """Return the account of the credential."""
        return account_out(await use.accounts.get(caller.account_id))

    changed = refused(AUTH_FACE, AccountChangedError("The account was changed in between; try again."))

    @routes.post("/password", summary="Change your password", responses=changed)
    async def change_password(request: Request, body: PasswordIn, caller: Owner) -> PasswordChangedOut:
        """End every other login of the account and all access tokens; this login goes on with its refresh token.

        API keys stay unless `revoke_api_keys` says otherwise; the answer has those that are still good.
        """
        left = await use.change_password(
            caller,
            current=body.current_password,
            new=body.new_password,
            address=exchange_of(request.scope).address,
            device=_device_of(request),
            revoke_keys=body.revoke_api_keys,
        )
        return PasswordChangedOut(
            message=CHANGED, revoked_api_keys=left.revoked_keys, valid_api_keys=[key_out(key) for key in left.valid_keys]
        )
