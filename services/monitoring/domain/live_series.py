"""A live series of candles, as its refreshes tell it: what went wrong is an alert until candles come again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from libs.contracts.envelope import Event
from libs.contracts.ids import new_id
from libs.contracts.live import RefreshSpec
from libs.contracts.monitoring import ALERT_TITLES, AlertRaised, AlertResolved
from services.monitoring.domain.alert import RAISED, RESOLVED, Alert

# A refresh may wait for the cluster and fetch a long past: so long after it was due the third time, one is missed.
MISSED_MOST: Final = 3
A_REFRESH_MOST: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LiveSeries:
    """A series by the id of its dataset. `version` is that of the last refresh that was heard of, `alert` the one that is open about it.

    `name` is what people read, `every_s` how often it is refreshed, `ok_at` when a refresh went well last; None where that is not known.
    """

    id: str
    version: int
    alert: Alert | None = None
    name: str = ""
    every_s: int | None = None
    ok_at: datetime | None = None
    revision: int = 0

    def overdue(self, *, at: datetime, listening_since: datetime) -> "LiveSeries | None":
        """Return it with an alert where no refresh has ended for too long; None where one has, or an alert is open.

        Who can start no refresh cannot tell of one that failed. What we may have missed before we listened is not held against it.
        """
        if self.alert or self.every_s is None or self.ok_at is None:
            return None
        silence = at - max(self.ok_at, listening_since)
        is_late = silence > timedelta(seconds=MISSED_MOST * self.every_s) + A_REFRESH_MOST
        return replace(self, alert=Alert(new_id("alert"), at)) if is_late else None


def judged(known: LiveSeries | None, spec: RefreshSpec, *, at: datetime, problem: str | None) -> LiveSeries | None:
    """Return the series after a refresh that ended with a problem, or well (None); None for one that is known, or older."""
    before = known or LiveSeries(spec.dataset_id, 0)
    if spec.version <= before.version:
        return None
    alert = None if problem is None else before.alert or Alert(new_id("alert"), at)
    ok_at = at if problem is None else before.ok_at
    return replace(before, version=spec.version, alert=alert, name=spec.name, every_s=spec.every_s, ok_at=ok_at)


def alerts_between(before: LiveSeries | None, after: LiveSeries, *, problem: str | None) -> tuple[Event, ...]:
    """Return the event that tells of the alert which a refresh raises or ends; none when all stays as it was."""
    known = before.alert if before else None
    if after.alert and not known:
        raised = AlertRaised(
            sequence=RAISED,
            alert_id=after.alert.id,
            account_id=None,
            kind="refresh_failed",
            severity="warning",
            subject=after.id,
            message=f"{after.name} was not refreshed: {problem}",
            rule="refresh_failed",
            level="medium",
            title=ALERT_TITLES["refresh_failed"],
            service="live data",
        )
        return (raised,)
    if known and not after.alert:
        message = f"{after.name} is refreshed again."
        about: dict[str, Any] = {"alert_id": known.id, "account_id": None, "subject": after.id, "raised_at": known.raised_at}
        return (AlertResolved(**about, sequence=RESOLVED, message=message, rule="refresh_failed"),)
    return ()
