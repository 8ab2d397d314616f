"""A training on texts makes a version of its experiment; several of one experiment may be under way at once."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from libs.contracts.envelope import Moment
from libs.contracts.job_kinds import Cancelled, Completed, Failed, shown_spec
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed
from libs.contracts.texts import TEXT, TextProgress, TextResult, TextSpec
from libs.contracts.training import JobState
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.files.ports import Files
from services.gateway.domain.jobs.errors import JobNotFoundError, JobNotSeenYetError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.errors import ModelChangedError, ModelNotFoundError, SlugTakenError, TooManyModelsError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.models.text_runs import (
    OUTPUTS,
    is_unused,
    model_id_of,
    new_experiment,
    newest_run,
    with_run,
    with_version,
    without_checkpoint,
)
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.predictions.servable import Servables
from services.gateway.usecases.files.land_files import LandFiles
from services.gateway.usecases.jobs.effects import Draft, Effects, Order
from services.gateway.usecases.jobs.keep_files import has_ended
from services.gateway.usecases.models.keep_versions import KeepVersions
from services.gateway.usecases.models.try_again import try_again

TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class MakeTextVersion(Effects):
    """The experiment is there before its run is: its next number is the run's, which nobody else has then.

    What a run has made are files below its `output_dir`: those of one that ended well, and the checkpoint of one that did not.
    """

    models: Models
    jobs: Jobs
    files: Files
    accounts: Accounts
    keep_versions: KeepVersions
    servables: Servables
    limits: TierLimits
    clock: Clock
    land: LandFiles

    async def draft(self, order: Order, *, account_id: str) -> Draft:
        """Return the run that an order asks for. Raise ExperimentTakenError or ModelArchivedError."""
        assert isinstance(order.spec, TextSpec)
        with suppress(ModelNotFoundError):
            found = await self.models.named(order.spec.experiment_name, account_id=account_id, kind=None)
            with_run(found, at=self.clock())
        return Draft(spec=order.spec, name=f"{order.spec.experiment_name} training", about={"model_id": None})

    async def claim(self, draft: Draft, *, job_id: str, account_id: str) -> Draft:
        """Take the experiment's next number, and make the experiment where there is none.

        Raise SubscriptionRequiredError or LimitReachedError where the account has all the models that it may have.
        """
        spec = draft.spec
        assert isinstance(spec, TextSpec)
        model = await self._taken(spec, job_id=job_id, account_id=account_id)
        named = {"version": newest_run(model), "output_dir": spec.output_dir or f"{OUTPUTS}/{job_id}"}
        name = f"{spec.experiment_name} training v{named['version']}"
        return replace(draft, spec=spec.model_copy(update=named), name=name, model=model, about={"model_id": model.id})

    async def _taken(self, spec: TextSpec, *, job_id: str, account_id: str) -> Model:
        async def take() -> Model:
            try:
                found = await self.models.named(spec.experiment_name, account_id=account_id, kind=None)
            except ModelNotFoundError:
                return await self._begin(spec, job_id=job_id, account_id=account_id)
            taken = with_run(found, at=self.clock())
            await self.models.save(taken)
            return taken

        return await try_again(spec.experiment_name, take)

    async def _begin(self, spec: TextSpec, *, job_id: str, account_id: str) -> Model:
        model = new_experiment(spec, model_id=model_id_of(job_id), account_id=account_id, at=self.clock())
        tier = (await self.accounts.get(account_id)).tier
        try:
            await self.models.add(model, most=self.limits.most(Limit.MODELS, tier))
        except TooManyModelsError as error:
            raise self.limits.refusal(Limit.MODELS, tier=tier) from error
        except SlugTakenError as error:  # Another run has made the experiment in between.
            raise ModelChangedError(model.id) from error
        return model

    async def withdraw(self, job_id: str) -> None:
        """Take the experiment away that a refused run has begun, unless another one works in it."""
        with suppress(ModelNotFoundError, ModelChangedError):
            model = await self.models.get(model_id_of(job_id), account_id=None, kind=TEXT)
            if is_unused(model):
                await self.models.delete(model)

    async def completed(self, event: Completed) -> None:
        """Put its files into the data root, and let the new version serve, unless another is in production. Raise StorageFullError."""
        assert isinstance(event, JobCompleted)
        spec, result = shown_spec(TextSpec, event.spec), TextResult.model_validate(event.result, extra="ignore")
        made = ModelVersion(
            name=spec.version,
            job_id=event.job_id,
            artifact=result.artifact.sha256,
            made_at=event.ended_at,
            spec=without_checkpoint(spec),
            metrics=result.metrics,
        )
        model_id, account_id = event.model_id or "", event.account_id

        async def grow() -> None:
            model = await self.models.get(model_id, account_id=account_id, kind=TEXT)
            grown = with_version(model, made)
            if grown is not model:
                await self.models.save(await self.keep_versions(grown))
                self.servables.forget(model.id)

        with suppress(ModelNotFoundError):  # Deleted meanwhile, or its account erased: only the job is left to be told of.
            await self.models.get(model_id, account_id=account_id, kind=TEXT)
            if not await has_ended(self.jobs, event):
                placed = {f"{spec.output_dir}/{path}": artifact for path, artifact in result.files.items()}
                await self.land(placed, account_id=account_id, made_by=event.job_id, at=event.ended_at)
            with suppress(JobNotSeenYetError):  # Said when the job is brought up, after its model.
                await self.jobs.leave_slot(event.job_id)
            await try_again(model_id, grow)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:
        """Put the newest checkpoint into the data root, for another run to go on from it."""
        try:
            job = await self.jobs.get(event.job_id, account_id=event.account_id, kind=None)
        except JobNotFoundError as error:
            raise JobNotSeenYetError(event.job_id) from error
        if not job.state.ended:  # What its owner has done with its files since stays.
            # What it had told before may come later than its end, which says what it knew then.
            assert isinstance(event, JobFailed | JobCancelled)
            await self._give_back(replace(job, partial=event.partial or job.partial), state, at=event.ended_at)

    async def stopped(self, job: Job) -> None:
        """Do the same, ahead of the event that tells it."""
        await self._give_back(job, JobState.CANCELLED, at=self.clock())

    async def _give_back(self, job: Job, state: JobState, *, at: Moment) -> None:
        spec, model_id = shown_spec(TextSpec, job.spec), job.model_id or ""

        async def end() -> None:
            model = await self.models.get(model_id, account_id=job.account_id, kind=TEXT)
            ended = model.training_ended(job.id, state, version=spec.version, at=at)
            if ended is not model:
                await self.models.save(ended)

        with suppress(ModelNotFoundError):
            await self.models.get(model_id, account_id=job.account_id, kind=TEXT)
            if job.partial is not None:
                told = TextProgress.model_validate(job.partial, extra="ignore")
                placed = {f"{spec.output_dir}/{told.folder}/{name}": artifact for name, artifact in told.checkpoint.items()}
                await self.files.put_many(placed, account_id=job.account_id, made_by=job.id, at=at)
            await self.jobs.leave_slot(job.id)
            await try_again(model_id, end)
