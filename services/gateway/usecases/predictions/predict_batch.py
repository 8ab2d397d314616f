"""Ask what a model's serving version says at each candle of a dataset: a job, which leaves a file."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from libs.chassis.errors import InvalidError
from libs.contracts.batches import FILE, PredictBatchSpec
from libs.contracts.job_kinds import JobKind
from services.gateway.domain.datasets.errors import DatasetFileMissingError
from services.gateway.domain.datasets.ports import DatasetFiles
from services.gateway.domain.jobs.backtest_price import BARS_A_DAY
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Models
from services.gateway.domain.predictions.batch import BatchFileMissingError, BatchNotFoundError, BatchNotReadyError, batch_id_of, job_id_of
from services.gateway.usecases.datasets.find_training_data import FindTrainingData
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.jobs.stop_job import StopJob


@dataclass(frozen=True, slots=True)
class PredictBatch:
    """A batch is its job, and the file that is kept as long as that."""

    models: Models
    jobs: Jobs
    find: FindTrainingData
    start: StartJob
    stop: StopJob
    files: DatasetFiles

    async def spec(self, model_id: str, *, account_id: str, dataset_id: str, level: float) -> PredictBatchSpec:
        """Return what a job would be asked. Raise ModelNotFoundError, ModelNotTrainedError, InvalidError or what finding data raises."""
        model = await self.models.get(model_id, account_id=account_id)
        version = model.serving
        data = await self.find(account_id, dataset_id)
        trained = version.market
        if data.timeframe != trained.timeframe:
            text = f"{dataset_id} has {data.timeframe} candles, and the model looks at {trained.timeframe} ones."
            raise InvalidError(text, details={"dataset_id": [text]})
        days = (data.end - data.start).days + 1
        told = {
            "model_id": model_id,
            "version": version.name,
            "artifact": version.artifact,
            "dataset_id": dataset_id,
            "symbols": data.symbols,
            "timeframe": data.timeframe,
            "features": trained.features,
            "candles_most": round(BARS_A_DAY[data.timeframe] * days * len(data.symbols)),
            "interval_level": level,
        }
        return PredictBatchSpec.model_validate(told)

    async def get(self, batch_id: str, *, account_id: str, kind: JobKind) -> Job:
        """Return the job of a batch. Raise BatchNotFoundError."""
        try:
            return await self.jobs.get(job_id_of(batch_id), account_id=account_id, kind=kind)
        except JobNotFoundError as error:
            raise BatchNotFoundError(batch_id) from error

    async def cancel(self, batch_id: str, *, account_id: str, kind: JobKind) -> Job:
        """End one that waits or runs. Raise BatchNotFoundError, or what stopping a job raises."""
        job = await self.get(batch_id, account_id=account_id, kind=kind)
        return await self.stop(job.id, account_id=account_id, kind=kind)

    async def pieces(self, job: Job) -> AsyncIterator[bytes]:
        """Yield a batch's file. Raise BatchNotReadyError or BatchFileMissingError, UnavailableError before the first piece."""
        if job.result is None:
            raise BatchNotReadyError(job.state.value)
        try:
            async for piece in self.files.parquet(job.result["files"][FILE]["sha256"]):
                yield piece
        except DatasetFileMissingError as error:
            raise BatchFileMissingError(batch_id_of(job.id)) from error
