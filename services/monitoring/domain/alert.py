"""An alert: as what it is about keeps it while it is open, and as operators see it until it is forgotten."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from libs.contracts.alerts import AlertAcknowledged, AlertStatus
from libs.contracts.monitoring import AlertRaised, AlertResolved, Level
from services.monitoring.domain.errors import AlertResolvedError

# All that is told of one alert, in its order.
RAISED, ACKNOWLEDGED, RESOLVED = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Alert:
    """What was raised and is not over yet."""

    id: str
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class KnownAlert:
    """An alert with its history. `condition` is what a rule of ours watches; None where something else keeps the alert.

    `lasting` is one that an operator has ended while its condition may go on: it is watched until that is over, so as not to come again.
    """

    id: str
    account_id: str | None
    rule: str
    subject: str
    raised_at: datetime
    status: AlertStatus = "open"
    condition: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    acknowledgement_notes: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution_notes: str | None = None
    lasting: bool = False
    version: int = 0

    @property
    def watched(self) -> bool:
        """Whether a rule still looks at it: there is one such alert about each condition."""
        return self.condition is not None and (self.status != "resolved" or self.lasting)

    def acknowledge(self, *, by: str, notes: str | None, at: datetime) -> "KnownAlert":
        """Return it looked after by an operator; the first one stays. Raise AlertResolvedError for one that is over."""
        if self.status == "resolved":
            raise AlertResolvedError(self.id)
        if self.status == "acknowledged":
            return self
        return replace(self, status="acknowledged", acknowledged_at=at, acknowledged_by=by, acknowledgement_notes=notes)

    def resolve(self, *, by: str | None, notes: str | None, at: datetime) -> "KnownAlert":
        """Return it ended by an operator, or by itself (None); how it ended first stays."""
        if self.status == "resolved":
            return self
        lasting = by is not None and self.condition is not None
        return replace(self, status="resolved", resolved_at=at, resolved_by=by, resolution_notes=notes, lasting=lasting)

    def let_go(self) -> "KnownAlert":
        """Return it with its condition over: the next time is another alert."""
        return replace(self, lasting=False)


def known_from(event: AlertRaised) -> KnownAlert:
    """Return the alert that an event tells of, from whatever release."""
    return KnownAlert(
        id=event.alert_id,
        account_id=event.account_id,
        rule=event.rule or event.kind,
        subject=event.subject,
        raised_at=event.occurred_at,
    )


def severity_of(level: Level) -> Literal["warning", "critical"]:
    """Return the word that the first release had for how much an alert matters."""
    return "critical" if level == "critical" else "warning"


def told_of(before: KnownAlert, after: KnownAlert, *, message: str, value: float | None = None) -> AlertAcknowledged | AlertResolved | None:
    """Return the event that tells of a change; None where nothing has changed."""
    if after.status == before.status:
        return None
    about: dict[str, Any] = {"alert_id": after.id, "account_id": after.account_id, "subject": after.subject, "raised_at": after.raised_at}
    if after.status == "acknowledged":
        assert after.acknowledged_by is not None
        return AlertAcknowledged(**about, sequence=ACKNOWLEDGED, by=after.acknowledged_by, notes=after.acknowledgement_notes)
    return AlertResolved(**about, sequence=RESOLVED, message=message, rule=after.rule, value=value, by=after.resolved_by)
