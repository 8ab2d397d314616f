"""Credentials: sessions with their refresh tokens, access tokens' claims, and API keys."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.gateway.domain.accounts.caller import Scope

API_KEY: Final = "mbk_"
REFRESH: Final = "mbr_"
SECRET_BYTES: Final = 32
SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Session:
    """One login. Its refresh token is used once; each use gives the next one, and a used one ends the session."""

    id: str
    account_id: str
    token_hash: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def lives(self, at: datetime) -> bool:
        """Tell whether the session is still good."""
        return self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: whose it is, from which session, of which epoch of the account, until when."""

    account_id: str
    session_id: str
    epoch: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key for programs. Its secret is shown once; `shown` is its beginning, to tell keys apart."""

    id: str
    account_id: str
    name: str
    shown: str
    secret_hash: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None

    def lives(self, at: datetime) -> bool:
        """Tell whether the key is still good."""
        return self.expires_at is None or at < self.expires_at


def new_secret(prefix: str) -> str:
    """Return a fresh secret of 256 random bits, with a prefix that secret scanners can look for."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def hash_of(secret: str) -> str:
    """Return what is stored of a secret. It has 256 random bits, so a plain hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()
