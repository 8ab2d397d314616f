"""Find the texts that a request names: a file of the account's data root, or a dataset of texts or of a table."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.datasets import DatasetKind
from libs.contracts.text_config import DataFormat
from libs.contracts.texts import TextData
from services.gateway.domain.datasets.errors import DatasetNotFoundError
from services.gateway.domain.datasets.ports import Datasets
from services.gateway.usecases.files.find_files import FindFiles

DATASET: Final = "dataset:"


@dataclass(frozen=True, slots=True)
class FindTexts:
    """What is not there is an error of the field that names it."""

    files: FindFiles
    datasets: Datasets

    async def __call__(self, data_path: str, *, account_id: str, field: str = "data_path", form: DataFormat | None = None) -> TextData:
        """Return the file that stands behind a path, or behind `dataset:<id>`. Raise InvalidError by the field."""
        if data_path.startswith(DATASET):
            return await self._of_dataset(data_path, field=field, account_id=account_id)
        found = await self.files.file(data_path, field=field, account_id=account_id)
        return TextData(path=found.path, artifact=found.artifact, format=form)

    async def _of_dataset(self, data_path: str, *, field: str, account_id: str) -> TextData:
        dataset_id = data_path.removeprefix(DATASET)
        try:
            dataset = await self.datasets.get(dataset_id, account_id=account_id)
        except DatasetNotFoundError as error:
            raise InvalidError(error.message, details={field: [error.message]}) from error
        if dataset.kind is DatasetKind.CANDLES:
            why = f"{dataset_id[:80]} has candles: name a dataset of texts, or a table that has a column of them."
            raise InvalidError(why, details={field: [why]})
        ready = dataset.ready
        if ready is None or ready.result is None or ready.result.artifact is None:
            why = f"{dataset_id[:80]} cannot be used yet: it is {dataset.status.value}."
            raise InvalidError(why, details={field: [why]})
        return TextData(path=data_path, artifact=ready.result.artifact, format="parquet", rows=ready.result.rows)
