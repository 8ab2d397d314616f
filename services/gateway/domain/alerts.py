"""Alerts as people see them: a view of what monitoring tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.alerts import AlertAcknowledged, AlertChanged, AlertStatus
from libs.contracts.monitoring import AlertRaised, AlertResolved, Level


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert; `slug` is its readable id. `metric`, `value` and `threshold` are None where nothing is counted."""

    id: str
    slug: str
    rule: str
    level: Level
    title: str
    description: str
    status: AlertStatus
    service: str
    subject: str
    created_at: datetime
    metric: str | None = None
    value: float | None = None
    threshold: float | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledgement_notes: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution_notes: str | None = None


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts are wanted: those of the platform and of an account, of a level, of a status."""

    account_id: str | None = None
    level: Level | None = None
    status: AlertStatus | None = None


def slug_of(rule: str, at: datetime) -> str:
    """Return the readable id of an alert, which is its own as long as no other of its rule is of the same second."""
    return f"alert_{rule}_{at:%Y%m%d_%H%M%S}"


def level_of(event: AlertRaised) -> Level:
    """Return how much an alert matters; of what a release that did not tell has raised, by its severity."""
    return event.level or ("critical" if event.severity == "critical" else "medium")


class AlertViews(Protocol):
    """The alerts that were heard of. Events may come twice, and in any order."""

    async def apply(self, event: AlertRaised | AlertAcknowledged | AlertResolved) -> None:
        """Take in what monitoring tells."""

    async def note(self, changed: AlertChanged) -> None:
        """Take in what monitoring has just decided."""

    async def get(self, alert_id: str, *, account_id: str | None) -> AlertView:
        """Return an alert of the platform or of an account, by its readable id or its own. Raise NotFoundError."""

    async def find(self, part: Part, wanted: AlertFilter) -> Page[AlertView]:
        """Return a part of the alerts, the newest first."""

    async def count(self, *, account_id: str | None) -> Mapping[tuple[Level, AlertStatus], int]:
        """Return how many alerts of the platform and of an account there are, by level and status."""

    async def not_over(self) -> list[AlertView]:
        """Return the platform's alerts that are not over, the newest ones where there are many."""
