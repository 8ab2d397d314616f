"""The gateway's wiring of what AI Engine has that no other face has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.gateway.environments import EnvironmentParts, make_environments
from services.gateway.experimenting import make_experiments
from services.gateway.outbound.deployments.deployments_mongo import DeploymentsMongo
from services.gateway.outbound.kept_predictions_mongo import KeptPredictionsMongo
from services.gateway.platform import Platform
from services.gateway.settings import Settings
from services.gateway.usecases.accounts.erase_account import Forgets
from services.gateway.usecases.datasets.find_training_data import FindTrainingData
from services.gateway.usecases.datasets.read_candles import ReadCandles
from services.gateway.usecases.jobs.train_on_dataset import TrainOnDataset
from services.gateway.usecases.models.look_at_features import LookAtFeatures
from services.gateway.usecases.models.remove_model import RemoveModel
from services.gateway.usecases.nouns import EngineModelUseCases, KeptPredictionUseCases, ModelUseCases, OwnJobUseCases
from services.gateway.usecases.predictions.join_outcomes import JoinOutcomes, ScoreLive
from services.gateway.usecases.predictions.make_prediction import MakePrediction
from services.gateway.usecases.predictions.predict import Predict
from services.gateway.usecases.predictions.predict_batch import PredictBatch


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What AI Engine adds to the app; `join_outcomes` is done every so often, by what it has done."""

    use_cases: tuple[Any, ...]
    environments: EnvironmentParts
    predictions: KeptPredictionsMongo
    join_outcomes: JoinOutcomes
    remove: RemoveModel

    @property
    def forgetting(self) -> Sequence[Forgets]:
        """What keeps something of accounts."""
        return (self.environments, self.predictions)

    async def prepare(self) -> None:
        """Make indexes."""
        await self.environments.prepare()
        await self.predictions.prepare()


def make_engine(settings: Settings, database: Database, artifacts: Artifacts, *, platform: Platform) -> EngineParts:
    """Wire it."""
    jobs, datasets, known = platform.job_parts, platform.datasets, platform.use_cases_of(ModelUseCases)
    # Read alone: what is deployed is written by who deploys it.
    deployed = DeploymentsMongo(database["deployments"], on_write=lambda: None)
    find = FindTrainingData(datasets.datasets)
    train = TrainOnDataset(platform.models, find, datasets.own, jobs.start, now, settings.synthetic_allowed)
    remove = RemoveModel(platform.models, platform.results, deployed, known.update.servables, platform.registry.ungated.hear)
    experiments = make_experiments(artifacts, jobs=jobs, train=train, create=known.create)
    features = LookAtFeatures(platform.models, jobs.jobs, find, jobs.start, platform.registry.use.find)
    environments = make_environments(database)
    kept = KeptPredictionsMongo(database["kept_predictions"], life=settings.prediction_life)
    score = ScoreLive(kept)
    return EngineParts(
        use_cases=(
            EngineModelUseCases(platform.models, environments.agents, jobs.jobs, known.create, remove, train, jobs.stop, score),
            OwnJobUseCases(jobs.jobs, jobs.every, jobs.stop),
            experiments,
            features,
            ReadCandles(datasets.own, platform.services.inference, settings.synthetic_allowed),
            PredictBatch(platform.models, jobs.jobs, find, jobs.start, jobs.stop, datasets.files),
            *environments.use_cases(datasets, jobs.start, jobs.stop, known.results.files),
            KeptPredictionUseCases(kept, MakePrediction(platform.use_cases_of(Predict), kept, platform.registry.use.find, now), score),
        ),
        environments=environments,
        predictions=kept,
        remove=remove,
        join_outcomes=JoinOutcomes(kept, platform.services.inference, datasets.own, now, settings.synthetic_allowed),
    )
