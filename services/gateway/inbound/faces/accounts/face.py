"""Accounts as a face: who one is, how one logs in, and API keys; and what its handlers call."""

from dataclasses import dataclass
from typing import Annotated, Final

from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.accounts.ports import Accounts, ApiKeys
from services.gateway.inbound.http.errors import ErrorOut, OAuthErrorOut, oauth_body, standard_body
from services.gateway.inbound.http.face import Face
from services.gateway.inbound.http.security import needs, used
from services.gateway.usecases.accounts.change_account import ChangePassword, RevokeKeys
from services.gateway.usecases.accounts.check_credential import CheckCredential
from services.gateway.usecases.accounts.log_in import LogIn, LogOut
from services.gateway.usecases.accounts.make_api_key import MakeApiKey
from services.gateway.usecases.accounts.register import Register

FACE: Final = Face(
    name="auth",
    title="Accounts",
    prefixes=("/auth",),
    error_body=standard_body,
    error_model=ErrorOut,
    nouns={
        "your account": "Register, see who you are, change the password.",
        "log-ins": "Log in, refresh a login, log out.",
        "API keys": "Credentials for programs: made, listed, revoked.",
    },
)
# The token endpoint speaks OAuth2; everything else about accounts the platform's own words.
TOKEN_FACE: Final = Face(name=FACE.name, prefixes=("/auth/token",), error_body=oauth_body, error_model=OAuthErrorOut)
Owner = Annotated[Caller, needs(Scope.ACCOUNT)]


@dataclass(frozen=True, slots=True)
class AccountUseCases:
    """What the handlers of accounts, log-ins and API keys call."""

    accounts: Accounts
    api_keys: ApiKeys
    register: Register
    log_in: LogIn
    log_out: LogOut
    change_password: ChangePassword
    make_key: MakeApiKey
    revoke_keys: RevokeKeys
    check_credential: CheckCredential


Use = Annotated[AccountUseCases, used(AccountUseCases)]
