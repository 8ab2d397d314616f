"""Find what a dataset gives to train on: whose candles, of which length and days, and with which further columns."""

from dataclasses import dataclass
from datetime import date

from services.gateway.domain.datasets.dataset import Dataset
from services.gateway.domain.datasets.errors import DatasetNotReadyError, NoCandlesOfDatasetError
from services.gateway.domain.datasets.packaged import PACKAGED
from services.gateway.domain.datasets.ports import Datasets


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """What stands behind a dataset's id: symbols, the length of a candle, the first and last day (UTC), columns beside the raw ones."""

    dataset_id: str
    symbols: tuple[str, ...]
    timeframe: str
    start: date
    end: date
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindTrainingData:
    """An account's own datasets, live series and those that come with the platform alike: all are used by their symbol."""

    datasets: Datasets

    async def __call__(self, account_id: str, dataset_id: str) -> TrainingData:
        """Return what the newest usable version of a dataset gives.

        Raise DatasetNotFoundError, NoCandlesOfDatasetError for texts and tables, or DatasetNotReadyError.
        """
        if (shipped := PACKAGED.get(dataset_id)) is not None:
            instrument = shipped.instrument
            return TrainingData(
                dataset_id=dataset_id,
                symbols=(instrument.symbol,),
                timeframe=shipped.timeframe,
                start=instrument.start,
                end=instrument.end,
            )
        return training_data_of(await self.datasets.get(dataset_id, account_id=account_id))


def training_data_of(dataset: Dataset) -> TrainingData:
    """Return what an own dataset gives. Raise NoCandlesOfDatasetError or DatasetNotReadyError."""
    if dataset.symbol is None:
        raise NoCandlesOfDatasetError(dataset.id, kind=dataset.kind.value)
    if (candles := dataset.own_candles()) is None:
        raise DatasetNotReadyError(dataset.id, status=dataset.status.value)
    return TrainingData(
        dataset_id=dataset.id,
        symbols=(candles.symbol,),
        timeframe=candles.timeframe,
        start=candles.start,
        end=candles.end,
        columns=candles.columns,
    )
