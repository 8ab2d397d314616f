"""A training makes a version of its model: what that asks of it, and what its life changes there."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from libs.contracts.envelope import Event
from libs.contracts.gateway import ModelRetrained
from libs.contracts.job_kinds import Cancelled, Completed, Failed
from libs.contracts.retraining import GateVerdict
from libs.contracts.training import JobState, TrainingCompleted, TrainingResult, TrainingSpec
from services.gateway.domain.jobs.job import Job, wish_of
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.drafts import trainable
from services.gateway.domain.models.errors import ModelArchivedError, ModelChangedError, ModelNotFoundError, VersionTakenError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models, Results
from services.gateway.domain.models.retraining import admitted, against, retrained, scheduled, turn_ended, verdict_of
from services.gateway.domain.models.schedule import expiry_of
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.predictions.servable import Servables
from services.gateway.usecases.jobs.effects import Draft, Effects, Order
from services.gateway.usecases.models.keep_versions import KeepVersions
from services.gateway.usecases.models.serve_results import ServeResults

TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class MakeVersion(Effects):
    """A model shows the training that works on it, as that job's own document says.

    The request that starts or cancels one sees to it at once, the event that tells of it does it again: the second changes nothing.
    """

    models: Models
    jobs: Jobs
    servables: Servables
    keep_versions: KeepVersions
    results: Results
    serve_results: ServeResults
    clock: Clock

    async def draft(self, order: Order, *, account_id: str) -> Draft:
        """Return the training of a model, by its own spec where the order has none.

        Raise ModelNotFoundError, ModelNotTrainedError for the first by schedule, or NoDataError for one that says of no candles.
        """
        model = await self.models.get(order.model_id or "", account_id=account_id)
        return replace(_draft_of(model), spec=against(model) if order.scheduled else order.spec or trainable(model))

    def check(self, draft: Draft) -> None:
        """Raise ModelBusyError, ModelArchivedError or PrivateTrainingError."""
        assert isinstance(draft.spec, TrainingSpec)
        _model_of(draft).check_trainable(draft.spec)

    async def redraft(self, draft: Draft, taken: VersionTakenError) -> Draft:
        """Let the model hear of the job that has its next number; the draft is of the one after that."""
        other = await self.jobs.get(taken.job_id, account_id=_model_of(draft).account_id)
        return replace(_draft_of(await self._show(other)), spec=draft.spec)

    async def accepted(self, job: Job, draft: Draft) -> None:
        """Show the job on its model, as soon as the caller has an answer. Raise ModelNotFoundError or ModelArchivedError."""
        with suppress(ModelChangedError):  # Others change it again and again, but the job is there.
            await self._show_begun(job, model=draft.model)

    async def requested(self, job: Job) -> None:
        """Show the job on its model, if the request that made it was cut off before it could, and see that this is kept."""
        with suppress(ModelNotFoundError, ModelArchivedError):
            await self._show_begun(job)
            await self.models.keep(job.model_id or "")

    async def completed(self, event: Completed) -> None:
        """Let the new version serve, unless another is in production."""
        assert isinstance(event, TrainingCompleted)
        made = ModelVersion(
            name=event.version,
            job_id=event.job_id,
            artifact=event.artifact.sha256,
            made_at=event.ended_at,
            spec=event.spec,
            metrics=event.result.metrics,
            plots={name: plot.sha256 for name, plot in event.result.plots.items()},
            tables={name: table.sha256 for name, table in event.result.tables.items()},
        )
        model = await self._model(event.model_id)
        if model is not None:
            await self._grow(model, made, event.result)

    async def _grow(self, model: Model, made: ModelVersion, result: TrainingResult) -> None:
        # Kept with it: a schedule that is changed later takes nothing from who relies on it.
        made = replace(made, expires_at=expiry_of(made.made_at, config=model.market.training_config))
        gate = verdict_of(made.market, result.gate)
        grown = model.training_succeeded(admitted(made, gate))
        if grown is model:
            return
        await self.results.keep(model.id, made, result)
        kept = await self.serve_results(model, await self.keep_versions(scheduled(grown)))
        if gate is None:
            await self._save(model, kept)
        else:
            kept = retrained(kept, made, gate)
            await self._save(model, kept, _told(kept, made, gate))
        await self.results.trim(kept)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:
        """Give the model back."""
        version = await self.jobs.leave_slot(event.job_id)  # It has left it, and says which version it would have made.
        model = await self._model(event.model_id)
        if model is not None and version is not None:
            ended = model.training_ended(event.job_id, state, version=version, at=event.ended_at)
            why = f"{event.job_id} has failed: {event.error.message}" if isinstance(event, Failed) else f"{event.job_id} was cancelled."
            cancelled = isinstance(event, Cancelled)
            await self._save(model, turn_ended(ended, event.job_id, at=event.ended_at, reason=why, cancelled=cancelled))

    async def stopped(self, job: Job) -> None:
        """Give the model back at once: the event that tells of the end does the same, and whichever comes second changes nothing."""
        with suppress(ModelNotFoundError):  # Deleted meanwhile: there is nothing to free.
            await self._show(replace(job, state=JobState.CANCELLED))

    async def _show_begun(self, job: Job, *, model: Model | None = None) -> None:
        """Let a model show a new job; one that was deleted or archived in the same moment stays so, and the job is cancelled."""
        try:
            await self._show(job, model=model)
        except (ModelNotFoundError, ModelArchivedError):
            if not job.state.ended:
                await self.jobs.request_cancel(job.id, wish_of(job), at=self.clock())
            raise

    async def _show(self, job: Job, *, model: Model | None = None) -> Model:
        """Return the job's model, brought up to it; `model` is it as it was read before.

        What a job that ended well has made is known by its event alone, which brings up the model before the job.
        """
        model_id = job.model_id or ""
        for _ in range(TRIES):
            found = model or await self.models.get(model_id, account_id=job.account_id)
            shown, model = self._shown(job, found), None
            with suppress(ModelChangedError):
                if shown is not found:
                    await self.models.show(shown)
                return shown
        raise ModelChangedError(model_id)

    def _shown(self, job: Job, model: Model) -> Model:
        version = job.model_version or ""
        if job.state in {JobState.FAILED, JobState.CANCELLED}:
            return model.training_ended(job.id, job.state, version=version, at=job.ended_at or self.clock())
        return model.training_begun(job.id, version=version, at=job.created_at)

    async def _model(self, model_id: str | None) -> Model | None:
        try:
            return await self.models.get(model_id or "", account_id=None)
        except ModelNotFoundError:
            return None  # Deleted meanwhile: only the job is left to be told of.

    async def _save(self, model: Model, changed: Model, *events: Event) -> None:
        if changed is not model:
            await self.models.save(changed, *events)
            self.servables.forget(model.id)


def _draft_of(model: Model) -> Draft:
    about = {"model_id": model.id, "version": model.next_version, "model_name": model.name}
    return Draft(spec=model.market, name=f"{model.name} training v{model.next_version}", model=model, about=about)


def _told(model: Model, made: ModelVersion, gate: GateVerdict) -> ModelRetrained:
    return ModelRetrained(
        sequence=model.sequence,
        model_id=model.id,
        account_id=model.account_id,
        job_id=made.job_id,
        version=made.name,
        passed=gate.passed,
        serving=model.serving.name,
        gate=gate,
        next_at=model.schedule.next_at,
    )


def _model_of(draft: Draft) -> Model:
    assert draft.model is not None
    return draft.model
