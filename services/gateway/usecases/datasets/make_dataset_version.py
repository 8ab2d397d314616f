"""A check makes a version of its dataset: what its life changes there."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from libs.contracts.datasets import ValidateResult, ValidateSpec
from libs.contracts.job_kinds import Cancelled, Completed, Failed
from libs.contracts.jobs import JobCompleted
from libs.contracts.training import JobState
from services.gateway.domain.datasets.dataset import Dataset, DatasetVersion, VersionSpec, first_of, read_spec
from services.gateway.domain.datasets.errors import DatasetChangedError, DatasetNotFoundError, NumberTakenError, SymbolTakenError
from services.gateway.domain.datasets.ports import DatasetFiles, Datasets
from services.gateway.domain.jobs.errors import JobNotFoundError, JobNotSeenYetError
from services.gateway.domain.jobs.job import Job, wish_of
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.jobs.effects import Draft, Effects, Order

TRIES: Final = 5
CANCELLED: Final = "Its check was cancelled."


@dataclass(frozen=True, slots=True)
class MakeDatasetVersion(Effects):
    """A dataset shows the checks of its versions, as their jobs' own documents say.

    The request that starts or cancels one sees to it at once, the event that tells of it does it again: the second changes nothing. Events
    may come in any order; one of a dataset that was deleted changes nothing, and a check that has lost its subject is cancelled. The file
    that was sent goes when its check has ended.
    """

    datasets: Datasets
    jobs: Jobs
    files: DatasetFiles
    own: FindOwn
    clock: Clock

    async def draft(self, order: Order, *, account_id: str) -> Draft:
        """Return the check that an order asks for."""
        draft = await Effects.draft(self, order, account_id=account_id)
        return replace(draft, name=f"check of {_spec_of(draft).name}, version {_spec_of(draft).version}")

    async def accepted(self, job: Job, draft: Draft) -> None:  # noqa: ARG002 - as others need it
        """Show the version that is being checked. Raise SymbolTakenError, NumberTakenError or DatasetNotFoundError: another was faster."""
        await self._show_begun(_version_of(job))

    async def requested(self, job: Job) -> None:
        """Show it, if the request that made its job was cut off before it could."""
        with suppress(SymbolTakenError, NumberTakenError, DatasetNotFoundError):
            if not job.state.ended:
                await self._show_begun(_version_of(job))

    async def completed(self, event: Completed) -> None:
        """Let the version be used, or show why it was refused."""
        assert isinstance(event, JobCompleted)
        version = _version_of(await self._job(event)).checked(ValidateResult.model_validate(event.result))
        try:
            await self.show(version)
        except SymbolTakenError as error:
            await self.show(version.outdone(error.message))
        await self._drop_upload(version)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:
        """Show the version as refused, with the reason."""
        job = await self._job(event)
        await self._break_off(job, CANCELLED if state is JobState.CANCELLED else _said(event, read_spec(job.spec or {})))

    async def stopped(self, job: Job) -> None:
        """Do the same at once, ahead of the event that tells it."""
        await self._break_off(job, CANCELLED)

    async def _break_off(self, job: Job, reason: str) -> None:
        version = _version_of(job).broken_off(reason)
        await self.show(version)
        await self._drop_upload(version)

    async def _drop_upload(self, version: DatasetVersion) -> None:
        if version.spec.upload is not None:
            await self.files.drop_upload(version.spec.upload.path)

    async def _show_begun(self, version: DatasetVersion) -> None:
        """Show a version that is being checked; where it cannot be, its check is cancelled."""
        try:
            await self.show(version, late=False)
        except (SymbolTakenError, NumberTakenError, DatasetNotFoundError):
            with suppress(JobNotFoundError):
                job = await self.jobs.get(version.job_id, account_id=version.account_id, kind=None)
                if not job.state.ended:
                    await self.jobs.request_cancel(job.id, wish_of(job), at=self.clock())
            raise

    async def show(self, version: DatasetVersion, *, late: bool = True) -> None:
        """Bring a dataset up to a version of it.

        Raise SymbolTakenError, and DatasetNotFoundError or NumberTakenError where that is not too late to matter.
        """
        if version.number == 1:
            await self.datasets.add(first_of(version))
        for _ in range(TRIES):
            try:
                dataset = await self.datasets.get(version.dataset_id, account_id=version.account_id)
                _check_number(dataset, version)
                shown = dataset.with_version(version, at=self.clock())
                if shown is not dataset:
                    # What there is to read of it is there before its dataset says that there is.
                    await self.datasets.keep(version, is_final=False)
                    await self.datasets.save(shown)
                    self.own.forget(version.account_id)
                await self.datasets.keep(version)
                await self.datasets.get(version.dataset_id, account_id=version.account_id)
            except DatasetChangedError:
                continue
            except DatasetNotFoundError:  # Deleted, perhaps in this very moment.
                await self.datasets.forget_versions(version.dataset_id)
                if late:
                    return
                raise
            except NumberTakenError:  # Whoever began this one was told so, and its check is cancelled.
                if late:
                    return
                raise
            return
        raise DatasetChangedError(version.dataset_id)

    async def _job(self, event: Completed | Failed | Cancelled) -> Job:
        try:
            return await self.jobs.get(event.job_id, account_id=event.account_id, kind=None)
        except JobNotFoundError as error:
            raise JobNotSeenYetError(event.job_id) from error


def _check_number(dataset: Dataset, version: DatasetVersion) -> None:
    """Raise NumberTakenError for a version whose number another job was faster to take."""
    newest = dataset.newest
    if newest.number == version.number and newest.job_id != version.job_id:
        raise NumberTakenError(dataset.id, number=version.number, job_id=newest.job_id)


def _version_of(job: Job) -> DatasetVersion:
    return DatasetVersion(account_id=job.account_id, job_id=job.id, spec=read_spec(job.spec or {}), created_at=job.created_at)


def _spec_of(draft: Draft) -> ValidateSpec:
    assert isinstance(draft.spec, ValidateSpec)
    return draft.spec


def _said(event: Failed | Cancelled, spec: VersionSpec) -> str:
    what, error = "check" if isinstance(spec, ValidateSpec) else "refresh", getattr(event, "error", None)
    return f"Its {what} failed: {error.message}" if error else f"Its {what} failed."
