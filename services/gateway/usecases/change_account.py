"""Change a password, and for admins a tier or role."""

from dataclasses import dataclass, replace

from libs.chassis.errors import InvalidError
from services.gateway.domain.account import Account, Role, Tier, password_problems
from services.gateway.domain.caller import Caller
from services.gateway.domain.errors import LastAdminError
from services.gateway.domain.ports import Accounts, Guesses, Passwords, Sessions
from services.gateway.domain.studio_ports import Clock
from services.gateway.usecases.check_credential import CheckCredential


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Every other login of the account ends, and so does every access token, this login's as well; its refresh token gives the next one."""

    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    guesses: Guesses
    check_credential: CheckCredential
    clock: Clock

    async def __call__(self, caller: Caller, *, current: str, new: str, address: str) -> None:
        """Raise InvalidError when the present password is wrong or the new one will not do, TooManyRequestsError after many guesses."""
        account = await self.accounts.get(caller.account_id)
        await self.guesses.attempt(account, login=account.username, address=address)
        if not await self.passwords.matches(current, hashed=account.password_hash):
            msg = "The password was not changed."
            raise InvalidError(msg, details={"current_password": ["This is not the present password."]})
        await self.guesses.succeeded(account, address=address)
        if problems := password_problems(new, username=account.username):
            msg = "The password was not changed."
            raise InvalidError(msg, details={"new_password": problems})
        # The new epoch is written with the password: no token of before is good from here on, nor one of a login that is under way.
        await self.accounts.save(replace(account, password_hash=await self.passwords.hash(new), epoch=account.epoch + 1))
        await self.sessions.revoke_all(account.id, at=self.clock(), but=caller.credential)
        self.check_credential.forget(account_id=account.id)


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """For admins."""

    accounts: Accounts
    check_credential: CheckCredential

    async def __call__(self, account_id: str, *, tier: Tier | None, role: Role | None) -> Account:
        """Return the changed account. Raise NotFoundError, LastAdminError or AccountChangedError."""
        account = await self.accounts.get(account_id)
        loses_admin = account.role is Role.ADMIN and role not in {None, Role.ADMIN}
        if loses_admin and set(await self.accounts.admin_ids()) <= {account_id}:
            raise LastAdminError
        changed = replace(account, tier=tier or account.tier, role=role or account.role)
        if changed != account:
            await self.accounts.save(changed)
            self.check_credential.forget(account_id=account_id)
        if loses_admin and not await self.accounts.admin_ids():
            # Two of them were demoted at once: both stay.
            await self.accounts.save(replace(await self.accounts.get(account_id), role=Role.ADMIN))
            self.check_credential.forget(account_id=account_id)
            raise LastAdminError
        return changed
