"""How many requests a caller may send: to a face by tier, to a face and to a route as its document says; who is no caller, by address."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.inbound.http.face import By, Face, Limit, Window

F = TypeVar("F", bound=Callable[..., Any])

ANONYMOUS: Final = "anonymous"
MARK: Final = "__limits__"
HOUR_S: Final = int(Window.HOUR)
WORDS: Final = {Window.MINUTE: "a minute", Window.HOUR: "an hour", Window.DAY: "a day"}


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

    def check(self, key: str, *, most: int, window_s: int) -> Counted:
        """Count one more and say whether it is within the limit."""

    def give_back(self, key: str) -> None:
        """Uncount one request that came to nothing."""


@dataclass(slots=True)  # not frozen: one is made for each request, and a frozen one takes three times as long
class Verdict:
    """A counted request: the headers that tell of it, and `enforce` which refuses it if it is one too many."""

    counted: Counted
    limit: int
    window: Window
    refusal: str | None = None

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
            msg = self.refusal or f"The limit of {self.limit} requests {WORDS[self.window]} is used up; try again in {after} s."
            raise TooManyRequestsError(msg, retry_after_s=after)

    def stricter(self, other: "Verdict | None") -> "Verdict":
        """Return the one that tells a caller more: a refusal, else the one with less left."""
        if other is None or (self.counted.allowed, self.counted.remaining) < (other.counted.allowed, other.counted.remaining):
            return self
        return other


def limited(*limits: Limit) -> Callable[[F], F]:
    """Give a route limits of its own, which count besides its face's. Stands below the route's decorator."""

    def mark(endpoint: F) -> F:
        setattr(endpoint, MARK, limits)
        return endpoint

    return mark


def limits_of(endpoint: Callable[..., Any]) -> tuple[Limit, ...]:
    """Return the limits that a route has of its own."""
    return tuple(getattr(endpoint, MARK, ()))


class Rates:
    """`table` has, by face's name, requests an hour by tier, and `anonymous` for each address: callers of no tier or of one left out."""

    def __init__(self, counts: Counts, *, table: Mapping[str, Mapping[str, int]]) -> None:
        self._counts = counts
        self._table = table

    def check(self, face: Face, *, caller: Caller | None, address: str) -> Verdict | None:
        """Count one request; None where the face has no limit for such a caller."""
        # What the document limits first: its windows may be shorter, and what they refuse uses up no hour.
        found = self.check_each(face.limits, key=face.name, caller=caller, address=address) if face.limits else None
        if found is not None and not found.counted.allowed:
            return found
        limits = self._table.get(face.name, {})
        if caller is not None and caller.tier in limits:
            who, most = caller.account_id, limits[caller.tier]
        elif ANONYMOUS in limits:
            # A credential is no way around the limit of the address that it comes from.
            who, most = f"address:{address}", limits[ANONYMOUS]
        else:
            return found
        verdict = Verdict(self._counts.check(f"{face.name}:{who}", most=most, window_s=HOUR_S), most, Window.HOUR)
        return verdict.stricter(found) if found is not None else verdict

    def check_each(self, limits: Sequence[Limit], *, key: str, caller: Caller | None, address: str) -> Verdict | None:
        """Count one request against limits of one thing (`key`), the shortest window first, up to the one that refuses it."""
        strictest: Verdict | None = None
        for limit in sorted(limits, key=lambda each: each.window):
            counted = self._counts.check(_key_of(limit, key, caller=caller, address=address), most=limit.most, window_s=int(limit.window))
            strictest = Verdict(counted, limit.most, limit.window, limit.refusal).stricter(strictest)
            if not counted.allowed:
                break
        return strictest

    def give_back(self, limits: Sequence[Limit], *, key: str, caller: Caller | None, address: str) -> None:
        """Uncount one request that `check_each` let through and that came to nothing."""
        for limit in limits:
            self._counts.give_back(_key_of(limit, key, caller=caller, address=address))


def _key_of(limit: Limit, key: str, *, caller: Caller | None, address: str) -> str:
    who = caller.account_id if caller is not None and limit.by is By.ACCOUNT else f"address:{address}"
    return f"{key}:{limit.window.name.lower()}:{who}"
