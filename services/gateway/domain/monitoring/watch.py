"""How a model is watched: its rules, when it is looked at next, and which of its alerts are open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from libs.contracts.envelope import Event
from libs.contracts.ids import new_id
from libs.contracts.model_monitoring import ModelDrifted, ModelRecovered
from services.gateway.domain.monitoring.alerts import Finding, ModelAlert, Ranked, age_found, ranked
from services.gateway.domain.monitoring.rules import MonitoringRules

OPEN_MOST: Final = 100
"""Open alerts of features, beyond which no more are raised until one is over; of other causes each has its own."""
OF_FEATURES: Final = frozenset({"drift", "missing"})
RESOLVED_MOST: Final = 100
WITHDRAWN: Final = "No version is in production any more."
REPLACED: Final = "Version {version} is watched now."


class LookOutcome(StrEnum):
    """What came of a turn of the schedule."""

    STARTED = "started"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Look:
    """The newest turn of the schedule: what came of it, and why.

    `reads` is a digest of what the last one that was started reads, `reader` the job that it started.
    """

    at: datetime
    outcome: LookOutcome
    reason: str
    job_id: str | None = None
    reads: str | None = None
    reader: str | None = None  # None of turns that were kept before this was.


@dataclass(frozen=True, slots=True)
class Judged:
    """Which snapshot was judged last, and of when that is."""

    snapshot_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """`version` guards against lost updates; `sequence` numbers events. `unsettled`: a drift was told that has not recovered since.

    `next_at` is None while no version is in production, or where the rules say never. `newest` is the newest row that was seen, which
    may be `allowed_seconds` old.
    """

    model_id: str
    account_id: str
    rules: MonitoringRules = field(default_factory=MonitoringRules)
    in_production: bool = False
    next_at: datetime | None = None
    last: Look | None = None
    judged: Judged | None = None
    open: tuple[ModelAlert, ...] = ()
    resolved: tuple[ModelAlert, ...] = ()
    unsettled: bool = False
    newest: datetime | None = None
    allowed_seconds: float | None = None
    sequence: int = 0
    version: int = 0

    @property
    def open_features(self) -> tuple[str, ...]:
        """The features that have an open alert: a snapshot that leaves them out could never say that they are well again."""
        return tuple(sorted({each.subject for each in self.open if each.cause in OF_FEATURES}))

    def scheduled(self, *, in_production: bool, default: timedelta | None, at: datetime) -> "Watch":
        """Return the watch as it goes on now: a model that comes to production is looked at when its first rows may have come."""
        every = self.rules.every(default) if in_production else None
        since = self.last.at if self.last else at
        return replace(self, in_production=in_production, next_at=None if every is None else max(since + every, at))

    def looked(self, last: Look, *, default: timedelta | None) -> "Watch":
        """Return the watch after a turn."""
        every = self.rules.every(default) if self.in_production else None
        if last.reads is not None:
            last = replace(last, reader=last.job_id)
        elif self.last is not None:
            last = replace(last, reads=self.last.reads, reader=self.last.reader or self.last.job_id)
        return replace(self, last=last, next_at=None if every is None else last.at + every)

    def unseen(self, job_id: str) -> "Watch":
        """Return the watch after the job of the last turn that started one has taken no snapshot: what that was to read is looked at again.

        Turns that came since were passed over by what it was to read.
        """
        if self.last is None or job_id not in {self.last.job_id, self.last.reader}:
            return self
        return replace(self, last=replace(self.last, reads=None, reader=None, reason=f"{job_id} has taken no snapshot."))

    def alerts_of(self, snapshot_id: str) -> Ranked:
        """Return the alerts as they are after a snapshot that was judged last."""
        return Ranked(ranked(self.open), tuple(each for each in self.resolved if each.snapshot_id == snapshot_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A snapshot of a version, to be judged. `enough` says whether its rows were enough to decide by."""

    snapshot_id: str
    version: str
    at: datetime
    findings: Sequence[Finding]
    enough: bool


def judge(watch: Watch, seen: Seen) -> tuple[Watch, list[Event]]:
    """Return the watch after a snapshot, and what is told of it; one that is no newer than the last changes nothing.

    An alert is raised where a finding is over its threshold, and is over where the finding is clearly below: between, it stays as it is.
    What was not computed proves nothing; but alerts of a version that is watched no more are over, unless the new one has the same.
    """
    if watch.judged is not None and seen.at <= watch.judged.at:
        return watch, []
    found = {each.key: each for each in seen.findings}
    still, over = _followed(watch.open, found, seen)
    known = {alert.key for alert in still}
    raised = ranked([_raised(each, watch, seen) for each in seen.findings if each.is_over and each.key not in known])
    now_open = ranked([*still, *_with_room(raised, room=OPEN_MOST - sum(each.cause in OF_FEATURES for each in still))])
    due = [each for each in now_open if each.told_at is None and (each.quiet_until is None or each.quiet_until <= seen.at)]
    told = {each.id: replace(each, told_at=seen.at) for each in due}
    after = replace(
        watch,
        judged=Judged(seen.snapshot_id, seen.at),
        open=tuple(told.get(each.id, each) for each in now_open),
        resolved=(*over, *watch.resolved)[:RESOLVED_MOST],
        unsettled=watch.unsettled or bool(told),
    )
    return _telling(after, list(told.values()), over, seen)


