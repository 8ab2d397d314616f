"""Change a password, and for admins a tier or role; end an account's log-ins or API keys."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from libs.chassis.errors import InvalidError
from services.gateway.domain.accounts.account import Account, Role, Tier, password_problems
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.credentials import ApiKey
from services.gateway.domain.accounts.erasure import check_lasting
from services.gateway.domain.accounts.ports import Accounts, ApiKeys, Guesses, KnownSources, Passwords, Sessions
from services.gateway.domain.accounts.sources import address_source, device_source
from services.gateway.domain.errors import LastAdminError, TooManyAttemptsError
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.accounts.check_credential import CheckCredential


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """What a change of password has left: API keys that are still good, and how many were revoked with it."""

    valid_keys: Sequence[ApiKey]
    revoked_keys: int


@dataclass(frozen=True, slots=True)
class EndSessions:
    """Every login of an account ends at once, also one that is under way, and nothing is known any more of where they came from."""

    accounts: Accounts
    sessions: Sessions
    known: KnownSources
    check_credential: CheckCredential
    clock: Clock

    async def __call__(self, account_id: str) -> None:
        """Raise NotFoundError or AccountChangedError."""
        account = await self.accounts.get(account_id)
        await self.accounts.save(replace(account, epoch=account.epoch + 1))
        await self.sessions.revoke_all(account_id, at=self.clock())
        await self.known.forget(account_id)
        self.check_credential.forget(account_id=account_id)


@dataclass(frozen=True, slots=True)
class RevokeKeys:
    """Every API key of an account, within seconds everywhere."""

    accounts: Accounts
    api_keys: ApiKeys
    check_credential: CheckCredential

    async def __call__(self, account_id: str) -> int:
        """Return how many there were. Raise NotFoundError."""
        await self.accounts.get(account_id)
        gone = await self.api_keys.remove_all(account_id)
        self.check_credential.forget(account_id=account_id)
        return gone


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Every other login of the account ends, and so does every access token, this login's as well; its refresh token gives the next one."""

    accounts: Accounts
    sessions: Sessions
    api_keys: ApiKeys
    passwords: Passwords
    guesses: Guesses
    known: KnownSources
    check_credential: CheckCredential
    clock: Clock

    async def __call__(
        self, caller: Caller, *, current: str, new: str, address: str, device: str | None = None, revoke_keys: bool = False
    ) -> PasswordChanged:
        """Return what is still good. API keys stay unless `revoke_keys`: programs go on.

        Raise InvalidError when the present password is wrong or the new one will not do, TooManyAttemptsError after many guesses.
        """
        account = await self.accounts.get(caller.account_id)
        attempt = await self.guesses.attempt(account.id, address=address)
        if attempt.early_s:
            raise TooManyAttemptsError(attempt.early_s)
        if not await self.passwords.matches(current, hashed=account.password_hash):
            msg = "The password was not changed."
            raise InvalidError(msg, details={"current_password": ["This is not the present password."]})
        await self.guesses.succeeded(account.id, address=address)
        if problems := password_problems(new, username=account.username, email=account.email):
            msg = "The password was not changed."
            raise InvalidError(msg, details={"new_password": problems})
        # The new epoch is written with the password: no token of before is good from here on, nor one of a login that is under way.
        hashed = await self.passwords.hash(new, email=account.email)
        await self.accounts.save(replace(account, password_hash=hashed, epoch=account.epoch + 1))
        await self.sessions.revoke_all(account.id, at=self.clock(), but=caller.credential)
        # Whoever knew the old password may have logged in from anywhere.
        here = [address_source(address), *([device_source(device)] if device else [])]
        await self.known.forget(account.id, but=here)
        revoked = await self.api_keys.remove_all(account.id) if revoke_keys else 0
        self.check_credential.forget(account_id=account.id)
        valid = [key for key in await self.api_keys.of(account.id) if key.lives(self.clock())]
        return PasswordChanged(valid, revoked)


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """For admins."""

    accounts: Accounts
    check_credential: CheckCredential

    async def __call__(self, account_id: str, *, tier: Tier | None, role: Role | None) -> Account:
        """Return the changed account. Raise NotFoundError, AccountErasedError, LastAdminError or AccountChangedError."""
        account = await self.accounts.get(account_id)
        check_lasting(account)
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
