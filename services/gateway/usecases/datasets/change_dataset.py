"""Rename a dataset, or take it away with all of its versions; and forget files that were sent and never checked."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.gateway.domain.datasets.dataset import Dataset
from services.gateway.domain.datasets.errors import DatasetChangedError, DatasetReadError, DatasetUsedError
from services.gateway.domain.datasets.packaged import check_changeable
from services.gateway.domain.datasets.ports import DatasetFiles, Datasets, DatasetUsers
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import wish_of
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.datasets.find_own import FindOwn

TRIES: Final = 5
UPLOAD_LIFE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RenameDataset:
    """A change that changes nothing is not written; one that meets another is tried again."""

    datasets: Datasets
    clock: Clock

    async def __call__(self, dataset_id: str, name: str, *, account_id: str) -> Dataset:
        """Return the dataset under its new name. Raise DatasetNotFoundError, PackagedDatasetError or DatasetChangedError."""
        check_changeable(dataset_id)
        for _ in range(TRIES):
            dataset = await self.datasets.get(dataset_id, account_id=account_id)
            renamed = dataset.renamed(name, at=self.clock())
            with suppress(DatasetChangedError):
                if renamed is not dataset:
                    await self.datasets.save(renamed)
                return renamed
        raise DatasetChangedError(dataset_id)


@dataclass(frozen=True, slots=True)
class DeleteDataset:
    """What a model was trained on stays as long as the model. A check that runs is cancelled."""

    datasets: Datasets
    users: DatasetUsers
    jobs: Jobs
    files: DatasetFiles
    own: FindOwn
    clock: Clock

    async def __call__(self, dataset_id: str, *, account_id: str) -> datetime:
        """Return when it was deleted.

        Raise DatasetNotFoundError, PackagedDatasetError, DatasetUsedError, DatasetReadError or DatasetChangedError.
        """
        check_changeable(dataset_id)
        for _ in range(TRIES):
            dataset = await self.datasets.get(dataset_id, account_id=account_id)
            # A job first: one that ends well meanwhile is by then a model's version.
            if jobs := await self.users.jobs_of(dataset_id):
                raise DatasetReadError(jobs)
            if models := (await self.users.of([dataset_id], account_id=account_id))[dataset_id]:
                raise DatasetUsedError(models)
            with suppress(DatasetChangedError):
                await self.datasets.delete(dataset)
                self.own.forget(account_id)
                await self._cancel(dataset)
                return self.clock()
        raise DatasetChangedError(dataset_id)

    async def _cancel(self, dataset: Dataset) -> None:
        if dataset.newest.has_ended:
            return
        with suppress(JobNotFoundError):
            job = await self.jobs.get(dataset.newest.job_id, account_id=dataset.account_id, kind=None)
            if not job.state.ended:
                await self.jobs.request_cancel(job.id, wish_of(job), at=self.clock())
        if dataset.newest.spec.upload is not None:
            await self.files.drop_upload(dataset.newest.spec.upload.path)


@dataclass(frozen=True, slots=True)
class ForgetUploads:
    """Files that were sent and that no check waits for: of requests that were cut off."""

    datasets: Datasets
    files: DatasetFiles
    clock: Clock

    async def __call__(self) -> int:
        """Return how many were removed."""
        before = self.clock() - UPLOAD_LIFE
        return await self.files.drop_uploads(but=await self.datasets.uploads(), before=before)
