"""What the gateway's accounts need from outside: stores, password hashes, signed tokens, the memory of wrong guesses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import Event
from libs.contracts.exports import ExportPart
from services.gateway.domain.accounts.account import Account, Role, Tier
from services.gateway.domain.accounts.credentials import ApiKey, Claims, Session
from services.gateway.domain.accounts.sources import Source


class Accounts(Protocol):
    """All accounts; usernames are unique, case aside. Several may give the same email: none has proved that it is theirs."""

    async def add(self, account: Account) -> None:
        """Raise AccountTakenError when the username is another's."""

    async def get(self, account_id: str) -> Account:
        """Raise NotFoundError when there is none."""

    async def find(self, username: str) -> Account | None:
        """Return the account with this username, case aside."""

    async def find_by_email(self, email: str, *, password_hash: str) -> Account | None:
        """Return the oldest account with this email, case aside, and this password."""

    async def admin_ids(self) -> Sequence[str]:
        """Return the ids of all admins that are not suspended."""

    async def save(self, account: Account) -> None:
        """Replace an account. Raise AccountChangedError when its version is no longer the stored one."""

    async def suspended_ids(self) -> Sequence[str]:
        """Return the ids of all suspended accounts."""

    async def page(self, part: Part, *, role: Role | None = None, tier: Tier | None = None) -> Page[Account]:
        """Return a part of the accounts, the oldest first."""

    async def named(self, beginning: str, part: Part) -> Page[Account]:
        """Return a part of the accounts whose usernames begin so, case aside, in the order of their names."""


class OwnExports(Protocol):
    """What the gateway keeps of accounts."""

    async def part(self, account_id: str, *, after: str, most: int) -> ExportPart:
        """Return up to `most` documents behind a place, without secrets."""


class Erasures(Protocol):
    """Accounts that are to be erased."""

    async def due(self) -> Sequence[str]:
        """Return the ids of some that are not wholly erased yet, those that were tried longest ago first."""

    async def tried(self, account_id: str, *, at: datetime) -> None:
        """Note that this one was tried: before it is, so that none holds up the others."""

    async def save(self, account: Account, *events: Event) -> Account:
        """Write an account and what tells of it, in one write; return it as stored. Raise AccountChangedError for a lost race."""

    async def forget_jobs(self, account_id: str) -> None:
        """Take a person's words out of what is kept of an account's jobs: names, logs, results and errors."""


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

    async def alive(self, account_id: str, *, at: datetime) -> int:
        """Count an account's sessions that are still good."""

    async def remove_all(self, account_id: str) -> None:
        """Forget all sessions of an account."""


class ApiKeys(Protocol):
    """API keys, found by the hash of their secret."""

    async def add(self, key: ApiKey, *, most: int) -> bool:
        """Keep a new key; return False, with nothing kept, when its account has `most` already."""

    async def find(self, secret_hash: str) -> ApiKey | None:
        """Return the key of a secret."""

    async def of(self, account_id: str) -> Sequence[ApiKey]:
        """Return an account's keys, oldest first."""

    async def remove(self, key_id: str, *, account_id: str) -> None:
        """Revoke a key. Raise NotFoundError when the account has no such key."""

    async def remove_all(self, account_id: str) -> int:
        """Revoke all keys of an account; return how many there were."""

    async def used(self, key_id: str, *, at: datetime) -> None:
        """Note when a key was used last."""


class Passwords(Protocol):
    """Slow hashes of passwords."""

    async def hash(self, password: str, *, email: str) -> str:
        """Return a hash, salted with the email: the same for the same two, so that an account is found by them."""

    async def matches(self, password: str, *, hashed: str | None) -> bool:
        """Compare; takes as long without a hash, so that nobody learns which accounts exist."""

    def outdated(self, hashed: str, *, email: str) -> bool:
        """Tell whether `hash` would return another one today for the right password."""


class Tokens(Protocol):
    """Signed access tokens."""

    def sign(self, claims: Claims) -> str:
        """Return a signed token."""

    def read(self, token: str) -> Claims:
        """Raise AuthenticationError when the token is forged, expired or not ours."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to log in, after wrong ones.

    `early_s`: it should have come so many seconds later, 0 when it is in time. `held_s`: its answer is held back for so long.
    The right password from a known source gets in although it is early; any other early attempt is refused, after the same time.
    """

    early_s: int = 0
    held_s: float = 0.0


class Guesses(Protocol):
    """Remembers attempts at what was typed as a login, by address, and makes each further one wait longer.

    It never looks at accounts, so what it answers says nothing of them.
    """

    async def attempt(self, login: str, *, address: str, queue: Source | None = None) -> Attempt:
        """Note an attempt before its password is looked at. One that is too early waits its turn behind others of its address or `queue`.

        Raise TooManyRequestsError when too many wait already.
        """

    async def succeeded(self, login: str, *, address: str) -> None:
        """Forget the attempts at this login from this address."""


class KnownSources(Protocol):
    """From where accounts have logged in during the last 30 days."""

    async def remember(self, account_id: str, sources: Sequence[Source], *, at: datetime) -> None:
        """Note a log-in from these."""

    async def knows(self, account_id: str, sources: Sequence[Source], *, at: datetime) -> bool:
        """Tell whether the account has logged in from one of these."""

    async def is_anybodys(self, source: Source, *, at: datetime) -> bool:
        """Tell whether any account has logged in from there."""

    async def forget(self, account_id: str, *, but: Sequence[Source] = ()) -> None:
        """Forget from where an account has logged in, but for some."""


class Registrations(Protocol):
    """Counts new accounts by address."""

    def count(self, *, address: str) -> None:
        """Raise TooManyRequestsError when the address has made its share for this hour."""
