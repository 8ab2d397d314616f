"""Take a file that was sent: a new dataset, or rows for one that there is; a job checks it before it can be used."""

from dataclasses import dataclass

from libs.contracts.datasets import BaseVersion, Upload, ValidateSpec
from libs.contracts.job_kinds import JobKind
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.datasets.asked import MoreRows, NewDataset
from services.gateway.domain.datasets.dataset import Dataset, claim_of
from services.gateway.domain.datasets.errors import DatasetBusyError, DatasetNotFoundError, OnlyLookedAtError, SymbolTakenError
from services.gateway.domain.datasets.ports import DatasetFiles, Datasets
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import StartJob


@dataclass(frozen=True, slots=True)
class Accepted:
    """A version that is being checked, and the job that does."""

    spec: ValidateSpec
    job: Job


@dataclass(frozen=True, slots=True)
class SendDataset:
    """The same work twice makes one version; `kind` is that of a job that checks.

    Bytes and rows of an account are counted when a file has come, and not again while others are checked.
    """

    datasets: Datasets
    files: DatasetFiles
    start: StartJob
    limits: TierLimits
    stale_after_bars: int

    async def check_new(self, wanted: NewDataset, *, caller: Caller) -> None:
        """Refuse before the file comes what would be refused when it has come: a symbol that is taken, and where there is no room."""
        if not wanted.is_dry_run:
            await self._check_free(wanted, caller)
            await self._room(caller, more_datasets=1)

    async def check_append(self, dataset: Dataset, *, caller: Caller) -> None:
        """Do the same of further rows. Raise DatasetBusyError, OnlyLookedAtError, or what tells that there is no room."""
        _check_takes_rows(dataset)
        if not dataset.newest.has_ended:
            raise DatasetBusyError(dataset.newest.job_id)
        await self._room(caller)

    async def new(self, wanted: NewDataset, upload: Upload, *, kind: JobKind, caller: Caller, work: Work) -> Accepted:
        """Return the first version of a new dataset. Raise SymbolTakenError, and what StartJob raises."""
        dataset_id = work.new_id("dataset")
        rows_most = self.limits.most(Limit.UPLOAD_ROWS, caller.tier)
        if not wanted.is_dry_run and not await self._is_there(dataset_id, caller):
            await self._check_free(wanted, caller)
            rows_most = min(rows_most, await self._room(caller, more_datasets=1))
        spec = ValidateSpec(
            dataset_id=dataset_id,
            version=1,
            name=wanted.name,
            kind=wanted.kind,
            upload=upload,
            symbol=wanted.symbol,
            timeframe=wanted.timeframe,
            tz=wanted.tz,
            calendar=wanted.calendar,
            columns=dict(wanted.columns),
            dry_run=wanted.is_dry_run,
            rows_most=rows_most,
            stale_after_bars=self.stale_after_bars,
        )
        return await self._checked(Order(kind=kind, spec=spec), spec, caller=caller, work=work)

    async def append(self, dataset: Dataset, rows: MoreRows, upload: Upload, *, kind: JobKind, caller: Caller, work: Work) -> Accepted:
        """Return the next version of a dataset, with further rows.

        Raise DatasetBusyError, OnlyLookedAtError, and what StartJob raises.
        """
        _check_takes_rows(dataset)
        if not dataset.newest.has_ended and dataset.newest.job_id != work.new_id("job"):
            raise DatasetBusyError(dataset.newest.job_id)
        before, base = (dataset.ready or dataset.newest).spec, _base_of(dataset)
        assert isinstance(before, ValidateSpec)  # Nobody sends rows for a live series.
        kept = dataset.ready.result.rows if dataset.ready and dataset.ready.result else 0
        spec = ValidateSpec(
            dataset_id=dataset.id,
            version=dataset.newest.number + 1,
            name=dataset.name,
            kind=dataset.kind,
            upload=upload,
            symbol=dataset.symbol,
            timeframe=dataset.timeframe,
            tz=rows.tz or before.tz,
            calendar=dataset.calendar,
            columns=dict(before.columns if rows.columns is None else rows.columns),
            base=base,
            revise=rows.revise,
            rows_most=min(self.limits.most(Limit.UPLOAD_ROWS, caller.tier), await self._room(caller) + kept),
            stale_after_bars=self.stale_after_bars,
        )
        return await self._checked(Order(kind=kind, spec=spec), spec, caller=caller, work=work)

    async def _checked(self, order: Order, spec: ValidateSpec, *, caller: Caller, work: Work) -> Accepted:
        started = await self.start(order, caller=caller, work=work)
        # A request that was cut off and came again has the job that it began then, with the file that it brought then.
        checked = ValidateSpec.model_validate(started.job.spec)
        if checked.upload.path != spec.upload.path:
            await self.files.drop_upload(spec.upload.path)
        return Accepted(checked, started.job)

    async def _is_there(self, dataset_id: str, caller: Caller) -> bool:
        """Tell whether this very request has made the dataset before it was cut off."""
        try:
            await self.datasets.get(dataset_id, account_id=caller.account_id)
        except DatasetNotFoundError:
            return False
        return True

    async def _check_free(self, wanted: NewDataset, caller: Caller) -> None:
        if wanted.symbol is None or wanted.timeframe is None:
            return  # Known when its check has ended, and looked at then.
        other = await self.datasets.with_claim(claim_of(wanted.symbol, wanted.timeframe), account_id=caller.account_id)
        if other is not None:
            raise SymbolTakenError(symbol=wanted.symbol, timeframe=wanted.timeframe, dataset_id=other)

    async def _room(self, caller: Caller, *, more_datasets: int = 0) -> int:
        """Return how many more rows the account may have. Raise SubscriptionRequiredError or LimitReachedError where there is no room."""
        stored, tier = await self.datasets.stored(caller.account_id), caller.tier
        wanted = {Limit.DATASETS: stored.datasets + more_datasets, Limit.BYTES: stored.size + 1, Limit.ROWS: stored.rows + 1}
        if passed := [limit for limit, count in wanted.items() if count > self.limits.most(limit, tier)]:
            raise self.limits.refusal(*passed, tier=tier)
        return self.limits.most(Limit.ROWS, tier) - stored.rows


def _check_takes_rows(dataset: Dataset) -> None:
    if dataset.is_dry_run:
        raise OnlyLookedAtError


def _base_of(dataset: Dataset) -> BaseVersion | None:
    ready = dataset.ready
    if ready is None or ready.result is None or ready.result.artifact is None:
        return None
    artifact = ready.result.artifact
    return BaseVersion(version=ready.number, sha256=artifact.sha256, size=artifact.size)
