"""A training of a recipe makes a version of its model; other runs, and those of no model, change nothing but themselves."""

from contextlib import suppress
from dataclasses import dataclass, replace

from libs.contracts.envelope import Moment
from libs.contracts.job_kinds import Cancelled, Completed, Failed, shown_spec
from libs.contracts.jobs import JobCompleted
from libs.contracts.recipe_runs import RECIPE, RecipeModelSpec, RecipeRunResult, RecipeRunSpec
from libs.contracts.training import JobState
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.recipe_runs import figures, is_reported, spec_of
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.models.recipe_models import begun, check_same_recipe, with_measured, with_reported
from services.gateway.domain.models.text_runs import newest_run
from services.gateway.domain.models.version import ModelVersion
from services.gateway.usecases.jobs.effects import Draft, Effects, Order
from services.gateway.usecases.models.keep_versions import KeepVersions
from services.gateway.usecases.models.try_again import try_again


@dataclass(frozen=True, slots=True)
class MakeRecipeVersion(Effects):
    """A run takes its model's next number before it is there: so several may be under way at once, and each has a version of its own."""

    models: Models
    jobs: Jobs
    keep_versions: KeepVersions
    clock: Clock

    async def draft(self, order: Order, *, account_id: str) -> Draft:
        """Return the run that is asked for. Raise ModelNotFoundError, ModelArchivedError, or InvalidError for another recipe's model."""
        spec = order.spec
        assert isinstance(spec, RecipeRunSpec)
        if spec.model_id:
            model = await self.models.get(spec.model_id, account_id=account_id, kind=RECIPE)
            model.check_in_use()
            check_same_recipe(model, spec)
        return Draft(spec=spec, name=f"{spec.run_type.value} of {spec.recipe_id}", about={"model_id": spec.model_id or None})

    async def claim(self, draft: Draft, *, job_id: str, account_id: str) -> Draft:  # noqa: ARG002 - as others need it
        """Take the model's next number for what a training makes. Raise ModelNotFoundError or ModelArchivedError."""
        spec = draft.spec
        assert isinstance(spec, RecipeRunSpec)
        if not spec.learns:
            return draft

        async def take() -> Model:
            taken = begun(await self.models.get(spec.model_id, account_id=account_id, kind=RECIPE), at=self.clock())
            await self.models.save(taken)
            return taken

        model = await try_again(spec.model_id, take)
        named = spec.model_copy(update={"version": newest_run(model), "model_name": model.name})
        return replace(draft, spec=named, name=f"{model.name} training v{named.version}")

    async def completed(self, event: Completed) -> None:
        """Let the new version serve, unless another is in production."""
        assert isinstance(event, JobCompleted)
        spec, result = shown_spec(RecipeRunSpec, event.spec), RecipeRunResult.model_validate(event.result, extra="ignore")
        if not spec.learns or result.artifact is None:
            return
        made = ModelVersion(
            name=spec.version,
            job_id=event.job_id,
            artifact=result.artifact.sha256,
            made_at=event.ended_at,
            spec=made_of(spec),
            metrics=result.metrics,
        )
        with suppress(ModelNotFoundError):  # Deleted meanwhile, or its account erased: only the job is left to be told of.
            await try_again(spec.model_id, lambda: self._grow(spec.model_id, made, account_id=event.account_id))

    async def reported(self, job: Job, *, at: Moment) -> None:
        """Bring in what an outside worker has reported of a training that has ended well; again, with its newest figures."""
        spec = spec_of(job)
        if job.reported is None or not spec.learns:
            return

        async def note() -> None:
            model = await self.models.get(spec.model_id, account_id=job.account_id, kind=RECIPE)
            # Read after its model: whoever has reported since sees to it that the model has that, or has changed it.
            newest = await self.jobs.get(job.id, account_id=job.account_id, kind=job.kind)
            if (told := newest.reported) is not None and (_is_of_worker(newest) or model.has_version_of(job.id)):
                made = _reported_version(spec, job_id=job.id, figures=figures(told.metrics), at=told.finished_at or at)
                await self._save(model, with_reported(model, made))

        with suppress(ModelNotFoundError, JobNotFoundError):
            await try_again(spec.model_id, note)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:
        """Give the model back, unless an outside worker goes on with the run."""
        with suppress(JobNotFoundError):
            job = await self.jobs.get(event.job_id, account_id=event.account_id, kind=None)
            await self._give_back(job, state, at=event.ended_at)

    async def stopped(self, job: Job) -> None:
        """Do the same, ahead of the event that tells it."""
        await self._give_back(job, JobState.CANCELLED, at=self.clock())

    async def _give_back(self, job: Job, state: JobState, *, at: Moment) -> None:
        spec = spec_of(job)
        if not spec.learns:
            return

        async def end() -> None:
            model = await self.models.get(spec.model_id, account_id=job.account_id, kind=RECIPE)
            await self._save(model, model.training_ended(job.id, state, version=spec.version, at=at))

        with suppress(ModelNotFoundError):
            await try_again(spec.model_id, end)

    async def _grow(self, model_id: str, made: ModelVersion, *, account_id: str) -> None:
        model = await self.models.get(model_id, account_id=account_id, kind=RECIPE)
        await self._save(model, with_measured(model, made))

    async def _save(self, model: Model, changed: Model) -> None:
        if changed is not model:
            await self.models.save(await self.keep_versions(changed))


def _is_of_worker(job: Job) -> bool:
    return is_reported(job) and job.reported is not None and job.reported.status == "succeeded"


def _reported_version(spec: RecipeRunSpec, *, job_id: str, figures: dict[str, float], at: Moment) -> ModelVersion:
    return ModelVersion(name=spec.version, job_id=job_id, artifact="", made_at=at, spec=made_of(spec), metrics={}, reported=figures)


def made_of(spec: RecipeRunSpec) -> RecipeModelSpec:
    """Return what a version of a model is made of, of all that its run was asked."""
    return RecipeModelSpec.model_validate(spec.model_dump(include=set(RecipeModelSpec.model_fields)))
