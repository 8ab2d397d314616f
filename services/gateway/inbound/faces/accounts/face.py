"""Accounts as a face: who one is, how one logs in, and API keys; and what its handlers call."""

from typing import Annotated, Final

from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.inbound.http.errors import ErrorOut, OAuthErrorOut, oauth_body, standard_body
from services.gateway.inbound.http.face import Face
from services.gateway.inbound.http.security import needs, used
from services.gateway.usecases.nouns import AccountUseCases

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


Use = Annotated[AccountUseCases, used(AccountUseCases)]
