"""A snapshot of a model: computed by the platform, or reported by whoever runs the model elsewhere; the two are never mixed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from libs.contracts.model_monitoring import REPORT, SnapshotResult
from services.gateway.domain.monitoring.alerts import Ranked

PREFIX: Final = "snap"
REPORTED_MOST: Final = 1_000
"""Reports of a model that are kept, the newest."""


class SnapshotSource(StrEnum):
    """Who says what a snapshot says."""

    COMPUTED = "computed"
    REPORTED = "reported"


class SnapshotStatus(StrEnum):
    """How far a snapshot is."""

    COMPUTING = "computing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reported:
    """What somebody has said of a model, as it was sent."""

    performance: Mapping[str, Any] = field(default_factory=dict)
    drift: Mapping[str, Any] = field(default_factory=dict)
    freshness: Mapping[str, Any] = field(default_factory=dict)
    alerts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One look at a model. `captured_at` is when it was asked for until it is done, then when it was taken.

    `version` is the one that was looked at; None of a report about a model that has none. `reason` says why one has failed.
    """

    id: str
    account_id: str
    model_id: str
    version: str | None
    source: SnapshotSource
    captured_at: datetime
    status: SnapshotStatus = SnapshotStatus.DONE
    job_id: str | None = None
    result: SnapshotResult | None = None
    reported: Reported | None = None
    alerts: Ranked = field(default_factory=Ranked)
    reason: str | None = None

    @property
    def report(self) -> str | None:
        """The sha256 of its page; None where there is none."""
        page = self.result.files.get(REPORT) if self.result else None
        return page.sha256 if page else None

    def done(self, result: SnapshotResult, *, alerts: Ranked, at: datetime) -> "Snapshot":
        """Return the snapshot as it was taken."""
        return replace(self, status=SnapshotStatus.DONE, result=result, alerts=alerts, captured_at=at, reason=None)

    def failed(self, reason: str, *, at: datetime) -> "Snapshot":
        """Return the snapshot that could not be taken; one that was stays as it is."""
        if self.status is not SnapshotStatus.COMPUTING:
            return self
        return replace(self, status=SnapshotStatus.FAILED, reason=reason, captured_at=at)


@dataclass(frozen=True, slots=True)
class SnapshotFilter:
    """Which of a model's snapshots a list has."""

    account_id: str
    model_id: str
    status: SnapshotStatus = SnapshotStatus.DONE
    source: SnapshotSource | None = None
    since: datetime | None = None
