"""Train a model on a dataset: its own parameters, those of this training over them, on the dataset's candles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from libs.contracts.gateway import ModelUpdated
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import Priority, TrainingSpec
from libs.market.own import OwnCatalogue
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.models.check_spec import AskedSpec, check_spec
from services.gateway.domain.models.drafts import OF_DATA, given_data, has_data
from services.gateway.domain.models.errors import NoDataError, UntrainableError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.models.target_words import names_horizon
from services.gateway.domain.work import Work
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.datasets.find_training_data import FindTrainingData, TrainingData
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.start_job import Started, StartJob
from services.gateway.usecases.models.try_again import try_again


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingWish:
    """What one training is to be like. Without a `dataset_id` it is on what the model was trained on before.

    `hyperparameters` are by the learner's names; `config` are keys of training_config that go over the model's own.
    """

    dataset_id: str | None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class TrainOnDataset:
    """The same work twice starts one job. The first dataset of a model is what other faces train it on; others are their job's."""

    models: Models
    find: FindTrainingData
    own: FindOwn
    start: StartJob
    clock: Clock
    synthetic_allowed: bool

    async def __call__(self, model_id: str, wish: TrainingWish, *, caller: Caller, work: Work) -> tuple[Started, TrainingSpec]:
        """Return the accepted job, and what it was asked.

        Raise UntrainableError with all that is wrong, by field of TrainingSpec; ModelNotFoundError, DatasetNotFoundError,
        NoCandlesOfDatasetError, DatasetNotReadyError or NoDataError; and what StartJob raises.
        """
        model = await self.models.get(model_id, account_id=caller.account_id)
        spec = await self.spec(model, wish, account_id=caller.account_id)
        order = Order(kind=JobKind.TRAIN, spec=spec, model_id=model_id, name=wish.name, priority=wish.priority)
        started = await self.start(order, caller=caller, work=work)
        if not has_data(model.market):
            await try_again(model_id, lambda: self._give_data(model_id, spec, account_id=caller.account_id))
        return started, spec

    async def spec(self, model: Model, wish: TrainingWish, *, account_id: str) -> TrainingSpec:
        """Return what a training of a model would be asked. Raise as above, but for what StartJob raises."""
        own = await self.own.newest(account_id)
        config: dict[str, Any] = dict(model.market.training_config)
        if wish.dataset_id is not None:
            data = await self.find(account_id, wish.dataset_id)
            _check_foremost(data, own)
            config = {name: value for name, value in config.items() if name not in OF_DATA}
            config |= {"symbols": list(data.symbols), "timeframe": data.timeframe}
        elif not has_data(model.market):
            raise NoDataError
        if names_horizon(model.market.target_variable):
            config.pop("horizon", None)  # In bars it depends on how long a candle is.
        config |= wish.config
        asked = AskedSpec(
            model_type=model.market.model_type,
            algorithm=model.market.algorithm,
            target_variable=model.market.target_variable,
            features=model.market.features,
            hyperparameters={**model.market.hyperparameters, **wish.hyperparameters},
            training_config=config,
        )
        spec, problems = check_spec(asked, synthetic_allowed=self.synthetic_allowed, own=own)
        if problems or spec is None:
            raise UntrainableError(problems)
        return spec

    async def _give_data(self, model_id: str, spec: TrainingSpec, *, account_id: str) -> None:
        model = await self.models.get(model_id, account_id=account_id)
        given = given_data(model, {name: spec.training_config[name] for name in OF_DATA & spec.training_config.keys()}, at=self.clock())
        if given is not model:
            await self.models.save(given, _told(given))


def _check_foremost(data: TrainingData, own: OwnCatalogue) -> None:
    """Raise UntrainableError where candles of another dataset go before these, as they are the account's own or come live."""
    for symbol in data.symbols:
        first = own.behind(symbol, timeframe=data.timeframe)
        if first is not None and first.dataset_id != data.dataset_id:
            there = f"{first.dataset_id} goes before it for {symbol} {data.timeframe}, wherever that symbol is used"
            why = f"{there}: train on that one, or send these candles under another symbol."
            raise UntrainableError({"dataset_id": [why]})


def _told(model: Model) -> ModelUpdated:
    return ModelUpdated(
        sequence=model.sequence,
        model_id=model.id,
        account_id=model.account_id,
        name=model.name,
        description=model.description,
        spec=model.market,
    )
