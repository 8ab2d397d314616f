"""What the platform offers to its faces about watching models."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from libs.chassis.stores.parts import Page, Part
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import ArtifactFiles, Clock, Models
from services.gateway.domain.monitoring.alerts import OpenAlert, ranked_of_models
from services.gateway.domain.monitoring.errors import ReportMissingError
from services.gateway.domain.monitoring.ports import Snapshots, Watches
from services.gateway.domain.monitoring.snapshot import (
    PREFIX,
    REPORTED_MOST,
    Reported,
    Snapshot,
    SnapshotFilter,
    SnapshotSource,
    SnapshotStatus,
)
from services.gateway.domain.monitoring.watch import Watch
from services.gateway.domain.work import Work
from services.gateway.usecases.monitoring.ask_snapshot import AskSnapshot
from services.gateway.usecases.monitoring.change_rules import ChangeRules
from services.gateway.usecases.monitoring.keep_labels import KeepLabels


@dataclass(frozen=True, slots=True)
class MonitoringUseCases:
    """Snapshots, alerts, rules and labels of models of every kind; `every` is how often the platform looks by itself."""

    models: Models
    snapshots: Snapshots
    watches: Watches
    ask: AskSnapshot
    labels: KeepLabels
    rules: ChangeRules
    pages: ArtifactFiles
    clock: Clock
    every: timedelta | None
    reported_most: int = REPORTED_MOST

    async def report(self, model_id: str, reported: Reported, *, account_id: str, work: Work) -> Snapshot:
        """Keep what somebody says of a model, and return it; the same work twice is one. Raise ModelNotFoundError."""
        model = await self.models.get(model_id, account_id=account_id, kind=None)
        snapshot = Snapshot(
            id=work.new_id(PREFIX),
            account_id=account_id,
            model_id=model_id,
            version=model.in_service.name if model.in_service else None,
            source=SnapshotSource.REPORTED,
            captured_at=self.clock(),
            reported=reported,
        )
        await self.snapshots.add(snapshot)
        await self.snapshots.make_way(model_id, account_id=account_id, most=self.reported_most)
        return await self.snapshots.get(snapshot.id, model_id=model_id, account_id=account_id)

    async def find(self, wanted: SnapshotFilter, part: Part) -> Page[Snapshot]:
        """Return a part of a model's snapshots. Raise ModelNotFoundError."""
        await self.models.get(wanted.model_id, account_id=wanted.account_id, kind=None)
        return await self.snapshots.find(wanted, part)

    async def get(self, snapshot_id: str, *, model_id: str, account_id: str) -> Snapshot:
        """Return a snapshot. Raise ModelNotFoundError or SnapshotNotFoundError."""
        await self.models.get(model_id, account_id=account_id, kind=None)
        return await self.snapshots.get(snapshot_id, model_id=model_id, account_id=account_id)

    async def page(self, snapshot_id: str, *, model_id: str, account_id: str) -> tuple[str, bytes]:
        """Return the hash and the bytes of a snapshot's page. Raise as `get`, ReportMissingError, and what reading raises."""
        snapshot = await self.get(snapshot_id, model_id=model_id, account_id=account_id)
        if snapshot.report is None:
            raise ReportMissingError(why_no_page(snapshot))
        return snapshot.report, await self.pages.drawn(snapshot.report)

    async def watch(self, model_id: str, *, account_id: str) -> Watch:
        """Return how a model is watched. Raise ModelNotFoundError."""
        await self.models.get(model_id, account_id=account_id, kind=None)
        return await self.watches.get(model_id, account_id=account_id)

    async def model(self, model_id: str, *, account_id: str) -> Model:
        """Return the model that is watched. Raise ModelNotFoundError."""
        return await self.models.get(model_id, account_id=account_id, kind=None)

    async def open_alerts(self, account_id: str, part: Part) -> Page[tuple[Model, OpenAlert]]:
        """Return a part of the open alerts of all models of an account, each with its model: the most harm first."""
        found = ranked_of_models(await self.watches.open_alerts(account_id))
        shown = found[part.skipped :][: part.size]
        models: dict[str, Model] = {}
        for model_id in {each.model_id for each in shown}:
            with suppress(ModelNotFoundError):  # It was deleted meanwhile, and its watch goes next.
                models[model_id] = await self.models.get(model_id, account_id=account_id, kind=None)
        return Page(len(found), [(models[each.model_id], each) for each in shown if each.model_id in models])


def why_no_page(snapshot: Snapshot) -> str:
    """Say why a snapshot has no page."""
    if snapshot.source is SnapshotSource.REPORTED:
        return "What was reported has no page: the platform has not computed it."
    if snapshot.status is SnapshotStatus.COMPUTING:
        return f"There is no page yet: {snapshot.job_id} is at work."
    return snapshot.reason or "No page was written."
