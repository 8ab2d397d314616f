"""A backtest before it is accepted: the version that a model plays with, and how many configurations the account will have tried."""

import asyncio
from dataclasses import dataclass

from libs.chassis.errors import InvalidError
from libs.contracts.backtests import BacktestSpec
from libs.contracts.strategies import ModelStrategy
from libs.contracts.trials import count_of, tried_by
from services.gateway.domain.jobs.trials import Span, Trials
from services.gateway.domain.models.playable import PlayableModel, PlayableModels
from services.gateway.domain.models.ports import Models
from services.gateway.usecases.jobs.effects import Draft, Effects, Order


@dataclass(frozen=True, slots=True)
class ServingModels:
    """Implements the port PlayableModels on the catalogue: the version that serves of a caller's own model."""

    models: Models

    async def find(self, reference: str, *, account_id: str) -> PlayableModel:
        """Return the version that serves. Raise ModelNotFoundError or ModelNotTrainedError."""
        model = await self.models.get(reference, account_id=account_id)
        version = model.serving
        return PlayableModel(model.id, version.name, version.artifact, version.spec.training_config.get("timeframe", "1d"))


@dataclass(frozen=True, slots=True)
class PlayBacktest(Effects):
    """It changes nothing but itself; what it needs to know is written into its spec, once and for all."""

    trials: Trials
    models: PlayableModels

    async def draft(self, order: Order, *, account_id: str) -> Draft:
        """Return the backtest of an order. Raise ModelNotFoundError, ModelNotTrainedError, InvalidError or UnavailableError."""
        assert isinstance(order.spec, BacktestSpec)
        spec = order.spec
        if isinstance(spec.strategy, ModelStrategy):
            spec = spec.model_copy(update={"strategy": await self._versioned(spec.strategy, spec=spec, account_id=account_id)})
        # The largest grid takes a twentieth of a second.
        tried = await asyncio.to_thread(tried_by, spec)
        before = await self.trials.of(account_id, on=tried.on, span=Span(spec.start_date, spec.end_date))
        spec = spec.model_copy(update={"trials": await asyncio.to_thread(count_of, tried.marks, *before)})
        return Draft(spec=spec, name=order.kind.noun, about={"model_id": order.model_id}, tried=tried)

    async def _versioned(self, strategy: ModelStrategy, *, spec: BacktestSpec, account_id: str) -> ModelStrategy:
        model = await self.models.find(strategy.model_id, account_id=account_id)
        if model.timeframe != spec.timeframe:
            words = f"The model '{strategy.model_id[:80]}' looks at candles of {model.timeframe}, not of {spec.timeframe}."
            raise InvalidError(words, details={"timeframe": [words]})
        return ModelStrategy(model_id=model.id, version=model.version, artifact=model.artifact)
