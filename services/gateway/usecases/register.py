"""Make an account."""

from dataclasses import dataclass

from libs.chassis.errors import InvalidError
from libs.contracts.ids import new_id
from services.gateway.domain.account import Account, Role, Tier, email_problems, password_problems, username_problems
from services.gateway.domain.ports import Accounts, Passwords
from services.gateway.domain.studio_ports import Clock


@dataclass(frozen=True, slots=True)
class Register:
    """New accounts are users of the platform's usual tier."""

    accounts: Accounts
    passwords: Passwords
    clock: Clock
    tier: Tier

    async def __call__(self, *, username: str, email: str, password: str, role: Role = Role.USER) -> Account:
        """Return the account. Raise InvalidError with all problems by field, or AccountTakenError."""
        found = {
            "username": username_problems(username),
            "email": email_problems(email),
            "password": password_problems(password, username=username),
        }
        if problems := {field: texts for field, texts in found.items() if texts}:
            msg = f"The account cannot be made: see {', '.join(problems)}."
            raise InvalidError(msg, details=problems)
        account = Account(
            id=new_id("account"),
            username=username,
            email=email,
            password_hash=await self.passwords.hash(password),
            role=role,
            tier=self.tier,
            created_at=self.clock(),
        )
        await self.accounts.add(account)
        return account
