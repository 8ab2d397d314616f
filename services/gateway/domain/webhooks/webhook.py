"""An account's webhook and its deliveries: when an attempt is made again, and when a webhook is given up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

GONE: Final = 410
SHOWN: Final = 10
# Deliveries that are still listed; older ones are forgotten.
HISTORY: Final = timedelta(days=30)
# An event may be heard again for as long as its topic keeps it. Older ones are told to nobody, so that the record of a delivery, by which
# the second hearing is known, is always there: it outlives this time, and what may still be tried.
DELIVERED_WITHIN: Final = timedelta(days=20)
# Clocks of the fleet agree within this.
CLOCKS_AGREE: Final = timedelta(minutes=5)
# A delivery that has failed as often holds up its own thing alone.
HELD_BACK_AFTER: Final = 3
# A test call does not wait its turn behind what is being tried again, and is tried once.
TEST_EVENT: Final = "webhook.test"


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """How hard deliveries are tried: pauses between attempts, the time for one, and how long nothing but failure is borne."""

    retries: tuple[timedelta, ...]
    timeout: timedelta
    give_up_after: timedelta
    to_write_down: timedelta = timedelta(seconds=20)

    @property
    def lease(self) -> timedelta:
        """How long a gateway has a webhook to itself: an attempt, and some time to write down how it went."""
        return self.timeout + self.to_write_down


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that an account's webhooks are told: `body` is the JSON that is sent, `message_id` its own in every delivery.

    `thing` is what it happened to (a job, a listing, a subscription), whose notices are told in order.
    """

    account_id: str
    event: str
    message_id: str
    at: datetime
    body: str
    thing: str = ""

    def is_news(self, *, at: datetime, webhook_made_at: datetime) -> bool:
        """Tell whether it is young enough to be told, and no older than the webhook."""
        return at - self.at <= DELIVERED_WITHIN and self.at >= webhook_made_at - CLOCKS_AGREE


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: what was answered (`body` is its beginning), or why nothing was (`error`)."""

    at: datetime
    took_ms: int
    status: int | None = None
    body: str = ""
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver has taken it."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  # HTTP's own numbers

    @property
    def problem(self) -> str | None:
        """Why it did not succeed, for people."""
        if self.succeeded or self.status is None:
            return self.error
        redirects = "; redirects are not followed" if 300 <= self.status < 400 else ""  # noqa: PLR2004  # as above
        return f"The receiver answered {self.status}{redirects}."


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notice on its way to one webhook. Its id is made from both, so that the same notice is kept once."""

    id: str
    webhook_id: str
    event: str
    message_id: str
    body: str
    created_at: datetime
    next_attempt_at: datetime | None
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: tuple[Attempt, ...] = ()
    replay_of: str | None = None
    thing: str = ""

    @property
    def is_held_back(self) -> bool:
        """Whether it has failed so often that what happened to other things goes before it."""
        return self.status is DeliveryStatus.PENDING and len(self.attempts) >= HELD_BACK_AFTER

    @property
    def last(self) -> Attempt | None:
        """The latest attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def is_test(self) -> bool:
        """Whether the owner wants to see how the receiver takes it, once and now."""
        return self.event == TEST_EVENT

    def attempted(self, attempt: Attempt, *, retries: tuple[timedelta, ...]) -> "Delivery":
        """Return the delivery after an attempt: the pauses of `retries` lie between attempts, after the last of which it has failed."""
        attempts = (*self.attempts, attempt)
        if attempt.succeeded:
            return replace(self, attempts=attempts, status=DeliveryStatus.DELIVERED, next_attempt_at=None)
        if self.is_test or len(attempts) > len(retries):
            return replace(self, attempts=attempts, status=DeliveryStatus.FAILED, next_attempt_at=None)
        ended_at = attempt.at + timedelta(milliseconds=attempt.took_ms)
        return replace(self, attempts=attempts, next_attempt_at=ended_at + retries[len(attempts) - 1])


def first_to_go(heads: Sequence[Delivery], *, at: datetime) -> Delivery | None:
    """Return which of a webhook's heads is delivered next: the one that happened first of those that are due, else the one due first."""
    due = [each for each in heads if each.next_attempt_at is None or each.next_attempt_at <= at]
    if due:
        return min(due, key=lambda each: (not each.is_test, each.id))
    return min(heads, key=lambda each: each.next_attempt_at or at, default=None)


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What an owner wants changed of a webhook; None for what stays as it is."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where an account wants which events told. `failing_since` is when the failures began that no success has followed."""

    id: str
    account_id: str
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)
    created_at: datetime
    updated_at: datetime
    enabled: bool = True
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    version: int = 0

    @property
    def masked_secret(self) -> str:
        """The secret's beginning, to tell secrets apart."""
        return f"{self.secret[:SHOWN]}…"

    def changed(self, change: WebhookChange, *, at: datetime) -> "Webhook":
        """Return the webhook as its owner wants it. Enabled anew, or at another address, it starts without a past."""
        url, enabled = change.url or self.url, self.enabled if change.enabled is None else change.enabled
        edited = replace(self, url=url, events=change.events or self.events, enabled=enabled, updated_at=at)
        if not enabled:
            return replace(edited, disabled_at=self.disabled_at or at, disabled_reason=self.disabled_reason or "You disabled it.")
        if self.enabled and url == self.url:
            return edited
        return replace(edited, failing_since=None, disabled_at=None, disabled_reason=None)

    def judged(self, attempt: Attempt, *, is_test: bool, give_up_after: timedelta) -> "Webhook":
        """Return the webhook after an attempt: itself when nothing follows from it. A test's failure counts for nothing."""
        if attempt.succeeded:
            return replace(self, failing_since=None) if self.failing_since else self
        if is_test:
            return self
        since = self.failing_since or attempt.at
        if attempt.status == GONE:
            return self._given_up(since, at=attempt.at, reason="The receiver answered 410 Gone: it wants no more deliveries.")
        if attempt.at - since >= give_up_after:
            return self._given_up(since, at=attempt.at, reason=f"Nothing but failure since {since:%Y-%m-%d %H:%M} UTC.")
        return self if self.failing_since else replace(self, failing_since=since)

    def _given_up(self, since: datetime, *, at: datetime, reason: str) -> "Webhook":
        return replace(self, enabled=False, failing_since=since, disabled_at=at, disabled_reason=reason, updated_at=at)


@dataclass(frozen=True, slots=True)
class Turn:
    """A webhook that this gateway alone delivers to until `until`; `wakes` counts what was added when it was taken."""

    webhook: Webhook
    holder: str
    wakes: int
    until: datetime
