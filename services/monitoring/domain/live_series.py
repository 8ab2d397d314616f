"""A live series of candles, as its refreshes tell it: what went wrong is an alert until candles come again."""

from dataclasses import dataclass, replace
from datetime import datetime

from libs.contracts.envelope import Event
from libs.contracts.ids import new_id
from libs.contracts.monitoring import AlertRaised, AlertResolved
from services.monitoring.domain.alert import Alert


@dataclass(frozen=True, slots=True)
class LiveSeries:
    """A series by the id of its dataset. `version` is that of the last refresh that was heard of, `alert` the one that is open about it."""

    id: str
    version: int
    alert: Alert | None = None
    revision: int = 0


def judged(known: LiveSeries | None, *, series_id: str, version: int, at: datetime, problem: str | None) -> LiveSeries | None:
    """Return the series after a refresh that ended with a problem, or well (None); None for one that is known, or older."""
    before = known or LiveSeries(series_id, 0)
    if version <= before.version:
        return None
    alert = None if problem is None else before.alert or Alert(new_id("alert"), at)
    return replace(before, version=version, alert=alert)


def alerts_between(before: LiveSeries | None, after: LiveSeries, *, name: str, problem: str | None) -> tuple[Event, ...]:
    """Return the event that tells of the alert which a refresh raises or ends; none when all stays as it was."""
    known = before.alert if before else None
    if after.alert and not known:
        raised = AlertRaised(
            sequence=1,
            alert_id=after.alert.id,
            account_id=None,
            kind="refresh_failed",
            severity="warning",
            subject=after.id,
            message=f"{name} was not refreshed: {problem}",
        )
        return (raised,)
    if known and not after.alert:
        message = f"{name} is refreshed again."
        return (
            AlertResolved(sequence=2, alert_id=known.id, account_id=None, subject=after.id, raised_at=known.raised_at, message=message),
        )
    return ()
