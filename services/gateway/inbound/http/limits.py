"""How many requests an hour a caller may send to a face, by tier; per address where there is no caller."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from services.gateway.domain.caller import Caller
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.inbound.http.face import Face

ANONYMOUS: Final = "anonymous"


class Counted(Protocol):
    """What the counter says about one more request."""

    @property
    def allowed(self) -> bool:
        """Whether it is within the limit."""

    @property
    def remaining(self) -> int:
        """How many more there may be."""

    @property
    def reset_s(self) -> int:
        """Seconds until the limit is fresh."""

    @property
    def retry_after_s(self) -> int | None:
        """Seconds until one more is allowed; None when one is."""


class Counts(Protocol):
    """Counts requests against a limit without waiting for a server."""

    def check(self, key: str, *, per_hour: int) -> Counted:
        """Count one more and say whether it is within the limit."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A counted request: the headers that tell of it, and `enforce` which refuses it if it is one too many."""

    counted: Counted
    limit: int

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """X-RateLimit-Limit, -Remaining and -Reset (Unix time in seconds)."""
        reset = int(time.time() + self.counted.reset_s)
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.counted.remaining),
            (b"x-ratelimit-reset", b"%d" % reset),
        ]

    def enforce(self) -> None:
        """Raise TooManyRequestsError when the limit is used up."""
        if not self.counted.allowed:
            after = self.counted.retry_after_s or self.counted.reset_s
            msg = f"The limit of {self.limit} requests an hour is used up; try again in {after} s."
            raise TooManyRequestsError(msg, retry_after_s=after)


class Rates:
    """`table` has, by face's name, requests an hour by tier, and `anonymous` for each address: callers of no tier or of one left out."""

    def __init__(self, counts: Counts, *, table: Mapping[str, Mapping[str, int]]) -> None:
        self._counts = counts
        self._table = table

    def check(self, face: Face, *, caller: Caller | None, address: str) -> Verdict | None:
        """Count one request; None where the face has no limit for such a caller."""
        limits = self._table.get(face.name, {})
        if caller is not None and caller.tier in limits:
            who, limit = caller.account_id, limits[caller.tier]
        elif ANONYMOUS in limits:
            # A credential is no way around the limit of the address that it comes from.
            who, limit = f"address:{address}", limits[ANONYMOUS]
        else:
            return None
        return Verdict(self._counts.check(f"{face.name}:{who}", per_hour=limit), limit)
