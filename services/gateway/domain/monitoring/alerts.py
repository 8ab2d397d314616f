"""What a snapshot finds, and the alerts of a model: one open for each cause, the one that does most harm first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from libs.contracts.model_monitoring import (
    Cause,
    DriftAlertTold,
    FeatureDrift,
    MonitorThresholds,
    SnapshotResult,
    StreamChange,
)

TINY: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one cause: over its threshold, clearly below it, or between, where nothing changes.

    `harm` is what it is estimated to cost, as a share from 0 to 1, so that causes can be ranked together: of performance what was lost of
    a metric, of features their index by their importance, of the answers their index, of the stream by how much its mean is worse or
    other, of what is missing its share by the importance, of calibration the further error. None where that cannot be said: how well rows
    are told apart, and how old they are, is no share of anything.
    """

    cause: Cause
    subject: str
    message: str
    value: float | None
    threshold: float | None
    harm: float | None
    is_over: bool
    is_clear: bool

    @property
    def key(self) -> tuple[str, str]:
        """What makes two findings the same."""
        return self.cause, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAlert:
    """An alert: since when, as it was seen last. `told_at` is when its owner was told; None where the same was told not long before.

    `quiet_until` is when it is told, if it is open then.
    """

    id: str
    cause: str
    subject: str
    message: str
    value: float | None
    threshold: float | None
    harm: float | None
    version: str
    snapshot_id: str
    raised_at: datetime
    seen_at: datetime
    told_at: datetime | None = None
    quiet_until: datetime | None = None
    resolved_at: datetime | None = None
    resolution: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes two alerts the same."""
        return self.cause, self.subject

    @property
    def told(self) -> DriftAlertTold:
        """What is told of it."""
        return DriftAlertTold(
            id=self.id,
            cause=self.cause,
            subject=self.subject,
            message=self.message,
            value=self.value,
            threshold=self.threshold,
            harm=self.harm,
            raised_at=self.raised_at,
            resolved_at=self.resolved_at,
        )


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An open alert, and the model that it is of."""

    model_id: str
    alert: ModelAlert


@dataclass(frozen=True, slots=True)
class Ranked:
    """A model's alerts after a snapshot: those that are open, the most harm first, and those that it has resolved."""

    open: tuple[ModelAlert, ...] = ()
    resolved: tuple[ModelAlert, ...] = ()


def ranked(alerts: Sequence[ModelAlert]) -> tuple[ModelAlert, ...]:
    """Return alerts by the harm that they tell of, the most first: what was lost goes before what may be, what is not known comes last."""
    return tuple(sorted(alerts, key=_place))


def _place(alert: ModelAlert) -> tuple[bool, bool, float, str, str]:
    return alert.cause != "performance", alert.harm is None, -(alert.harm or 0.0), alert.cause, alert.subject


def ranked_of_models(alerts: Sequence[OpenAlert]) -> list[OpenAlert]:
    """Return alerts of several models in the order that a model's have."""
    return sorted(alerts, key=lambda each: (*_place(each.alert), each.model_id))


def findings_of(result: SnapshotResult, *, thresholds: MonitorThresholds, below: float) -> tuple[Finding, ...]:
    """Return what a snapshot has found; of too few rows only how new they are. `below` is the share at which something is over."""
    found = [*_freshness(result, below=below)]
    if result.enough:
        found += [
            *_performance(result, thresholds, below=below),
            *_features(result, thresholds, below=below),
            *_predictions(result, below=below),
            *_as_a_whole(result, thresholds, below=below),
            *_calibration(result, thresholds, below=below),
        ]
    return tuple(found)


def _performance(result: SnapshotResult, thresholds: MonitorThresholds, *, below: float) -> Iterator[Finding]:
    told = result.performance
    for metric, reference in told.reference.items():
        measured = told.measured.get(metric)
        seen = measured if measured and measured.value is not None else told.estimated.get(metric)
        if reference is None or seen is None or seen.value is None:
            continue
        way = 1.0 if metric in told.errors else -1.0
        lost = way * (seen.value - reference) / max(abs(reference), TINY)
        limit = reference + way * thresholds.performance * abs(reference)
        # Of an error the share that is new, of a score the share that is gone.
        whole = seen.value if metric in told.errors else reference
        how = "measured" if seen is measured else "estimated"
        yield Finding(
            cause="performance",
            subject=metric,
            message=f"{metric} is {how} as {seen.value:.4g}; it was {reference:.4g}, and counts as worse beyond {limit:.4g}.",
            value=seen.value,
            threshold=limit,
            harm=_share(way * (seen.value - reference), of=whole),
            is_over=metric in told.degraded,
            is_clear=metric not in told.degraded and lost < thresholds.performance * below,
        )


