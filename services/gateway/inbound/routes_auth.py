"""Accounts over HTTP: register, log in, who am I, password, API keys."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Form, Path, Request, status
from pydantic import AwareDatetime, BaseModel, Field, StrictStr

from libs.contracts.envelope import Moment
from services.gateway.domain.account import Account, Role, Tier
from services.gateway.domain.caller import Caller, Scope
from services.gateway.domain.credentials import ApiKey
from services.gateway.domain.errors import AccountChangedError, AccountTakenError, InvalidGrantError, UnsupportedGrantError
from services.gateway.domain.ports import Accounts, ApiKeys
from services.gateway.inbound.error_answers import ErrorOut, OAuthErrorOut, oauth_body, standard_body
from services.gateway.inbound.exchange import exchange_of
from services.gateway.inbound.face import Face
from services.gateway.inbound.refusals import refused
from services.gateway.inbound.security import MAY_BE_SIGNED, CurrentCaller, needs
from services.gateway.inbound.strict_body import StrictBody
from services.gateway.inbound.strict_route import make_router
from services.gateway.usecases.change_account import ChangePassword
from services.gateway.usecases.check_credential import CheckCredential
from services.gateway.usecases.log_in import Grant, LogIn, LogOut
from services.gateway.usecases.make_api_key import MakeApiKey
from services.gateway.usecases.register import Register

TAG: Final = "accounts"
Owner = Annotated[Caller, needs(Scope.ACCOUNT)]
KeyId = Annotated[str, Path(description="As the list has it.", examples=["key_01jd3yq9h8e5v9k2m4n6p8r0s1"])]
# The token endpoint speaks OAuth2; everything else about accounts the platform's own words.
TOKEN_FACE: Final = Face(name="auth", prefix="/auth/token", error_body=oauth_body, error_model=OAuthErrorOut)
AUTH_FACE: Final = Face(name="auth", prefix="/auth", error_body=standard_body, error_model=ErrorOut)


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


class LogOutIn(StrictBody):
    """Which login to end; without a refresh token the one that sent this request."""

    refresh_token: StrictStr | None = Field(None, max_length=200, examples=["mbr_8pJx2n0dUqvE3sV7mT1yKcR5wZ6aLbHfGiQoXkPzN4e"])


class KeyIn(StrictBody):
    """A new API key."""

    name: StrictStr = Field(max_length=100, examples=["nightly retraining"])
    scopes: list[StrictStr] = Field(
        default=["read", "predict"],
        max_length=10,
        description="read, write, train, predict (admin for admins).",
        examples=[["read", "train"]],
    )
    expires_at: AwareDatetime | None = Field(None, description="When the key ends; never by default.", examples=["2027-01-01T00:00:00Z"])


class KeyOut(BaseModel):
    """An API key. `key` is null: the secret is shown once, when the key is made."""

    id: str = Field(examples=["key_01jd3yq9h8e5v9k2m4n6p8r0s1"])
    name: str = Field(examples=["nightly retraining"])
    prefix: str = Field(description="How its secret begins.", examples=["mbk_Vt3kQz8n"])
    scopes: list[str] = Field(examples=[["read", "train"]])
    created_at: Moment = Field(examples=["2026-11-23T09:30:00.000Z"])
    expires_at: Moment | None = Field(examples=["2027-01-01T00:00:00.000Z"])
    last_used_at: Moment | None = Field(description="To the minute; null before its first use.", examples=["2026-11-24T02:00:00.000Z"])
    key: str | None = Field(None, examples=[None])


class NewKeyOut(KeyOut):
    """A new API key with its secret, which is stored hashed and not shown again."""

    last_used_at: Moment | None = Field(description="Null before its first use.", examples=[None])
    key: str = Field(examples=["mbk_Vt3kQz8nWm5pXr7sYc2dAe4fBg6hCj9kDl1mEn0oFp8"])


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
    _add_keys(routes, use)
    return routes


def _add_logins(routes: APIRouter, use: AccountUseCases) -> None:
    taken = "There is already an account with this username."
    wrong = InvalidGrantError("The username or password is wrong.")

    @routes.post(
        "/register",
        status_code=status.HTTP_201_CREATED,
        summary="Make an account",
        responses=refused(AUTH_FACE, AccountTakenError(taken, details={"username": [taken]})),
    )
    async def register(body: RegisterIn) -> AccountOut:
        """Anybody may; usernames and emails are unique, case aside."""
        return account_out(await use.register(username=body.username, email=body.email, password=body.password))

    @routes.post("/token", summary="Log in, or refresh a login (OAuth2)", responses=refused(TOKEN_FACE, wrong))
    async def token(
        request: Request,
        grant_type: Annotated[str, Form(max_length=40, description="`password` or `refresh_token`.")] = "password",
        username: Annotated[str | None, Form(max_length=400, examples=["ada"])] = None,
        password: Annotated[str | None, Form(max_length=1000, examples=["correct horse battery"])] = None,
        refresh_token: Annotated[str | None, Form(max_length=200, description="For the grant refresh_token.")] = None,
    ) -> TokenOut:
        """Grants `password` (the username may be the email) and `refresh_token`; a refresh token is used once and gives the next."""
        grant = await _grant(use.log_in, request, grant_type, username=username, password=password, refresh_token=refresh_token)
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
        return await log_in.by_password(login=username, password=password, address=exchange_of(request.scope).address)
    if grant_type == "refresh_token":
        if not refresh_token:
            msg = "The refresh_token grant needs refresh_token."
            raise InvalidGrantError(msg)
        return await log_in.by_refresh_token(refresh_token)
    msg = f"'{grant_type}' is not a grant of this server; there are password and refresh_token."
    raise UnsupportedGrantError(msg)


def _add_own_account(routes: APIRouter, use: AccountUseCases) -> None:
    @routes.get("/me", summary="Who am I?")
    async def me(caller: CurrentCaller) -> AccountOut:
        """Return the account of the credential."""
        return account_out(await use.accounts.get(caller.account_id))

    changed = refused(AUTH_FACE, AccountChangedError("The account was changed in between; try again."))

    @routes.post("/password", status_code=status.HTTP_204_NO_CONTENT, summary="Change your password", responses=changed)
    async def change_password(request: Request, body: PasswordIn, caller: Owner) -> None:
        """End every other login of the account and all access tokens; this login goes on with its refresh token."""
        address = exchange_of(request.scope).address
        await use.change_password(caller, current=body.current_password, new=body.new_password, address=address)


def _add_keys(routes: APIRouter, use: AccountUseCases) -> None:
    @routes.get("/api-keys", summary="List your API keys")
    async def list_keys(caller: Owner) -> list[KeyOut]:
        """Without their secrets, which nobody can show again."""
        return [_key_out(key) for key in await use.api_keys.of(caller.account_id)]

    @routes.post("/api-keys", status_code=status.HTTP_201_CREATED, summary="Make an API key")
    async def make_key(body: KeyIn, caller: Owner) -> NewKeyOut:
        """For programs; `key` is shown this once and stored hashed."""
        key, secret = await use.make_key(caller, name=body.name, scopes=body.scopes, expires_at=body.expires_at)
        return NewKeyOut.model_validate(_key_out(key).model_dump() | {"key": secret})

    @routes.delete("/api-keys/{key_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Revoke an API key")
    async def revoke_key(key_id: KeyId, caller: Owner) -> None:
        """Effective here at once, at other gateways within seconds."""
        await use.api_keys.remove(key_id, account_id=caller.account_id)
        use.check_credential.forget(credential=key_id)


def _key_out(key: ApiKey) -> KeyOut:
    return KeyOut(
        id=key.id,
        name=key.name,
        prefix=key.shown,
        scopes=sorted(scope.value for scope in key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )
