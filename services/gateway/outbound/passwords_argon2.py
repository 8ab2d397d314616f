"""Password hashes with argon2id, in threads, a few at a time: each takes 19 MiB and some 30 ms of a core."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError


class PasswordsArgon2:
    """Implements the port Passwords (RFC 9106; parameters as OWASP's second choice: 19 MiB, 2 passes, 1 lane)."""

    def __init__(self, *, at_once: int) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._room = asyncio.Semaphore(at_once)
        # Compared with when there is no account, so that the answer takes as long.
        self._decoy = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return a salted hash."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, *, hashed: str | None) -> bool:
        """Compare; takes as long without a hash."""
        async with self._room:
            good = await asyncio.to_thread(self._verify, password, hashed or self._decoy)
        return good and hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Tell whether the hash was made with weaker parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, password: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
