"""A backtest before it is accepted: the version that a model plays with, and how many configurations the account will have tried."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from libs.chassis.errors import InvalidError
from libs.contracts.backtests import BacktestSpec
from libs.contracts.ids import is_id
from libs.contracts.job_kinds import Cancelled, Completed, Failed
from libs.contracts.strategies import ModelStrategy
from libs.contracts.training import JobState
from libs.contracts.trials import tried_by
from services.gateway.domain.deployments.ports import Deployments
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.trials import Span, Trials
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.usecases.jobs.effects import Draft, Effects, Order


@dataclass(frozen=True, slots=True)
class PlayableModels:
    """Models whose signals may be played: a caller's own, and what is deployed for everybody."""

    models: Models
    deployments: Deployments

    async def find(self, reference: str, *, account_id: str, symbols: Sequence[str], timeframe: str) -> ModelStrategy:
        """Return the version that plays: of an own model (by its id or readable name) the one that serves, else the one that is deployed.

        What is deployed is looked for under the symbols that are played. Raise ModelNotFoundError, also for somebody else's model;
        ModelNotTrainedError; InvalidError for a model of other candles.
        """
        try:
            find = self.models.get if is_id(reference, prefix="model") else self.models.named
            model = await find(reference, account_id=account_id)
        except ModelNotFoundError:
            for symbol in symbols:
                active = (await self.deployments.get(symbol, timeframe)).active
                if active is not None and reference in {active.model_id, active.name}:
                    return ModelStrategy(model_id=active.model_id, version=active.version, artifact=active.artifact)
            raise
        version = model.serving
        if version.market.timeframe != timeframe:
            words = f"The model '{reference[:80]}' looks at candles of {version.market.timeframe}, not of {timeframe}."
            raise InvalidError(words, details={"timeframe": [words]})
        return ModelStrategy(model_id=model.id, version=version.name, artifact=version.artifact)


@dataclass(frozen=True, slots=True)
class PlayBacktest(Effects):
    """What it tries is written down before it is accepted, so that two at once count each other, and taken back where it shows nothing.

    What it needs to know is written into its spec, once and for all: the version that plays, and how many trials there are with it.
    """

    trials: Trials
    models: PlayableModels
    clock: Clock

    async def draft(self, order: Order, *, account_id: str) -> Draft:
        """Return the backtest of an order. Raise ModelNotFoundError, ModelNotTrainedError, InvalidError or UnavailableError."""
        assert isinstance(order.spec, BacktestSpec)
        spec = order.spec
        if isinstance(spec.strategy, ModelStrategy):
            symbols, timeframe = spec.all_symbols, spec.timeframe
            played = await self.models.find(spec.strategy.model_id, account_id=account_id, symbols=symbols, timeframe=timeframe)
            spec = spec.model_copy(update={"strategy": played})
        # The largest grid takes a twentieth of a second.
        tried = await asyncio.to_thread(tried_by, spec)
        return Draft(spec=spec, name=order.kind.noun, about={"model_id": order.model_id}, tried=tried)

    async def claim(self, draft: Draft, *, job_id: str, account_id: str) -> Draft:
        """Write down what it tries, and return the draft that says of how many trials that makes it one. Raise UnavailableError."""
        assert isinstance(draft.spec, BacktestSpec)
        assert draft.tried is not None
        span = Span(draft.spec.start_date, draft.spec.end_date)
        await self.trials.claim(draft.tried, span=span, account_id=account_id, job_id=job_id, at=self.clock())
        count = await self.trials.count(account_id, on=draft.tried.on, span=span)
        return replace(draft, spec=draft.spec.model_copy(update={"trials": max(count, 1)}))

    async def withdraw(self, job_id: str) -> None:
        """Take back what it was going to try. Raise UnavailableError."""
        await self.trials.withdraw(job_id)

    async def requested(self, job: Job) -> None:
        """Write down what it tries where nobody has: a release that does not do so has accepted it, or it was lost since."""
        await self.trials.follow(job.id)

    async def completed(self, event: Completed) -> None:
        """Keep what it has tried."""
        await self.trials.show(event.job_id)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:  # noqa: ARG002 - as others need it
        """Take back what it was going to try: it has shown nobody anything."""
        await self.trials.withdraw(event.job_id)

    async def stopped(self, job: Job) -> None:
        """Do the same, ahead of the event that tells it."""
        await self.trials.withdraw(job.id)
