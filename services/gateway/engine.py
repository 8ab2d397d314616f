"""The gateway's wiring of what AI Engine has that no other face has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.domain.accounts.tier_limits import TierLimits
from services.gateway.environments import EnvironmentParts, make_environments
from services.gateway.experimenting import make_experiments
from services.gateway.outbound.deployments.deployments_mongo import DeploymentsMongo
from services.gateway.outbound.experiments.experiments_mongo import ExperimentsMongo
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.erase_account import Forgets
from services.gateway.usecases.datasets.find_training_data import FindTrainingData
from services.gateway.usecases.jobs.train_on_dataset import TrainOnDataset
from services.gateway.usecases.models.look_at_features import LookAtFeatures
from services.gateway.usecases.models.remove_model import RemoveModel
from services.gateway.usecases.nouns import EngineModelUseCases, ModelUseCases


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What AI Engine adds to the app."""

    use_cases: tuple[Any, ...]
    experiments: ExperimentsMongo
    environments: EnvironmentParts

    @property
    def forgetting(self) -> Sequence[Forgets]:
        """What keeps something of accounts."""
        return (self.experiments, self.environments)

    async def prepare(self) -> None:
        """Make indexes."""
        await self.experiments.prepare()
        await self.environments.prepare()


def make_engine(settings: Settings, database: Database, artifacts: Artifacts, *, platform: Platform, limits: TierLimits) -> EngineParts:
    """Wire it."""
    jobs, datasets, known = platform.job_parts, platform.datasets, platform.use_cases_of(ModelUseCases)
    # Read alone: what is deployed is written by who deploys it.
    deployed = DeploymentsMongo(database["deployments"], on_write=lambda: None)
    find = FindTrainingData(datasets.datasets)
    train = TrainOnDataset(platform.models, find, datasets.own, jobs.start, now, settings.synthetic_allowed)
    remove = RemoveModel(platform.models, platform.results, deployed, known.update.servables)
    features = LookAtFeatures(platform.models, jobs.jobs, find, jobs.start)
    experiments = make_experiments(database, artifacts, jobs=jobs, train=train, create=known.create, limits=limits)
    environments = make_environments(database)
    return EngineParts(
        use_cases=(
            EngineModelUseCases(platform.models, jobs.jobs, known.create, remove, train, jobs.stop),
            experiments.use,
            features,
            *environments.use_cases(datasets, jobs.start, jobs.stop, known.results.files),
        ),
        experiments=experiments.store,
        environments=environments,
    )
