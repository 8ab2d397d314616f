"""Find the rows that a recipe's manifest names: a file of the account's data root, or a dataset of its own."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.recipe_runs import RecipeData
from services.gateway.domain.datasets.errors import DatasetNotFoundError
from services.gateway.domain.datasets.ports import Datasets
from services.gateway.usecases.files.find_files import FindFiles

SOURCE: Final = "manifest_json.data.source"
SHIPPED, DATASET, FILE = "shipped", "dataset", "file"


@dataclass(frozen=True, slots=True)
class FindRows:
    """What is not there is an error of the manifest's source."""

    files: FindFiles
    datasets: Datasets

    async def __call__(self, source: str, *, account_id: str) -> RecipeData | None:
        """Return what stands behind a source now; None for what ships with the platform. Raise InvalidError by `data.source`."""
        kind, _, name = source.partition(":")
        if kind == SHIPPED:
            return None
        return await self.named(source if kind == DATASET else name, account_id=account_id, field=SOURCE)

    async def named(self, path: str, *, account_id: str, field: str) -> RecipeData:
        """Return what stands behind a path of the data root, or behind `dataset:<id>`, now. Raise InvalidError by the field."""
        kind, _, dataset_id = path.partition(":")
        if kind == DATASET:
            return await self._of_dataset(dataset_id, account_id=account_id, field=field)
        found = await self.files.file(path, field=field, account_id=account_id)
        return RecipeData(path=found.path, artifact=found.artifact)

    async def _of_dataset(self, dataset_id: str, *, account_id: str, field: str) -> RecipeData:
        try:
            dataset = await self.datasets.get(dataset_id, account_id=account_id)
        except DatasetNotFoundError as error:
            raise InvalidError(error.message, details={field: [error.message]}) from error
        ready = dataset.ready
        if ready is None or ready.result is None or ready.result.artifact is None:
            why = f"{dataset_id[:80]} cannot be used yet: it is {dataset.status.value}."
            raise InvalidError(why, details={field: [why]})
        return RecipeData(path=f"{DATASET}:{dataset_id}", artifact=ready.result.artifact, format="parquet", rows=ready.result.rows)
