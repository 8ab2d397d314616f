"""One process of the fleet and its health, as its heartbeats tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

from libs.contracts.envelope import Event
from libs.contracts.ids import new_id
from libs.contracts.monitoring import ALERT_TITLES, AlertRaised, AlertResolved, HealthChanged, HeartbeatSent, Process
from services.monitoring.domain.alert import RAISED, RESOLVED, Alert
from services.monitoring.domain.errors import IllegalHealthError


class Health(StrEnum):
    """How an instance is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    SILENT = "silent"
    GONE = "gone"


# The reason of an instance that said that it stops; all others that are gone went without a word.
STOPPED: Final = "stopped"
MOVES: Final[Mapping[Health, frozenset[Health]]] = {
    Health.HEALTHY: frozenset({Health.DEGRADED, Health.SILENT, Health.GONE}),
    Health.DEGRADED: frozenset({Health.HEALTHY, Health.SILENT, Health.GONE}),
    Health.SILENT: frozenset({Health.HEALTHY, Health.DEGRADED, Health.GONE}),
    # A name comes back when a supervisor starts the process again.
    Health.GONE: frozenset({Health.HEALTHY, Health.DEGRADED}),
}
TOLD: Final[Mapping[str, Health]] = {"ready": Health.HEALTHY, "degraded": Health.DEGRADED, "stopping": Health.GONE}


SEVERITIES: Final[Mapping[Health, Literal["warning", "critical"]]] = {Health.DEGRADED: "warning", Health.SILENT: "critical"}
KINDS: Final[Mapping[Health, Literal["instance_degraded", "instance_silent"]]] = {
    Health.DEGRADED: "instance_degraded",
    Health.SILENT: "instance_silent",
}


@dataclass(frozen=True, slots=True)
class Instance:
    """A process by its name. `beat` is the number of its last heartbeat, `sequence` that of the last event told of it.

    `alert` is the one that is open about it, `process` what was told last of what runs under this name.
    """

    name: str
    service: str
    health: Health
    reason: str
    started_at: datetime
    last_beat_at: datetime
    every_s: float
    beat: int
    sequence: int
    gone_at: datetime | None
    alert: Alert | None = None
    process: Process | None = None
    version: int = 0

    def has_heard(self, beat: HeartbeatSent) -> bool:
        """Tell whether this heartbeat is known or older than what is known."""
        return (beat.started_at, beat.sequence) <= (self.started_at, self.beat)

    def note(self, beat: HeartbeatSent, *, at: datetime) -> "Instance":
        """Take in that a heartbeat came, whatever its health; `at` is now, which one from a clock that is ahead does not overtake."""
        return replace(self, started_at=beat.started_at, beat=beat.sequence, every_s=beat.every_s, last_beat_at=min(beat.occurred_at, at))

    def hear(self, beat: HeartbeatSent, *, at: datetime) -> "Instance":
        """Take in a new heartbeat, the health that it tells of, and what the process is, which after a restart may be another one."""
        heard = self.note(beat, at=at).move_to(TOLD[beat.state], reason=reason_of(beat), at=at)
        if beat.process == self.process:
            return heard
        return replace(heard, process=beat.process, sequence=heard.next_sequence(self.sequence))

    def move_to(self, health: Health, *, reason: str, at: datetime) -> "Instance":
        """Return the instance with this health. Raise IllegalHealthError for a move that the table lacks."""
        gone_at = at if health is Health.GONE else None
        if health is self.health:
            return replace(self, reason=reason, gone_at=gone_at)
        if health not in MOVES[self.health]:
            raise IllegalHealthError(self.name, before=self.health, after=health)
        moved = replace(self, health=health, reason=reason, gone_at=gone_at, sequence=self.next_sequence(self.sequence))
        if health in SEVERITIES:
            return replace(moved, alert=self.alert or Alert(new_id("alert"), at))
        return replace(moved, alert=None)

    def next_sequence(self, sequence: int) -> int:
        """Return the number of the next event."""
        # Monitoring tells of its own health under the same source as its own heartbeats: a change comes after the beat it was seen by.
        return max(sequence, self.beat) + 1

    def judge_silence(self, *, at: datetime, listening_since: datetime, missed_beats: int, gone_after: timedelta) -> "Instance":
        """Return what the time since the last heartbeat makes of the instance. What came before we listened is not held against it."""
        silence = at - max(self.last_beat_at, listening_since)
        if self.health is Health.GONE or silence <= timedelta(seconds=missed_beats * self.every_s):
            return self
        reason = f"no heartbeat for {silence.total_seconds():.0f} s"
        return self.move_to(Health.GONE if silence > gone_after else Health.SILENT, reason=reason, at=at)


def first_heard(beat: HeartbeatSent, *, at: datetime) -> Instance:
    """Return the instance that a first heartbeat makes known."""
    health = TOLD[beat.state]
    return Instance(
        name=beat.instance,
        service=beat.service,
        health=health,
        reason=reason_of(beat),
        started_at=beat.started_at,
        last_beat_at=min(beat.occurred_at, at),
        every_s=beat.every_s,
        beat=beat.sequence,
        # Not 1: the store forgets who is long gone, readers of events may not, and a name may come back.
        sequence=max(int(at.timestamp() * 1000), beat.sequence + 1),
        gone_at=at if health is Health.GONE else None,
        alert=Alert(new_id("alert"), at) if health in SEVERITIES else None,
        process=beat.process,
    )


def reason_of(beat: HeartbeatSent) -> str:
    """Return why a heartbeat means the health that it means, in words."""
    if beat.state == "stopping":
        return STOPPED
    troubles = [f"{name}: {found}" for name, found in sorted(beat.checks.items()) if found != "ok"]
    return "; ".join(troubles) or "all checks pass"


def change_between(before: Instance | None, after: Instance) -> tuple[Event, ...]:
    """Return the events that tell of a change of health or of the process, and of the alert that it raises or ends; none without one."""
    if before is not None and before.health is after.health and before.process == after.process:
        return ()
    changed = HealthChanged(
        sequence=after.sequence,
        service=after.service,
        instance=after.name,
        health=after.health.value,
        reason=after.reason,
        process=after.process,
    )
    return (changed, *_alerts_between(before, after))


def _alerts_between(before: Instance | None, after: Instance) -> tuple[Event, ...]:
    known = before.alert if before else None
    message = f"{after.name} is {after.health.value}: {after.reason}"
    if after.alert and not known:
        return (
            AlertRaised(
                sequence=RAISED,
                alert_id=after.alert.id,
                account_id=None,
                kind=(kind := KINDS[after.health]),
                severity=SEVERITIES[after.health],
                subject=after.name,
                message=message,
                rule=kind,
                level="critical" if after.health is Health.SILENT else "medium",
                title=ALERT_TITLES[kind],
                service=after.service,
            ),
        )
    if known and not after.alert:
        about: dict[str, Any] = {"alert_id": known.id, "account_id": None, "subject": after.name, "raised_at": known.raised_at}
        return (AlertResolved(**about, sequence=RESOLVED, message=message),)
    return ()
