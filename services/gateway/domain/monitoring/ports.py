"""What monitoring needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import Event
from services.gateway.domain.monitoring.alerts import OpenAlert
from services.gateway.domain.monitoring.labels import Label, LabelsKept
from services.gateway.domain.monitoring.snapshot import Snapshot, SnapshotFilter
from services.gateway.domain.monitoring.watch import Watch


class Snapshots(Protocol):
    """The snapshots of all models. All raise UnavailableError while the store is away."""

    async def add(self, snapshot: Snapshot) -> None:
        """Keep a new one; one that is known stays as it is."""

    async def make_way(self, model_id: str, *, account_id: str, most: int) -> None:
        """Remove the oldest reports of a model where there are more than so many."""

    async def get(self, snapshot_id: str, *, model_id: str, account_id: str) -> Snapshot:
        """Return a model's snapshot with all that it has. Raise SnapshotNotFoundError."""

    async def of_job(self, job_id: str, *, account_id: str) -> Snapshot:
        """Return the snapshot that a job takes. Raise SnapshotNotFoundError."""

    async def find(self, wanted: SnapshotFilter, part: Part) -> Page[Snapshot]:
        """Return a part of a model's snapshots, the newest first, without the bins of features."""

    async def save(self, snapshot: Snapshot) -> bool:
        """Write one as it is now; False for one that is not there any more, which stays away, and one that is done, which stays so."""


class Watches(Protocol):
    """How models are watched. All raise UnavailableError while the store is away."""

    async def get(self, model_id: str, *, account_id: str) -> Watch:
        """Return how a model is watched: by the default rules where nothing was ever written."""

    async def open_alerts(self, account_id: str) -> Sequence[OpenAlert]:
        """Return the open alerts of all models of an account."""

    async def save(self, watch: Watch, *events: Event) -> None:
        """Write it and the events that tell of it, in one write.

        Raise WatchChangedError for a lost race, or OutboxFullError while too many of its events wait.
        """

    async def take(self, *, holder: str, at: datetime, until: datetime) -> Watch | None:
        """Take the one that has been due longest and that nobody holds, until then; None where none is due."""

    async def end(self, model_id: str, *, holder: str) -> None:
        """Give a turn back; one that another has taken meanwhile stays theirs."""


class Labels(Protocol):
    """What came true. All raise UnavailableError while the store is away."""

    async def put(self, labels: Sequence[Label], *, model_id: str, account_id: str, at: datetime) -> LabelsKept:
        """Keep labels, each once; the oldest make way where there are more than KEPT_MOST."""

    async def newest(self, model_id: str) -> Sequence[Label]:
        """Return a model's labels in the order of their keys, so that the same ones are the same file."""
