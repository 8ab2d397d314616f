"""Make the search that somebody asks for: its space, its objectives and its model on a dataset, all problems told at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from libs.contracts.envelope import JsonObject
from libs.contracts.training import TrainingSpec
from libs.contracts.tuning import Pruner, Sampler, TrialStopping, TuneSpec
from services.gateway.domain.experiments.errors import UnsearchableError
from services.gateway.domain.experiments.experiment import Asked
from services.gateway.domain.experiments.space import SPACE, check_search, read_objectives, read_space
from services.gateway.domain.models.errors import NoDataError, UntrainableError
from services.gateway.domain.models.model import Model
from services.gateway.domain.problems import Problems
from services.gateway.usecases.jobs.train_on_dataset import TrainingWish, TrainOnDataset

# What the fields of a training are called in a request for a search.
CALLED: Final = {
    "training_config.symbols": "dataset_id",
    "training_config.timeframe": "dataset_id",
    "target_variable": "target",
    "hyperparameters": "parameters",
    "algorithm": "model_type",
    "model_type": "target",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchWish:
    """What is to be searched: ranges by the names given, objectives as triples of field, metric and direction (None: the metric's own)."""

    dataset_id: str
    space: Mapping[str, Mapping[str, Any]]
    objectives: Sequence[tuple[str, str, str | None]]
    max_trials: int
    parallel_trials: int
    sampler: Sampler = "tpe"
    pruner: Pruner = "none"
    seed: int = 42
    holdout: float = 0.2
    validation: JsonObject | None = None
    early_stopping: TrialStopping | None = None


@dataclass(frozen=True, slots=True)
class PlanSearch:
    """A model, a dataset and a wish make a search; nothing is kept."""

    train: TrainOnDataset

    async def __call__(
        self, model: Model, wish: SearchWish, *, experiment_id: str, account_id: str, problems: Problems
    ) -> tuple[TuneSpec, Asked]:
        """Return the search and what it was asked for; `problems` are those that are known already.

        Raise UnsearchableError with all that is wrong; DatasetNotFoundError, NoCandlesOfDatasetError or DatasetNotReadyError.
        """
        base = model.market
        space, wrong = read_space(base.algorithm, wish.space, model_type=base.model_type)
        objectives, more = read_objectives(wish.objectives, model_type=base.model_type)
        problems = problems | wrong | more
        if not problems:
            problems = check_search(space, objectives, sampler=wish.sampler, pruner=wish.pruner)
        trained = await self._base(model, wish, account_id=account_id, problems=problems)
        if problems or trained is None:
            raise UnsearchableError(problems)
        fixed = {name: value for name, value in trained.hyperparameters.items() if name not in space.ranges}
        spec = TuneSpec(
            experiment_id=experiment_id,
            base=trained.model_copy(update={"hyperparameters": fixed}),
            space=dict(space.ranges),
            objectives=objectives,
            max_trials=wish.max_trials,
            parallel_trials=wish.parallel_trials,
            sampler=wish.sampler,
            pruner=wish.pruner,
            seed=wish.seed,
            holdout=wish.holdout,
            early_stopping=wish.early_stopping,
        )
        single = len(objectives) == 1
        asked = Asked(
            dataset_id=wish.dataset_id,
            space={name: dict(each) for name, each in wish.space.items()},
            names=dict(space.names),
            metric=wish.objectives[0][1] if single else None,
            direction=objectives[0].direction if single else None,
            validation=wish.validation,
        )
        return spec, asked

    async def _base(self, model: Model, wish: SearchWish, *, account_id: str, problems: Problems) -> TrainingSpec | None:
        """Return what each trial trains, but for what is searched; add what is wrong with it to the problems."""
        config = {"validation": wish.validation} if wish.validation is not None else {}
        try:
            return await self.train.spec(model, TrainingWish(dataset_id=wish.dataset_id, config=config), account_id=account_id)
        except (UntrainableError, NoDataError) as error:
            problems |= {_called(field): texts for field, texts in error.details.items()}
            return None


def _called(field: str) -> str:
    return CALLED.get(field, field.removeprefix("training_config.")) if not field.startswith(SPACE) else field
