"""A reader's session: what their cookie holds, sealed, and the token without which none of their forms is taken."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

COOKIE: Final = "modelbourse_session"
PURPOSE: Final = b"modelbourse page sessions\x00"
NONCE_BYTES: Final = 12
SECRET_BYTES: Final = 16
# A token that ends while a page is made would be refused halfway.
EARLY_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who looks. A stranger's has no tokens; `ends` is when the access token does (Unix time, seconds).

    Name, role and tier are for the head of the page alone: what somebody may see is for the API to say.
    """

    secret: str = field(default_factory=lambda: secrets.token_hex(SECRET_BYTES))
    access_token: str = ""
    refresh_token: str = ""
    ends: float = 0.0
    username: str = ""
    role: str = ""
    tier: str = ""

    @property
    def signed_in(self) -> bool:
        """Whether they have logged in."""
        return bool(self.refresh_token)

    @property
    def stale(self) -> bool:
        """Whether the access token has ended or is about to."""
        return self.signed_in and time.time() > self.ends - EARLY_S

    def form_token(self) -> str:
        """Return the hidden field of a form, another each time, so that compressed pages do not give it away (BREACH)."""
        mask = secrets.token_bytes(SECRET_BYTES)
        plain = bytes.fromhex(self.secret)
        return (mask + bytes(a ^ b for a, b in zip(mask, plain, strict=True))).hex()

    def owns(self, form_token: str) -> bool:
        """Tell whether a form was made for this session."""
        try:
            masked = bytes.fromhex(form_token)
        except ValueError:
            return False
        mask, rest = masked[:SECRET_BYTES], masked[SECRET_BYTES:]
        if len(rest) != len(mask):
            return False
        return hmac.compare_digest(bytes(a ^ b for a, b in zip(mask, rest, strict=True)), bytes.fromhex(self.secret))


class Seals:
    """Seals sessions into cookies (AES-GCM): tokens leave the platform unreadable, and come back unchanged or not at all."""

    def __init__(self, keys: Sequence[str]) -> None:
        # The first key seals, all open: so a key can be changed while somebody is signed in.
        self._ciphers = [AESGCM(hashlib.sha256(PURPOSE + key.encode()).digest()) for key in keys]

    def seal(self, session: Session) -> str:
        """Return a session as a cookie's value."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._ciphers[0].encrypt(nonce, orjson.dumps(session), PURPOSE)).decode()

    def open(self, cookie: str) -> Session | None:
        """Return the session of a cookie; None for one that is not ours, or no more."""
        try:
            sealed = base64.urlsafe_b64decode(cookie.encode())
        except (ValueError, binascii.Error):
            return None
        for cipher in self._ciphers:
            try:
                return Session(**orjson.loads(cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], PURPOSE)))
            except (InvalidTag, ValueError, TypeError):
                continue
        return None
