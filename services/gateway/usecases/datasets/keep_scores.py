"""Scored texts make datasets: candles with their sentiment as a column, a version for each symbol."""

from contextlib import suppress
from dataclasses import dataclass

from libs.contracts.datasets import DatasetKind, Upload, ValidateSpec
from libs.contracts.job_kinds import Completed, shown_spec
from libs.contracts.jobs import JobCompleted
from libs.contracts.text_scoring import UPLOAD, ScoredSymbol, ScoreTextsResult, ScoreTextsSpec
from services.gateway.domain.datasets.dataset import Dataset, DatasetVersion, claim_of
from services.gateway.domain.datasets.errors import DatasetNotFoundError, NumberTakenError, SymbolTakenError
from services.gateway.domain.datasets.ports import Datasets
from services.gateway.domain.jobs.errors import JobNotSeenYetError
from services.gateway.domain.work import Work
from services.gateway.usecases.datasets.make_dataset_version import MakeDatasetVersion
from services.gateway.usecases.jobs.effects import Effects
from services.gateway.usecases.jobs.keep_files import KeepFiles


@dataclass(frozen=True, slots=True)
class KeepScores(Effects):
    """The same end twice makes each version once. A dataset that such a job has made before gets a further version."""

    makes: MakeDatasetVersion
    datasets: Datasets
    files: KeepFiles

    async def completed(self, event: Completed) -> None:
        """Put the scores into the data root, and show the datasets. Raise StorageFullError, and show none then."""
        assert isinstance(event, JobCompleted)
        spec, result = shown_spec(ScoreTextsSpec, event.spec), ScoreTextsResult.model_validate(event.result)
        await self.files.keep(result.files, event=event)
        with suppress(JobNotSeenYetError):  # Said when the job is brought up, after its datasets.
            await self.makes.jobs.leave_slot(event.job_id)
        for scored in result.symbols:
            await self._keep(scored, spec, event=event)

    async def _keep(self, scored: ScoredSymbol, spec: ScoreTextsSpec, *, event: JobCompleted) -> None:
        there = await self._there(scored, spec, account_id=event.account_id)
        mine = there is not None and is_scored(there)
        if there is not None and mine and there.newest.created_at >= event.ended_at:
            return  # It was kept when the event came first, or a later scoring was.
        version = DatasetVersion(
            account_id=event.account_id,
            job_id=event.job_id,
            spec=ValidateSpec(
                dataset_id=there.id if there is not None and mine else _dataset_id(scored, event),
                version=there.newest.number + 1 if there is not None and mine else 1,
                name=spec.dataset_name if spec.symbol is not None else f"{spec.dataset_name} {scored.symbol}",
                kind=DatasetKind.CANDLES,
                upload=Upload(path=UPLOAD + event.job_id, sha256=spec.data.artifact.sha256, size=spec.data.artifact.size, format="parquet"),
                symbol=scored.dataset_symbol,
                timeframe=spec.timeframe,
                calendar=scored.checked.calendar,
                rows_most=max(1, scored.checked.rows),
            ),
            created_at=event.ended_at,
        ).checked(scored.checked)
        try:
            await self.makes.show(version, late=False)
        except SymbolTakenError as error:
            await self.makes.show(version.outdone(error.message))
        except NumberTakenError:  # Another scoring was faster, or rows were sent: then the symbol is theirs.
            await self._keep(scored, spec, event=event)
        except DatasetNotFoundError:
            return  # Deleted meanwhile.

    async def _there(self, scored: ScoredSymbol, spec: ScoreTextsSpec, *, account_id: str) -> Dataset | None:
        other = await self.datasets.with_claim(claim_of(scored.dataset_symbol, spec.timeframe), account_id=account_id)
        return None if other is None else await self.datasets.get(other, account_id=account_id)


def is_scored(dataset: Dataset) -> bool:
    """Tell whether a dataset's newest version was made by scoring texts: the next one may take its place."""
    spec = dataset.newest.spec
    return isinstance(spec, ValidateSpec) and spec.upload.path.startswith(UPLOAD)


def _dataset_id(scored: ScoredSymbol, event: JobCompleted) -> str:
    """Return the id of a symbol's new dataset: the same each time the event comes."""
    began_ms = int(event.ended_at.timestamp() * 1000)
    return Work(seed=f"{event.job_id} {scored.dataset_symbol}", began_ms=began_ms).new_id("dataset")
