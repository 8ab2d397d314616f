"""The gateway's wiring of how models are watched: their snapshots, alerts, rules and labels."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.gateway.datasets import DatasetParts
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.models.ports import Clock, Models, Results
from services.gateway.inbound.housekeeping import Housework
from services.gateway.jobs import JobParts
from services.gateway.outbound.files.file_bytes_artifacts import FileBytesArtifacts
from services.gateway.outbound.files.files_mongo import FilesMongo
from services.gateway.outbound.kept_predictions_mongo import KeptPredictionsMongo
from services.gateway.outbound.models.files_artifacts import FilesArtifacts
from services.gateway.outbound.monitoring.labels_mongo import LabelsMongo
from services.gateway.outbound.monitoring.snapshots_mongo import SnapshotsMongo
from services.gateway.outbound.monitoring.watches_mongo import WatchesMongo
from services.gateway.settings import Settings
from services.gateway.usecases.files.find_files import FindFiles
from services.gateway.usecases.monitoring.ask_snapshot import AskSnapshot
from services.gateway.usecases.monitoring.change_rules import ChangeRules
from services.gateway.usecases.monitoring.keep_labels import KeepLabels
from services.gateway.usecases.monitoring.keep_snapshot import KeepSnapshot
from services.gateway.usecases.monitoring.use_cases import MonitoringUseCases
from services.gateway.usecases.monitoring.watch_models import WatchModels
from services.gateway.usecases.recipes.find_rows import FindRows
from services.gateway.usecases.texts.find_texts import FindTexts


@dataclass(frozen=True, slots=True)
class WatchStores:
    """What is kept of models that are watched."""

    snapshots: SnapshotsMongo
    watches: WatchesMongo
    labels: LabelsMongo

    @property
    def all(self) -> Sequence[SnapshotsMongo | WatchesMongo | LabelsMongo]:
        """Return them; each forgets models and accounts."""
        return self.snapshots, self.watches, self.labels

    async def prepare(self) -> None:
        """Make indexes."""
        for each in self.all:
            await each.prepare()

    def keep_snapshot(self, models: Models) -> KeepSnapshot:
        """Return what comes of a job that takes a snapshot."""
        return KeepSnapshot(models, self.snapshots, self.watches, now)


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What watching models adds to the app: `turns` is done every so often."""

    stores: WatchStores
    turns: WatchModels
    use: MonitoringUseCases

    @property
    def works(self) -> dict[str, Housework]:
        """Return what is done every so often, by what it has done."""
        return {"snapshots of models in production were begun": self.turns}


def make_watch_stores(database: Database, settings: Settings, *, wake: Callable[[], None]) -> WatchStores:
    """Return the stores; `wake` is called after each write that has events to be published."""
    return WatchStores(
        SnapshotsMongo(database["snapshots"], life=settings.job_life),
        WatchesMongo(database["watches"], on_write=wake),
        LabelsMongo(database["labels"], life=settings.prediction_life),
    )


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched, and by which clock."""

    models: Models
    results: Results
    accounts: Accounts
    clock: Clock


def make_watching(
    settings: Settings,
    database: Database,
    artifacts: Artifacts,
    watched: Watched,
    *,
    stores: WatchStores,
    jobs: JobParts,
    datasets: DatasetParts,
) -> WatchParts:
    """Wire it."""
    models, every = watched.models, settings.monitor_every or None
    files = FindFiles(FilesMongo(database["files"]))
    texts, kept = FindTexts(files, datasets.datasets), KeptPredictionsMongo(database["kept_predictions"], life=settings.prediction_life)
    rows = FindRows(files, datasets.datasets)
    ask = AskSnapshot(
        models,
        watched.results,
        jobs.jobs,
        texts,
        rows,
        files,
        stores.labels,
        FileBytesArtifacts(artifacts),
        stores.watches,
        jobs.start,
        watched.clock,
    )
    use = MonitoringUseCases(
        models,
        stores.snapshots,
        stores.watches,
        ask,
        KeepLabels(models, stores.labels, kept, watched.clock),
        ChangeRules(models, stores.watches, texts, rows, files, watched.clock, every),
        FilesArtifacts(artifacts),
        watched.clock,
        every,
    )
    turns = WatchModels(
        models, stores.watches, watched.accounts, stores.snapshots, ask, stores.all, watched.clock, new_id("gateway"), every
    )
    return WatchParts(stores, turns, use)
