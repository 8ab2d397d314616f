"""Take away an old version of a dataset: what makes room where an account has all the bytes that its tier may."""

from dataclasses import dataclass
from datetime import datetime

from services.gateway.domain.datasets.dataset import Dataset
from services.gateway.domain.datasets.errors import DatasetReadError, DatasetVersionKeptError
from services.gateway.domain.datasets.packaged import check_changeable
from services.gateway.domain.datasets.ports import Datasets, DatasetUsers
from services.gateway.domain.models.ports import Clock


@dataclass(frozen=True, slots=True)
class DeleteVersion:
    """What is used, what the next append goes on from and what a model was trained on stays. No later version has the number again."""

    datasets: Datasets
    users: DatasetUsers
    clock: Clock

    async def __call__(self, dataset_id: str, number: int, *, account_id: str) -> datetime:
        """Return when it was deleted.

        Raise DatasetNotFoundError, DatasetVersionNotFoundError, PackagedDatasetError, DatasetVersionKeptError or DatasetReadError.
        """
        check_changeable(dataset_id)
        dataset = await self.datasets.get(dataset_id, account_id=account_id)
        await self.datasets.version(dataset, number)
        await self._check_free(dataset, number)
        await self.datasets.delete_version(dataset_id, number)
        return self.clock()

    async def _check_free(self, dataset: Dataset, number: int) -> None:
        if dataset.ready is not None and number == dataset.ready.number:
            raise DatasetVersionKeptError(number, why="it is the newest that can be used; append to it first, or delete the dataset")
        if number == dataset.newest.number:
            raise DatasetVersionKeptError(number, why="it is the newest; append first, or delete the dataset")
        # A job first: one that ends well meanwhile is by then a model's version.
        if jobs := await self.users.jobs_of(dataset.id):
            raise DatasetReadError(jobs)
        if number in await self.users.versions_of(dataset.id):
            raise DatasetVersionKeptError(number, why="a model was trained on it")