def _with_room(raised: Sequence[ModelAlert], *, room: int) -> Iterator[ModelAlert]:
    """Yield new alerts, of features as many as there is room for: those that are open stay, whatever else comes."""
    for each in raised:
        if each.cause in OF_FEATURES:
            room -= 1
            if room < 0:
                continue
        yield each


def followed(watch: Watch, *, in_production: bool, default: timedelta | None, at: datetime) -> tuple[Watch, list[Event]]:
    """Return the watch as it goes on now, and what is told of it: what nobody looks at any more is wrong no more."""
    after = watch.scheduled(in_production=in_production, default=default, at=at)
    if in_production or not watch.in_production or watch.judged is None or not watch.open:
        return after, []
    seen = Seen(snapshot_id=watch.judged.snapshot_id, version=watch.open[0].version, at=at, findings=(), enough=False)
    over = [_over(each, WITHDRAWN, seen) for each in watch.open]
    return _telling(replace(after, open=(), resolved=(*over, *watch.resolved)[:RESOLVED_MOST]), [], over, seen)


def aged(watch: Watch, *, version: str, at: datetime) -> tuple[Watch, list[Event]]:
    """Return the watch when no row has come since the last snapshot, and what is told of it: what was new enough may be old by now."""
    if watch.judged is None or watch.newest is None or watch.allowed_seconds is None:
        return watch, []
    found = age_found((at - watch.newest).total_seconds(), allowed=watch.allowed_seconds, below=watch.rules.resolve_below)
    after, told = judge(watch, Seen(snapshot_id=watch.judged.snapshot_id, version=version, at=at, findings=[found], enough=False))
    return replace(after, judged=watch.judged), told


def _telling(after: Watch, told: list[ModelAlert], over: list[ModelAlert], seen: Seen) -> tuple[Watch, list[Event]]:
    about: dict[str, Any] = {
        "model_id": after.model_id,
        "account_id": after.account_id,
        "version": seen.version,
        "snapshot_id": seen.snapshot_id,
    }
    if told:
        after = replace(after, sequence=after.sequence + 1)
        alerts = tuple(each.told for each in told)
        return after, [ModelDrifted(**about, sequence=after.sequence, alerts=alerts, open=len(after.open))]
    if after.unsettled and not after.open:
        after = replace(after, sequence=after.sequence + 1, unsettled=False)
        return after, [ModelRecovered(**about, sequence=after.sequence, alerts=tuple(each.told for each in over))]
    return after, []


def _followed(alerts: Sequence[ModelAlert], found: dict[tuple[str, str], Finding], seen: Seen) -> tuple[list[ModelAlert], list[ModelAlert]]:
    """Return which of these are still open, as they were seen now, and which are over."""
    still: list[ModelAlert] = []
    over: list[ModelAlert] = []
    for alert in alerts:
        finding = found.get(alert.key)
        if finding is None:
            gone = seen.enough and alert.version != seen.version
            (over if gone else still).append(_over(alert, REPLACED.format(version=seen.version), seen) if gone else alert)
            continue
        now = replace(
            alert,
            message=finding.message,
            value=finding.value,
            threshold=finding.threshold,
            harm=finding.harm,
            version=seen.version,
            seen_at=seen.at,
        )
        (over if finding.is_clear else still).append(_over(now, finding.message, seen) if finding.is_clear else now)
    return still, list(ranked(over))


def _over(alert: ModelAlert, resolution: str, seen: Seen) -> ModelAlert:
    return replace(alert, resolved_at=seen.at, resolution=resolution, snapshot_id=seen.snapshot_id)


def _raised(finding: Finding, watch: Watch, seen: Seen) -> ModelAlert:
    before = max((each.told_at for each in watch.resolved if each.key == finding.key and each.told_at), default=None)
    return ModelAlert(
        id=new_id("alert"),
        cause=finding.cause,
        subject=finding.subject,
        message=finding.message,
        value=finding.value,
        threshold=finding.threshold,
        harm=finding.harm,
        version=seen.version,
        snapshot_id=seen.snapshot_id,
        raised_at=seen.at,
        seen_at=seen.at,
        quiet_until=None if before is None else before + watch.rules.cools_down_for,
    )
