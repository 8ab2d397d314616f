"""What webhooks need from outside: their stores, whose turn it is, names' addresses, and who carries a delivery out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import Event
from services.gateway.domain.webhooks.urls import Target
from services.gateway.domain.webhooks.webhook import Delivery, DeliveryStatus, Turn, Webhook


class Webhooks(Protocol):
    """The webhooks of all accounts."""

    async def add(self, webhook: Webhook, *, most: int) -> None:
        """Keep a new webhook. Raise TooManyWebhooksError when its account has `most` already."""

    async def get(self, webhook_id: str, *, account_id: str) -> Webhook:
        """Return a webhook. Raise WebhookNotFoundError."""

    async def find(self, account_id: str, part: Part) -> Page[Webhook]:
        """Return a part of an account's webhooks, the newest first."""

    async def listening(self, account_id: str, *, event: str) -> Sequence[Webhook]:
        """Return the account's enabled webhooks that want an event."""

    async def save(self, webhook: Webhook, *events: Event) -> None:
        """Write a webhook and the events that tell of it, in one write.

        Raise WebhookChangedError for a lost race, or OutboxFullError while too many of its events wait.
        """

    async def switch_off(self, account_id: str, *, reason: str, at: datetime) -> None:
        """Disable all of an account's webhooks that are enabled."""

    async def remove(self, webhook_id: str, *, account_id: str) -> None:
        """Forget a webhook. Raise WebhookNotFoundError."""


class Deliveries(Protocol):
    """What is delivered and was."""

    async def add(self, delivery: Delivery) -> None:
        """Keep a new delivery; one that is known stays as it is."""

    async def get(self, delivery_id: str, *, webhook_id: str) -> Delivery:
        """Return a delivery. Raise DeliveryNotFoundError."""

    async def find(self, webhook_id: str, part: Part, *, status: DeliveryStatus | None) -> Page[Delivery]:
        """Return a part of a webhook's deliveries, the newest first."""

    async def heads(self, webhook_id: str) -> Sequence[Delivery]:
        """Return what may go next: the first that waits in line, and of those that are held back the one that is due first.

        In line are test calls, then what happened first; nothing of a thing that something is held back of.
        """

    async def record(self, delivery: Delivery) -> None:
        """Write down an attempt; nothing when another gateway has written one down meanwhile."""

    async def hurry(self, webhook_id: str, *, at: datetime) -> None:
        """Make the pending deliveries due."""

    async def remove(self, webhook_id: str) -> None:
        """Forget a webhook's deliveries, pending ones included."""


class Turns(Protocol):
    """Whose turn it is to deliver to a webhook: one gateway's at a time."""

    async def wake(self, webhook_id: str, *, at: datetime) -> None:
        """Say that there is something new to deliver."""

    async def take(self, *, holder: str, at: datetime, until: datetime, but_of: Sequence[str] = ()) -> Turn | None:
        """Take the enabled webhook that has been due longest and that nobody holds, of no account in `but_of`; None when there is none."""

    async def end(self, turn: Turn, *, due_at: datetime | None) -> None:
        """Give the turn back: due again at `due_at` (None: when woken), or at once when woken meanwhile."""


class Names(Protocol):
    """The addresses of hosts."""

    async def addresses_of(self, host: str, port: int) -> tuple[str, ...]:
        """Return a host's addresses, those to be tried first in front; none when it is not known."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a receiver answered; `body` is its beginning."""

    status: int
    body: str


class Deliverer(Protocol):
    """Carries deliveries to their receivers."""

    async def __call__(self, target: Target, *, headers: Mapping[str, str], body: bytes) -> Answered:
        """Send the body to the target, at one of its addresses and no other; redirects are answers. Raise UnreachableError."""
