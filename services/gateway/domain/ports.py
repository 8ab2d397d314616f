"""What the gateway's accounts need from outside: stores, password hashes, signed tokens, the memory of wrong guesses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from libs.chassis.parts import Part
from services.gateway.domain.account import Account, Role, Tier
from services.gateway.domain.credentials import ApiKey, Claims, Session
from services.gateway.domain.studio_ports import Page


class Accounts(Protocol):
    """All accounts; usernames and emails are unique, case aside."""

    async def add(self, account: Account) -> None:
        """Raise AccountTakenError when the username or email is another's."""

    async def get(self, account_id: str) -> Account:
        """Raise NotFoundError when there is none."""

    async def find(self, login: str) -> Account | None:
        """Return the account with this username or email, case aside."""

    async def admin_ids(self) -> Sequence[str]:
        """Return the ids of all admins."""

    async def save(self, account: Account) -> None:
        """Replace an account. Raise AccountChangedError when its version is no longer the stored one."""

    async def page(self, part: Part, *, role: Role | None = None, tier: Tier | None = None) -> Page[Account]:
        """Return a part of the accounts, the oldest first."""


class Sessions(Protocol):
    """Logins and their refresh tokens."""

    async def add(self, session: Session) -> None:
        """Keep a new session until it expires."""

    async def get(self, session_id: str) -> Session | None:
        """Return a session, also a revoked one; None when it is not known."""

    async def rotate(self, token_hash: str, *, next_hash: str, at: datetime, expires_at: datetime) -> Session | None:
        """Exchange a session's refresh token. None when it is unknown, expired, revoked or used before; used before revokes the session."""

    async def revoke(self, *, token_hash: str | None = None, session_id: str | None = None, at: datetime) -> str | None:
        """End a session, named by its current or an older refresh token or by its id; return its id if there was one."""

    async def revoke_all(self, account_id: str, *, at: datetime, but: str | None = None) -> None:
        """End all sessions of an account but one."""


class ApiKeys(Protocol):
    """API keys, found by the hash of their secret."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""

    async def find(self, secret_hash: str) -> ApiKey | None:
        """Return the key of a secret."""

    async def of(self, account_id: str) -> Sequence[ApiKey]:
        """Return an account's keys, oldest first."""

    async def remove(self, key_id: str, *, account_id: str) -> None:
        """Revoke a key. Raise NotFoundError when the account has no such key."""

    async def used(self, key_id: str, *, at: datetime) -> None:
        """Note when a key was used last."""


class Passwords(Protocol):
    """Slow hashes of passwords."""

    async def hash(self, password: str) -> str:
        """Return a salted hash."""

    async def matches(self, password: str, *, hashed: str | None) -> bool:
        """Compare; takes as long without a hash, so that nobody learns which accounts exist."""

    def outdated(self, hashed: str) -> bool:
        """Tell whether the hash was made with weaker parameters than today's."""


class Tokens(Protocol):
    """Signed access tokens."""

    def sign(self, claims: Claims) -> str:
        """Return a signed token."""

    def read(self, token: str) -> Claims:
        """Raise AuthenticationError when the token is forged, expired or not ours."""


class Guesses(Protocol):
    """Remembers failed logins by account and address, and makes each further attempt wait longer."""

    async def attempt(self, account: Account | None, *, login: str, address: str) -> None:
        """Note an attempt before its password is looked at; without an account, at what was typed as `login`.

        Raise TooManyRequestsError while it has to wait.
        """

    async def succeeded(self, account: Account, *, address: str) -> None:
        """Forget the attempts."""
