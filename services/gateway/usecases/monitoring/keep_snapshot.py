"""A job of the kind `monitor_model` takes a snapshot, by which alerts of its model are raised and resolved."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from libs.contracts.job_kinds import Cancelled, Completed, Failed, shown_spec
from libs.contracts.jobs import JobCompleted, JobFailed
from libs.contracts.model_monitoring import MonitorSpec, SnapshotResult
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.monitoring.alerts import Ranked, findings_of
from services.gateway.domain.monitoring.errors import SnapshotNotFoundError
from services.gateway.domain.monitoring.ports import Snapshots, Watches
from services.gateway.domain.monitoring.snapshot import Snapshot, SnapshotSource, SnapshotStatus
from services.gateway.domain.monitoring.watch import Seen, judge
from services.gateway.usecases.jobs.effects import Draft, Effects
from services.gateway.usecases.models.try_again import try_again

ASIDE: Final = "It looks at what one request has named, not at what the model's rules do: it raises and resolves no alert."
CANCELLED: Final = "Its job was cancelled."


@dataclass(frozen=True, slots=True)
class KeepSnapshot(Effects):
    """The snapshot is there from the moment at which its job is; alerts are brought up before it is seen as done.

    Of a model that was deleted meanwhile, or whose account was erased, nothing is kept.
    """

    models: Models
    snapshots: Snapshots
    watches: Watches
    clock: Clock

    async def accepted(self, job: Job, draft: Draft) -> None:  # noqa: ARG002 - the job says it all
        """Show the snapshot that is to come."""
        await self.requested(job)

    async def requested(self, job: Job) -> None:
        """Do the same, as its event says that it was accepted."""
        if not job.state.ended:
            await self.snapshots.add(
                _to_come(shown_spec(MonitorSpec, job.spec), account_id=job.account_id, job_id=job.id, at=job.created_at)
            )

    async def completed(self, event: Completed) -> None:
        """Judge what was found, and keep it; one that is done stays as it is."""
        assert isinstance(event, JobCompleted)
        spec, result = shown_spec(MonitorSpec, event.spec), SnapshotResult.model_validate(event.result, extra="ignore")
        with suppress(ModelNotFoundError):
            model = await self.models.get(spec.model_id, account_id=event.account_id, kind=None)
            coming = _to_come(spec, account_id=event.account_id, job_id=event.job_id, at=event.started_at)
            await self.snapshots.add(coming)
            kept = await self.snapshots.get(spec.snapshot_id, model_id=spec.model_id, account_id=event.account_id)
            if kept.status is not SnapshotStatus.DONE:
                if not spec.by_rules:
                    result = result.model_copy(update={"notes": (*result.notes, ASIDE)})
                alerts = await self._judged(model, spec, result, at=event.ended_at)
                await self.snapshots.save(kept.done(result, alerts=alerts, at=event.ended_at))

    async def _judged(self, model: Model, spec: MonitorSpec, result: SnapshotResult, *, at: datetime) -> Ranked:
        """Bring the model's alerts up, and return them as they are then.

        A look at rows or labels of one request moves none, nor does one at a version that does not serve.
        """
        if not spec.by_rules or model.in_service is None or model.in_service.name != spec.version:
            return Ranked()

        async def bring_up() -> Ranked:
            watch = await self.watches.get(model.id, account_id=model.account_id)
            found = findings_of(result, thresholds=spec.thresholds, below=watch.rules.resolve_below)
            seen = Seen(snapshot_id=spec.snapshot_id, version=spec.version, at=at, findings=found, enough=result.enough)
            judged, told = judge(watch, seen)
            if judged is not watch:
                fresh = result.freshness
                await self.watches.save(replace(judged, newest=fresh.last_update, allowed_seconds=fresh.allowed_seconds), *told)
            return judged.alerts_of(spec.snapshot_id)

        return await try_again(model.id, bring_up)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:  # noqa: ARG002 - the event says it
        """Say why there is none."""
        reason = event.error.message if isinstance(event, JobFailed) else CANCELLED
        await self._failed(event.job_id, event.account_id, reason, at=event.ended_at)

    async def stopped(self, job: Job) -> None:
        """Do the same, ahead of the event that tells it."""
        await self._failed(job.id, job.account_id, CANCELLED, at=self.clock())

    async def _failed(self, job_id: str, account_id: str, reason: str, *, at: datetime) -> None:
        with suppress(SnapshotNotFoundError):
            kept = await self.snapshots.of_job(job_id, account_id=account_id)
            if await self.snapshots.save(kept.failed(reason, at=at)):
                await try_again(kept.model_id, partial(self._look_again, kept))

    async def _look_again(self, failed: Snapshot) -> None:
        """Let the schedule look at the same rows again: nobody has seen them yet."""
        watch = await self.watches.get(failed.model_id, account_id=failed.account_id)
        assert failed.job_id is not None
        if watch.version:
            # Also where nothing changes: who is writing down that the job has begun meets this, and reads that it has failed.
            await self.watches.save(watch.unseen(failed.job_id))


def _to_come(spec: MonitorSpec, *, account_id: str, job_id: str, at: datetime) -> Snapshot:
    return Snapshot(
        id=spec.snapshot_id,
        account_id=account_id,
        model_id=spec.model_id,
        version=spec.version,
        source=SnapshotSource.COMPUTED,
        captured_at=at,
        status=SnapshotStatus.COMPUTING,
        job_id=job_id,
    )