def _features(result: SnapshotResult, thresholds: MonitorThresholds, *, below: float) -> Iterator[Finding]:
    # Where nobody knows what a model rests on, on each feature alike: as the harm of drift counts.
    alike = 1.0 / max(result.rows.features, len(result.features), 1)
    for each in result.features:
        yield _drift(each, "drift", each.name, f"{each.name} has", below=below)
        if each.missing_current is None or each.missing_reference is None:
            continue
        more = each.missing_current - each.missing_reference
        yield Finding(
            cause="missing",
            subject=each.name,
            message=f"{each.missing_current:.1%} of {each.name} is missing; it was {each.missing_reference:.1%}.",
            value=each.missing_current,
            threshold=min(1.0, each.missing_reference + thresholds.missing),
            harm=_share(max(more, 0.0) * (alike if each.importance is None else each.importance), of=1.0),
            is_over=each.is_missing_more,
            is_clear=not each.is_missing_more and more < thresholds.missing * below,
        )


def _predictions(result: SnapshotResult, *, below: float) -> Iterator[Finding]:
    if result.predictions is not None:
        yield _drift(result.predictions, "predictions", "", "What it answers has", below=below)


def _drift(found: FeatureDrift, cause: Cause, subject: str, begins: str, *, below: float) -> Finding:
    index = "an index that cannot be computed" if found.psi is None else f"a population stability index of {found.psi:.3g}"
    return Finding(
        cause=cause,
        subject=subject,
        message=f"{begins} {index}, and drifts from {found.threshold:.3g} on.",
        value=found.psi,
        threshold=found.threshold,
        harm=_share(found.harm if cause == "drift" else found.psi, of=1.0),
        is_over=found.drifted,
        is_clear=not found.drifted and found.psi is not None and found.psi < found.threshold * below,
    )


def _as_a_whole(result: SnapshotResult, thresholds: MonitorThresholds, *, below: float) -> Iterator[Finding]:
    domain, stream = result.domain, result.adwin
    if domain.auc is not None:
        limit = 0.5 + (thresholds.domain_auc - 0.5) * below
        yield Finding(
            cause="domain",
            subject="",
            message=f"A classifier tells the rows of now from those of the reference: area under the curve {domain.auc:.3g}.",
            value=domain.auc,
            threshold=thresholds.domain_auc,
            harm=None,
            is_over=domain.drifted,
            is_clear=not domain.drifted and (domain.auc if domain.lower is None else domain.lower) < limit,
        )
    if stream is not None:
        change = None if stream.before is None or stream.after is None else abs(stream.after - stream.before)
        # Errors that have become less are no harm, and nothing to tell of.
        what, harm = "its errors" if stream.stream == "errors" else "its answers", _stream_harm(stream)
        yield Finding(
            cause="stream",
            # One subject, whichever stream there is: errors take the place of answers as soon as labels come.
            subject="",
            message=f"The mean of {what} has changed"
            + (f" from {stream.before:.4g} to {stream.after:.4g}." if change is not None else f" {stream.changes} times."),
            value=stream.after,
            threshold=None,
            harm=harm,
            is_over=stream.changes > 0 and harm != 0.0,
            is_clear=stream.changes == 0 or harm == 0.0,
        )


def _stream_harm(stream: StreamChange) -> float | None:
    """Return by which share errors have grown, or answers are others than they were; None where there are no means to compare."""
    if stream.before is None or stream.after is None:
        return None
    if stream.stream == "errors":
        return _share(stream.after - stream.before, of=stream.after)
    return _share(abs(stream.after - stream.before), of=abs(stream.after) + abs(stream.before))


def _share(lost: float | None, *, of: float) -> float | None:
    """Return which share of a whole this is, from 0 to 1; None where there is next to no whole, or nothing is known."""
    if lost is None or (lost > 0 and abs(of) < TINY):
        return None
    return min(1.0, max(0.0, lost) / max(abs(of), TINY))


def _calibration(result: SnapshotResult, thresholds: MonitorThresholds, *, below: float) -> Iterator[Finding]:
    told = result.calibration
    if told.ece is None or told.reference_ece is None:
        return
    worse = told.ece - told.reference_ece
    yield Finding(
        cause="calibration",
        subject="",
        message=f"The expected calibration error is {told.ece:.3g}; it was {told.reference_ece:.3g}.",
        value=told.ece,
        threshold=told.reference_ece + thresholds.calibration,
        harm=_share(worse, of=1.0),
        is_over=told.is_worse,
        is_clear=not told.is_worse and worse < thresholds.calibration * below,
    )


def _freshness(result: SnapshotResult, *, below: float) -> Iterator[Finding]:
    told = result.freshness
    if told.age_seconds is not None and told.allowed_seconds is not None:
        yield age_found(told.age_seconds, allowed=told.allowed_seconds, below=below)


def age_found(age: float, *, allowed: float, below: float) -> Finding:
    """Return what the age of the newest row is, and may be, in seconds."""
    return Finding(
        cause="freshness",
        subject="",
        message=f"The newest row is {age / 3600:,.1f} h old, and may be {allowed / 3600:,.1f} h.",
        value=age,
        threshold=allowed,
        harm=None,
        is_over=age > allowed,
        is_clear=age < max(allowed * below, TINY),
    )
