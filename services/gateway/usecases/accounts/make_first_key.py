"""Make the first API key of a platform that nobody has used yet, for who begins with it without an account."""

import secrets
from dataclasses import dataclass, replace
from typing import Final

from libs.chassis.stores.parts import Part
from services.gateway.domain.accounts.account import Role
from services.gateway.domain.accounts.caller import Caller, Scope, scopes_of
from services.gateway.domain.accounts.credentials import ApiKey
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import AccountTakenError, AuthenticationError
from services.gateway.usecases.accounts.make_api_key import MakeApiKey, WantedKey
from services.gateway.usecases.accounts.register import Register

NAME: Final = "model-builder"
EMAIL: Final = f"{NAME}@example.invalid"
PASSWORD_BYTES: Final = 32
NOT_THE_FIRST: Final = (
    "Credentials are required: this platform has accounts already. Log in (POST /auth/token), or send an admin's API key, "
    "as `Authorization: Bearer …`."
)


@dataclass(frozen=True, slots=True)
class MakeFirstKey:
    """The key owns an account that is made for it, whose password nobody knows: it can make, list and revoke keys, too.

    The account is a user like any other, so that whoever came first to a platform is not its operator by that.
    """

    accounts: Accounts
    register: Register
    make_key: MakeApiKey

    async def __call__(self, wanted: WantedKey) -> tuple[ApiKey, str]:
        """Return the key and its secret. Raise AuthenticationError where there is an account, and InvalidError for what cannot be made."""
        if (await self.accounts.page(Part(1))).count:
            raise AuthenticationError(NOT_THE_FIRST)
        wanted.check(Role.USER, at=self.make_key.clock())
        try:
            account = await self.register(username=NAME, email=EMAIL, password=secrets.token_urlsafe(PASSWORD_BYTES))
        except AccountTakenError as error:  # Another request was first.
            raise AuthenticationError(NOT_THE_FIRST) from error
        owner = Caller(account.id, account.username, account.role, account.tier, scopes_of(account.role), credential="none")
        owning = replace(wanted, scopes=[*wanted.scopes, Scope.ACCOUNT], among=[*wanted.among, Scope.ACCOUNT])
        return await self.make_key(owner, owning)
