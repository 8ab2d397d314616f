"""Password hashes with argon2id, in threads, a few at a time: each takes 19 MiB and some 30 ms of a core."""

import asyncio
import base64
import hashlib
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SALT_BYTES: Final = 16
SALT_PART: Final = 4


class PasswordsArgon2:
    """Implements the port Passwords (RFC 9106; parameters as OWASP's second choice: 19 MiB, 2 passes, 1 lane).

    The salt comes from the email (docs/decisions/0014): accounts with one email have one salt, so one hash finds the right one of them.
    Other parameters make other hashes: whoever changes them has log-ins by email try the old ones as well.
    """

    def __init__(self, *, at_once: int) -> None:
        self._hasher = _hasher()
        self._room = asyncio.Semaphore(at_once)
        # Compared with when there is no account, so that the answer takes as long.
        self._decoy = _decoy()

    async def hash(self, password: str, *, email: str) -> str:
        """Return a hash, salted with the email: the same for the same two."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password, salt=_salt(email))

    async def matches(self, password: str, *, hashed: str | None) -> bool:
        """Compare; takes as long without a hash."""
        async with self._room:
            good = await asyncio.to_thread(self._verify, password, hashed or self._decoy)
        return good and hashed is not None

    def outdated(self, hashed: str, *, email: str) -> bool:
        """Tell whether `hash` would return another one today for the right password."""
        salt = base64.b64encode(_salt(email)).decode().rstrip("=")
        return self._hasher.check_needs_rehash(hashed) or hashed.split("$")[SALT_PART] != salt

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _decoy() -> str:
    return _hasher().hash("nobody has this password")


def _salt(email: str) -> bytes:
    return hashlib.blake2b(email.casefold().encode(), digest_size=SALT_BYTES, person=b"mb password salt").digest()
