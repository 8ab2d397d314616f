"""Logging in and staying logged in: access tokens by password or refresh token, and the end of it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from libs.contracts.ids import new_id
from services.gateway.domain.account import Account
from services.gateway.domain.credentials import REFRESH, Claims, Session, hash_of, new_secret
from services.gateway.domain.errors import InvalidGrantError
from services.gateway.domain.ports import Accounts, Guesses, Passwords, Sessions, Tokens
from services.gateway.domain.studio_ports import Clock
from services.gateway.usecases.check_credential import CheckCredential

WRONG: Final = "The username or password is wrong."


@dataclass(frozen=True, slots=True)
class Grant:
    """What a login gives; `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class LogIn:
    """Refresh tokens are used once: each gives the next one."""

    accounts: Accounts
    sessions: Sessions
    passwords: Passwords
    tokens: Tokens
    guesses: Guesses
    clock: Clock
    access_life: timedelta
    refresh_life: timedelta

    async def by_password(self, *, login: str, password: str, address: str) -> Grant:
        """Return a grant. Raise InvalidGrantError (the same for a wrong name and a wrong password) or TooManyRequestsError."""
        account = await self.accounts.find(login)
        await self.guesses.attempt(account, login=login, address=address)
        if not await self.passwords.matches(password, hashed=account.password_hash if account else None) or account is None:
            raise InvalidGrantError(WRONG)
        await self.guesses.succeeded(account, address=address)
        if self.passwords.outdated(account.password_hash):
            await self.accounts.save(replace(account, password_hash=await self.passwords.hash(password)))
        secret, at = new_secret(REFRESH), self.clock()
        session = Session(new_id("session"), account.id, hash_of(secret), at, at + self.refresh_life)
        await self.sessions.add(session)
        if (await self.accounts.get(account.id)).epoch != account.epoch:
            # The password was changed in between, and what ended every login may have come too early for this one.
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
        return self._grant(await self.accounts.get(session.account_id), session, secret)

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
