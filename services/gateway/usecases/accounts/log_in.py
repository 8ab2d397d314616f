"""Logging in and staying logged in: access tokens by password or refresh token, and the end of it."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from libs.contracts.ids import new_id
from services.gateway.domain.accounts.account import Account
from services.gateway.domain.accounts.credentials import REFRESH, Claims, Session, hash_of, new_secret
from services.gateway.domain.accounts.ports import Accounts, Guesses, KnownSources, Passwords, Sessions, Tokens
from services.gateway.domain.accounts.sources import DEVICE, address_source, device_source
from services.gateway.domain.errors import AccountChangedError, InvalidGrantError, TooManyAttemptsError
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.accounts.check_credential import CheckCredential

WRONG: Final = "The username or password is wrong."
SUSPENDED: Final = "This account is suspended; ask whoever runs this platform."
# An account that nobody has: what is looked up for it takes as long.
NOBODY: Final = "account_nobody"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login gives; `expires_in` is in seconds. `device` is the secret by which this device is known from now on."""

    access_token: str
    refresh_token: str
    expires_in: int
    device: str | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    """Refresh tokens are used once: each gives the next one.

    After wrong passwords the next attempts come too early. From where the account has logged in during the last 30 days (an address or a
    device) the right password gets in all the same, only slowly; from elsewhere it has to wait. Both look alike until it is right.
    """

    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    tokens: Tokens
    guesses: Guesses
    known: KnownSources
    clock: Clock
    access_life: timedelta
    refresh_life: timedelta

    async def by_password(self, *, login: str, password: str, address: str, device: str | None = None) -> Grant:
        """Return a grant. Raise InvalidGrantError (the same for a wrong name and a wrong password) or TooManyAttemptsError."""
        account = await self.check(login=login, password=password, address=address, device=device)
        if self.passwords.outdated(account.password_hash, email=account.email):
            account = await self._hashed_anew(account, password)
        grant = await self._begin(account)
        at = self.clock()
        if device is None or not await self.known.knows(account.id, [device_source(device)], at=at):
            # A device's secret is always of our making: one that a stranger has put there is of no use to them.
            device = new_secret(DEVICE)
        await self.known.remember(account.id, [address_source(address), device_source(device)], at=at)
        return replace(grant, device=device)

    async def check(self, *, login: str, password: str, address: str, device: str | None = None) -> Account:
        """Return whose name and password these are, without a log-in. Raise InvalidGrantError or TooManyAttemptsError."""
        account = await self._let_in(login, password, address=address, device=device)
        if account.suspended_at is not None:
            raise InvalidGrantError(SUSPENDED)
        await self.guesses.succeeded(login, address=address)
        return account

    async def _let_in(self, login: str, password: str, *, address: str, device: str | None) -> Account:
        sources = [address_source(address), *([device_source(device)] if device else [])]
        # A device that is known to somebody waits for itself alone, whatever others of its address do.
        queue = sources[-1] if device and await self.known.is_anybodys(sources[-1], at=self.clock()) else None
        attempt = await self.guesses.attempt(login, address=address, queue=queue)
        if attempt.held_s:
            await asyncio.sleep(attempt.held_s)
        account = await self._whose(login, password)
        known = await self.known.knows(account.id if account else NOBODY, sources, at=self.clock())
        if attempt.early_s and not known:
            raise TooManyAttemptsError(attempt.early_s)
        if account is None:
            raise InvalidGrantError(WRONG)
        return account

    async def _whose(self, login: str, password: str) -> Account | None:
        """Return the account, if the password is its own; one hash is computed, whether or not there is an account."""
        if "@" in login:
            return await self.accounts.find_by_email(login, password_hash=await self.passwords.hash(password, email=login))
        account = await self.accounts.find(login)
        right = await self.passwords.matches(password, hashed=account.password_hash if account else None)
        return account if right else None

    async def _hashed_anew(self, account: Account, password: str) -> Account:
        fresh = replace(account, password_hash=await self.passwords.hash(password, email=account.email))
        try:
            await self.accounts.save(fresh)
        except AccountChangedError:
            return account  # By another log-in at the same moment, or by what `_begin` looks for.
        return fresh

    async def _begin(self, account: Account) -> Grant:
        secret, at = new_secret(REFRESH), self.clock()
        session = Session(new_id("session"), account.id, hash_of(secret), at, at + self.refresh_life)
        await self.sessions.add(session)
        now = await self.accounts.get(account.id)
        if now.epoch != account.epoch or now.suspended_at is not None:
            # The password was changed or the account suspended in between, and what ended every login may have come too early for this one.
            await self.sessions.revoke(session_id=session.id, at=self.clock())
            raise InvalidGrantError(WRONG)
        return self._grant(account, session, secret)

    async def by_refresh_token(self, token: str) -> Grant:
        """Return a fresh grant. Raise InvalidGrantError; a token that was used before ends its session."""
        secret, at = new_secret(REFRESH), self.clock()
        session = await self.sessions.rotate(hash_of(token), next_hash=hash_of(secret), at=at, expires_at=at + self.refresh_life)
        if session is None:
            msg = "The refresh token is not known, expired, revoked or used before; log in again."
            raise InvalidGrantError(msg)
        account = await self.accounts.get(session.account_id)
        if account.suspended_at is not None:
            raise InvalidGrantError(SUSPENDED)
        return self._grant(account, session, secret)

    def _grant(self, account: Account, session: Session, secret: str) -> Grant:
        ends = self.clock() + self.access_life
        token = self.tokens.sign(Claims(account.id, session.id, account.epoch, ends))
        return Grant(token, secret, int(self.access_life.total_seconds()))


@dataclass(frozen=True, slots=True)
class LogOut:
    """The refresh token is revoked and the session's access tokens with it."""

    sessions: Sessions
    check_credential: CheckCredential
    clock: Clock

    async def __call__(self, *, refresh_token: str | None, session_id: str | None) -> None:
        """End the session of a refresh token, else that of the caller; an unknown one is as good as ended."""
        if refresh_token is not None:
            ended = await self.sessions.revoke(token_hash=hash_of(refresh_token), at=self.clock())
        else:
            ended = await self.sessions.revoke(session_id=session_id, at=self.clock())
        if ended is not None:
            self.check_credential.forget(credential=ended)
