"""Whoever is told of a model's alerts, and asks, sees the snapshot that has found them."""

from contextlib import suppress
from dataclasses import dataclass

from libs.contracts.model_monitoring import ModelDrifted, ModelRecovered
from services.gateway.domain.monitoring.errors import SnapshotNotDoneYetError, SnapshotNotFoundError
from services.gateway.domain.monitoring.ports import Snapshots
from services.gateway.domain.monitoring.snapshot import SnapshotStatus


@dataclass(frozen=True, slots=True)
class AwaitSnapshot:
    """Alerts are written, and told, a moment before their snapshot is: their event comes again then."""

    snapshots: Snapshots

    async def __call__(self, event: ModelDrifted | ModelRecovered) -> None:
        """Let an event go on whose snapshot is done, or not kept any more. Raise SnapshotNotDoneYetError."""
        with suppress(SnapshotNotFoundError):
            found = await self.snapshots.get(event.snapshot_id, model_id=event.model_id, account_id=event.account_id)
            if found.status is SnapshotStatus.COMPUTING:
                raise SnapshotNotDoneYetError(event.snapshot_id)
