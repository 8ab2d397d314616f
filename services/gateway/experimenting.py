"""The gateway's wiring of experiments and tunings."""

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import now
from services.gateway.jobs import JobParts
from services.gateway.outbound.experiments.trial_files import TrialFilesArtifacts
from services.gateway.outbound.models.files_artifacts import FilesArtifacts
from services.gateway.usecases.experiments.make_experiment import MakeExperiment
from services.gateway.usecases.experiments.plan_search import PlanSearch
from services.gateway.usecases.experiments.run_experiment import RunExperiment
from services.gateway.usecases.experiments.show_experiments import ShowExperiments
from services.gateway.usecases.jobs.train_on_dataset import TrainOnDataset
from services.gateway.usecases.models.create_model import CreateModel
from services.gateway.usecases.nouns import ExperimentUseCases


def make_experiments(artifacts: Artifacts, *, jobs: JobParts, train: TrainOnDataset, create: CreateModel) -> ExperimentUseCases:
    """Wire them on the store that jobs bring up to their ends."""
    store = jobs.experiments
    run = RunExperiment(store, jobs.jobs, jobs.start, now)
    show = ShowExperiments(store, jobs.jobs, TrialFilesArtifacts(artifacts), create, now)
    make = MakeExperiment(store, train.models, PlanSearch(train), run, jobs.start.limits, now)
    return ExperimentUseCases(store, make, run, jobs.remove_tunings, show, FilesArtifacts(artifacts))
