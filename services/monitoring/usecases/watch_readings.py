"""Raise an alert where what is measured breaks a rule, and end it when that is over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from libs.chassis.liveness.outages import as_platform_error
from libs.chassis.stores.outbox import OutboxFullError
from libs.contracts.envelope import Event
from libs.contracts.ids import new_id
from libs.contracts.monitoring import AlertRaised
from services.monitoring.domain.alert import RAISED, KnownAlert, severity_of, told_of
from services.monitoring.domain.errors import AlertChangedError
from services.monitoring.domain.ports import Alerts, Clock, Readings
from services.monitoring.domain.rules import ABSENCE, BY_METRIC, OWN_STORE, Rule

# Who writes between our reading and writing is a sweep, or another operator: not many in a row.
ATTEMPTS: Final = 3


@dataclass(slots=True)
class WatchReadings:
    """Every replica watches for itself since when a value is above its threshold; which of them raises the alert the store decides."""

    alerts: Alerts
    read: Readings
    clock: Clock
    above_since: dict[str, datetime] = field(default_factory=dict)
    # Since when the store of alerts is away, in which nothing can be kept meanwhile.
    away_since: datetime | None = None

    async def __call__(self) -> int:
        """Look once at all that can be read; return how many alerts were raised or ended. What cannot be read changes nothing.

        Raise what the store of alerts raises while it is away: that is told when it is back.
        """
        at = self.clock()
        try:
            changes = await self._look()
        except Exception as error:
            if as_platform_error(error) is not None:
                self.away_since = self.away_since or at
            raise
        if self.away_since is not None:
            changes += await self._tell_of_absence(self.away_since)
            self.away_since = None
        return changes

    async def _look(self) -> int:
        read_at, changes = self.clock(), 0
        values, at = await self.read(), self.clock()
        known = {alert.condition: alert for alert in await self.alerts.watched()}
        for metric, found in values.items():
            for rule in BY_METRIC[metric]:
                opened = {alert.subject: alert for alert in known.values() if alert.rule == rule.name}
                for subject in found.keys() | opened.keys():
                    alert = opened.get(subject)
                    if alert is not None and alert.raised_at > read_at:
                        continue  # Another replica has raised it by what it read later: this says nothing of its end.
                    changes += await self._judge(rule, subject, found.get(subject), known=alert, at=at)
        return changes

    async def _judge(self, rule: Rule, subject: str, value: float | None, *, known: KnownAlert | None, at: datetime) -> bool:
        condition = f"{rule.name}:{subject}"
        if value is None or value <= rule.threshold:
            self.above_since.pop(condition, None)
        else:
            self.above_since.setdefault(condition, at)
        if known is not None:
            return _is_over(rule, value) and await self._end(rule, known, value=value, at=at)
        since = self.above_since.get(condition)
        if value is None or since is None or at - since < rule.after:
            return False
        ended = await self.alerts.ended_at(condition)
        # Who has not looked while it was over has a beginning of before.
        if ended is not None and (since < ended or at - ended < rule.cooldown):
            return False
        return await self._raise(rule, subject, value, at=at)

    async def _tell_of_absence(self, since: datetime) -> bool:
        """Raise the alert of the store that was away, with the times at which it was: the next look ends it. One of all replicas does."""
        at, condition = self.clock(), f"{ABSENCE.name}:{OWN_STORE}"
        ended = await self.alerts.ended_at(condition)
        if at - since < ABSENCE.after or (ended is not None and ended >= since):
            return False
        text = f"{OWN_STORE} did not answer from {since:%H:%M:%S} to {at:%H:%M:%S} UTC ({since:%Y-%m-%d})."
        return await self._raise(ABSENCE, OWN_STORE, 1.0, at=since + ABSENCE.after, text=text)

    async def _raise(self, rule: Rule, subject: str, value: float, *, at: datetime, text: str | None = None) -> bool:
        alert = KnownAlert(new_id("alert"), None, rule.name, subject, at, condition=f"{rule.name}:{subject}")
        told = AlertRaised(
            occurred_at=at,
            sequence=RAISED,
            alert_id=alert.id,
            account_id=None,
            kind="instance_degraded",
            severity=severity_of(rule.level),
            subject=subject,
            message=text or rule.text_of(subject, value),
            rule=rule.name,
            level=rule.level,
            title=rule.title,
            service=rule.service_of(subject),
            metric=rule.metric.value,
            value=value,
            threshold=rule.threshold,
        )
        return await self.alerts.add(alert, told)

    async def _end(self, rule: Rule, known: KnownAlert, *, value: float | None, at: datetime) -> bool:
        if known.lasting:  # An operator has told its end; it may be raised again from now on.
            return await self._saved(known.let_go())
        notes = "It is not measured any more." if value is None else f"{rule.metric.value} is {value:.6g}, not above {rule.clear:g}."
        after = known.resolve(by=None, notes=notes, at=at)
        told = told_of(known, after, message=f"{rule.title}, {known.subject}: over. {notes}", value=value)
        assert told is not None
        return await self._saved(after, told.model_copy(update={"occurred_at": at}))

    async def _saved(self, alert: KnownAlert, *events: Event) -> bool:
        try:
            await self.alerts.save(alert, *events)
        except (AlertChangedError, OutboxFullError):
            return False  # An operator, or another replica, was faster: the next look decides.
        return True


def _is_over(rule: Rule, value: float | None) -> bool:
    """Tell whether an alert ends. Lag is measured by who has it: without a measurement it is not known, and grows unseen."""
    return not rule.unseen_lasts if value is None else value <= rule.clear


@dataclass(frozen=True, slots=True)
class ChangeAlerts:
    """What operators do about alerts: twice is once."""

    alerts: Alerts
    clock: Clock

    async def acknowledge(self, alert_id: str, *, by: str, notes: str | None) -> KnownAlert:
        """Return the alert, looked after. Raise AlertNotFoundError, AlertResolvedError, AlertChangedError or OutboxFullError."""
        return await self._change(alert_id, lambda alert: alert.acknowledge(by=by, notes=notes, at=self.clock()), message="")

    async def resolve(self, alert_id: str, *, by: str, notes: str | None) -> KnownAlert:
        """Return the alert, ended: it stays so while what it is about goes on, and is raised anew when that comes again.

        Raise AlertNotFoundError, AlertChangedError or OutboxFullError.
        """
        message = notes or "An operator has resolved it."
        return await self._change(alert_id, lambda alert: alert.resolve(by=by, notes=notes, at=self.clock()), message=message)

    async def _change(self, alert_id: str, change: Callable[[KnownAlert], KnownAlert], *, message: str) -> KnownAlert:
        for attempt in range(ATTEMPTS):
            before = await self.alerts.get(alert_id)
            after = change(before)
            if (told := told_of(before, after, message=message)) is None:
                return before
            try:
                await self.alerts.save(after, told)
            except AlertChangedError:
                if attempt == ATTEMPTS - 1:
                    raise
                continue  # It has just ended by itself, or another operator was faster: what may follow is decided anew.
            return after
        raise AssertionError
