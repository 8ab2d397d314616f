"""The gateway's wiring of experiments and tunings."""

from dataclasses import dataclass

from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.jobs import JobParts
from services.gateway.outbound.experiments.experiments_mongo import ExperimentsMongo
from services.gateway.outbound.experiments.trial_files import TrialFilesArtifacts
from services.gateway.outbound.models.files_artifacts import FilesArtifacts
from services.gateway.usecases.experiments.make_experiment import MakeExperiment
from services.gateway.usecases.experiments.plan_search import PlanSearch
from services.gateway.usecases.experiments.run_experiment import RunExperiment
from services.gateway.usecases.experiments.show_experiments import ShowExperiments
from services.gateway.usecases.jobs.train_on_dataset import TrainOnDataset
from services.gateway.usecases.models.create_model import CreateModel
from services.gateway.usecases.nouns import ExperimentUseCases


@dataclass(frozen=True, slots=True)
class ExperimentParts:
    """What a face needs, and the store, which keeps something of accounts."""

    use: ExperimentUseCases
    store: ExperimentsMongo


def make_experiments(
    database: Database, artifacts: Artifacts, *, jobs: JobParts, train: TrainOnDataset, create: CreateModel, limits: TierLimits
) -> ExperimentParts:
    """Wire them."""
    store = ExperimentsMongo(database["experiments"])
    run = RunExperiment(store, jobs.jobs, jobs.start, now)
    show = ShowExperiments(store, jobs.jobs, TrialFilesArtifacts(artifacts), create, now)
    make = MakeExperiment(store, train.models, PlanSearch(train), run, limits, now)
    return ExperimentParts(ExperimentUseCases(store, make, run, show, FilesArtifacts(artifacts)), store)
