"""Make an account."""

from dataclasses import dataclass

from libs.chassis.errors import InvalidError
from libs.contracts.ids import new_id
from services.gateway.domain.accounts.account import Account, Role, Tier, email_problems, password_problems, username_problems
from services.gateway.domain.accounts.ports import Accounts, Passwords, Registrations
from services.gateway.domain.errors import AccountTakenError
from services.gateway.domain.models.ports import Clock


@dataclass(frozen=True, slots=True)
class Register:
    """New accounts are users of the platform's usual tier.

    Whether an email is somebody's is not said: no mail is sent, so nobody has proved that an address is theirs, and several accounts may
    give the same (docs/decisions/0014).
    """

    accounts: Accounts
    passwords: Passwords
    clock: Clock
    tier: Tier
    registrations: Registrations | None = None

    async def __call__(self, *, username: str, email: str, password: str, role: Role = Role.USER, address: str | None = None) -> Account:
        """Return the account. Raise InvalidError with all problems by field, AccountTakenError or TooManyRequestsError."""
        found = {
            "username": username_problems(username, role=role),
            "email": email_problems(email),
            "password": password_problems(password, username=username, email=email),
        }
        if problems := {field: texts for field, texts in found.items() if texts}:
            msg = f"The account cannot be made: see {', '.join(problems)}."
            raise InvalidError(msg, details=problems)
        if await self.accounts.find(username) is not None:
            raise AccountTakenError
        if self.registrations is not None and address is not None:
            self.registrations.count(address=address)
        account = Account(
            id=new_id("account"),
            username=username,
            email=email,
            password_hash=await self.passwords.hash(password, email=email),
            role=role,
            tier=self.tier,
            created_at=self.clock(),
        )
        await self.accounts.add(account)
        return account
