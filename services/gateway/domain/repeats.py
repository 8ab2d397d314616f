"""Requests that carry an Idempotency-Key: what is remembered of them, so that one sent twice is done once."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")
KEY_RULE: Final = "1 to 200 visible ASCII characters, without spaces"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it went out, to be given again to who has the scopes that it needed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeat:
    """What is known of a request. `mine` says that this process now has to do it; `answer` is there when it is done.

    `again`: an attempt before this one ended without anybody knowing what it did.
    """

    fingerprint: str
    began_at: datetime
    mine: bool
    answer: Answer | None
    again: bool = False


class Repeats(Protocol):
    """Remembers requests by the hash of account, route and key, for a day."""

    async def begin(self, seed: str, *, fingerprint: str, holder: str, lease: timedelta) -> Repeat:
        """Take the request up, if it is new or whoever had it let its lease run out; else say how it stands."""

    async def renew(self, seed: str, *, holder: str, lease: timedelta) -> bool:
        """Begin the lease anew; False when another has taken the request over, or it has its answer."""

    async def has_begun(self, seed: str) -> bool:
        """Tell whether the request was taken up before, and not refused."""

    async def finish(self, seed: str, *, holder: str, answer: Answer) -> None:
        """Keep the answer. Does nothing when another has taken the request over."""

    async def let_go(self, seed: str, *, holder: str, forget: bool) -> None:
        """Give the request up: `forget` it, or leave it to the next attempt, which makes the same ids."""
