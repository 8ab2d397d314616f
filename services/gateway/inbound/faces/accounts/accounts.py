"""One's own account: register, who am I, password."""

from collections.abc import Mapping
from typing import Final

from fastapi import Request, status
from pydantic import Field, StrictBool, StrictStr

from modelbourse.answers import accounts as answers
from modelbourse.answers.limits import TierName
from services.gateway.domain.accounts.account import PASSWORD_LEAST, PASSWORD_MOST, Account, Role, Tier
from services.gateway.domain.errors import AccountChangedError, AccountTakenError
from services.gateway.inbound.faces.accounts.api_keys import api_key_of
from services.gateway.inbound.faces.accounts.face import FACE, Owner, Use
from services.gateway.inbound.faces.accounts.log_ins import device_of
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import CurrentCaller
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router

ROLES: Final[Mapping[Role, answers.RoleName]] = {Role.USER: "user", Role.ADMIN: "admin"}
TIERS: Final[Mapping[Tier, TierName]] = {Tier.FREE: "free", Tier.PRO: "pro", Tier.ELITE: "elite"}
CHANGED: Final = AccountChangedError("The account was changed in between; try again.")
PASSWORD: Final = f"{PASSWORD_LEAST} to {PASSWORD_MOST} characters, hard to guess."


class RegisterIn(StrictBody):
    """A new account."""

    username: StrictStr = Field(max_length=200, description="Unique, case aside; one logs in with it.", examples=["ada"])
    email: StrictStr = Field(max_length=400, description="One may log in with it, too. Nobody else sees it.", examples=["ada@example.com"])
    password: StrictStr = Field(max_length=1000, description=PASSWORD, examples=["correct horse battery"])


class PasswordIn(StrictBody):
    """A change of password."""

    current_password: StrictStr = Field(max_length=1000, description="The one that it has.", examples=["correct horse battery"])
    new_password: StrictStr = Field(max_length=1000, description=PASSWORD, examples=["staple under the lamp"])
    revoke_api_keys: StrictBool = Field(default=False, description="End every API key as well: for when somebody else may have been in.")


routes = make_router(prefix=FACE.prefix, tags=[FACE.tag("your account")])


@routes.post("/register", status_code=status.HTTP_201_CREATED, summary="Make an account", responses=refused(FACE, AccountTakenError()))
async def register(request: Request, body: RegisterIn, use: Use) -> answers.Account:
    """Anybody may, so many an hour from an address; usernames are unique, case aside. Whether an email is somebody's is never said."""
    address = exchange_of(request.scope).address
    return account_of(await use.register(username=body.username, email=body.email, password=body.password, address=address))


@routes.get("/me", summary="Who am I?")
async def get_me(caller: CurrentCaller, use: Use) -> answers.Account:
    """Return the account of the credential."""
    return account_of(await use.accounts.get(caller.account_id))


@routes.post("/password", summary="Change your password", responses=refused(FACE, CHANGED))
async def change_password(request: Request, body: PasswordIn, caller: Owner, use: Use) -> answers.PasswordChanged:
    """End every other login of the account and all access tokens; this login goes on with its refresh token.

    API keys stay unless `revoke_api_keys` says otherwise; the answer has those that are still good.
    """
    left = await use.change_password(
        caller,
        current=body.current_password,
        new=body.new_password,
        address=exchange_of(request.scope).address,
        device=device_of(request),
        revoke_keys=body.revoke_api_keys,
    )
    return answers.PasswordChanged(
        message=answers.LOG_INS_ENDED,
        revoked_api_keys=left.revoked_keys,
        valid_api_keys=[api_key_of(key) for key in left.valid_keys],
    )


def account_of(account: Account) -> answers.Account:
    """Return an account, without its secrets."""
    return answers.Account(
        id=account.id,
        username=account.username,
        email=account.email,
        role=ROLES[account.role],
        tier=TIERS[account.tier],
        created_at=account.created_at,
    )
