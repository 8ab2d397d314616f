"""The work that one request starts, and ids for it that stay the same when the request comes again."""

import hashlib
from dataclasses import dataclass
from typing import Final

from libs.contracts.ids import ALPHABET, new_id

RANDOM_BITS: Final = 74


@dataclass(frozen=True, slots=True)
class Work:
    """What a POST starts. With an Idempotency-Key, `seed` names the request and `began_ms` says when it first came."""

    seed: str | None = None
    began_ms: int = 0

    def new_id(self, prefix: str) -> str:
        """Return an id for a thing that this work makes: the same one each time the same request comes, a fresh one without a key.

        So a request that was cut off half-way makes nothing twice when it is sent again. The form is that of `ids.new_id`.
        """
        if self.seed is None:
            return new_id(prefix)
        drawn = int.from_bytes(hashlib.sha256(f"{self.seed}|{prefix}".encode()).digest()) >> (256 - RANDOM_BITS)
        number = self.began_ms << 80 | 0x7 << 76 | (drawn >> 62) << 64 | 0x2 << 62 | drawn & ((1 << 62) - 1)
        return f"{prefix}_{''.join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))}"
