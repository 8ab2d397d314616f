"""Make the platform's first admin, from the machine it runs on."""

from dataclasses import dataclass

from services.gateway.domain.accounts.account import Account, Role
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.errors import AccountTakenError
from services.gateway.usecases.accounts.register import Register


@dataclass(frozen=True, slots=True)
class MakeAdmin:
    """Always a new account: whoever registered a name first must not become an admin by it."""

    accounts: Accounts
    register: Register

    async def __call__(self, *, username: str, email: str, password: str) -> Account:
        """Return the admin. Raise InvalidError, or AccountTakenError when the username is somebody's."""
        if await self.accounts.find(username) is not None:
            msg = f"There is an account '{username}' already: choose another name for the admin."
            raise AccountTakenError(msg)
        return await self.register(username=username, email=email, password=password, role=Role.ADMIN)
