"""The gateway's wiring of datasets."""

from collections.abc import Mapping
from dataclasses import dataclass

from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.domain.datasets.live_series import LiveSeries
from services.gateway.outbound.datasets.dataset_files import DatasetFilesArtifacts
from services.gateway.outbound.datasets.dataset_users_mongo import DatasetUsersMongo
from services.gateway.outbound.datasets.datasets_mongo import DatasetsMongo
from services.gateway.outbound.datasets.own_symbols_mongo import OwnSymbolsMongo
from services.gateway.outbound.datasets.series_turns_mongo import SeriesTurnsMongo
from services.gateway.outbound.jobs.jobs_mongo import JobsMongo
from services.gateway.usecases.datasets.change_dataset import DeleteDataset, ForgetUploads, RenameDataset
from services.gateway.usecases.datasets.delete_version import DeleteVersion
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.datasets.make_dataset_version import MakeDatasetVersion
from services.gateway.usecases.datasets.make_live_version import MakeLiveVersion
from services.gateway.usecases.datasets.refresh_series import RefreshSeries
from services.gateway.usecases.datasets.send_dataset import SendDataset
from services.gateway.usecases.datasets.show_datasets import ShowDatasets
from services.gateway.usecases.datasets.show_refreshes import ShowRefreshes
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.nouns import DatasetUseCases


@dataclass(frozen=True, slots=True)
class DatasetParts:
    """What datasets stand on; `own` is what others ask for the candles behind a symbol."""

    datasets: DatasetsMongo
    users: DatasetUsersMongo
    files: DatasetFilesArtifacts
    jobs: JobsMongo
    own: FindOwn
    makes: MakeDatasetVersion
    makes_live: MakeLiveVersion
    series: Mapping[str, LiveSeries]
    turns: SeriesTurnsMongo
    forget_uploads: ForgetUploads
    stale_after_bars: int

    async def prepare(self) -> None:
        """Make indexes."""
        await self.datasets.prepare()
        await self.users.prepare()
        await self.turns.prepare(tuple(self.series), at=now())

    def refreshing(self, start: StartJob) -> RefreshSeries:
        """Return what starts the refreshes of live series that are due."""
        return RefreshSeries(self.series, self.datasets, self.turns, start, now, self.stale_after_bars)

    def use_cases(self, start: StartJob, limits: TierLimits) -> DatasetUseCases:
        """Return what faces call; `start` starts the jobs that check what was sent."""
        return DatasetUseCases(
            datasets=self.datasets,
            send=SendDataset(self.datasets, self.files, start, limits, self.stale_after_bars),
            show=ShowDatasets(self.datasets, self.users, self.files, ShowRefreshes(self.series, self.datasets, self.turns)),
            rename=RenameDataset(self.datasets, now),
            delete=DeleteDataset(self.datasets, self.users, self.jobs, self.files, self.own, now),
            delete_version=DeleteVersion(self.datasets, self.users, now),
            files=self.files,
            limits=limits,
        )


def make_datasets(
    database: Database, jobs: JobsMongo, artifacts: Artifacts, *, series: Mapping[str, LiveSeries], stale_after: int
) -> DatasetParts:
    """Wire them; `series` are the live ones by their ids, and what is older than `stale_after` bars is stale."""
    datasets, files = DatasetsMongo(database), DatasetFilesArtifacts(artifacts)
    own = FindOwn(OwnSymbolsMongo(database["datasets"]))
    users, turns = DatasetUsersMongo(database["models"], database["jobs"]), SeriesTurnsMongo(database["live_series"])
    makes = MakeDatasetVersion(datasets, jobs, files, own, now)
    return DatasetParts(
        datasets=datasets,
        users=users,
        files=files,
        jobs=jobs,
        own=own,
        makes=makes,
        makes_live=MakeLiveVersion(makes, series, datasets, users, turns, now),
        series=series,
        turns=turns,
        forget_uploads=ForgetUploads(datasets, files, now),
        stale_after_bars=stale_after,
    )
