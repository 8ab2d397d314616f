"""What inference does about events: a new version is loaded before anybody asks for it, a listed one's record is measured."""

from collections.abc import Sequence
from typing import Protocol

from libs.chassis.bus.handlers import Facts
from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.contracts.deployments import ModelDeployed
from libs.contracts.gateway import AccountErased
from libs.contracts.job_kinds import spec_as
from libs.contracts.jobs import JobCompleted
from libs.contracts.listings import PerformanceRequested
from libs.contracts.live import RefreshResult, RefreshSpec, candles_of
from libs.contracts.training import TrainingCompleted
from services.inference.domain.analyses import Deployments
from services.inference.domain.performance import LiveCandles
from services.inference.domain.ports import Models
from services.inference.usecases.measure_performance import MeasurePerformance


class Forgets(Protocol):
    """What keeps something of accounts."""

    async def forget(self, account_id: str) -> None:
        """Remove what is kept of an account; the second time there is nothing."""
        ...


def make_facts(*, models: Models, measure: MeasurePerformance, live: LiveCandles, forgetting: Sequence[Forgets]) -> Facts:
    """Bind each event to its use case; `forgetting` is all that keeps something of accounts."""
    facts = Facts()
    # It must not slow predictions down, and many at once must not keep what is deployed or erased waiting.
    facts.on(PerformanceRequested, one_by_one=True)(measure)

    @facts.on(TrainingCompleted)
    async def on_training_completed(event: TrainingCompleted) -> None:
        await warm(models, event.artifact.sha256, model_id=event.model_id)

    @facts.on(AccountErased)
    async def on_account_erased(event: AccountErased) -> None:
        for each in forgetting:
            await each.forget(event.account_id)

    @facts.on(JobCompleted)
    async def on_job_completed(event: JobCompleted) -> None:
        if (spec := spec_as(event, RefreshSpec)) is None:
            return
        candles = candles_of(spec, RefreshResult.model_validate(event.result))
        if candles is not None:
            await live.note(candles)

    return facts


def bind_deployments(facts: Facts, *, deployments: Deployments, models: Models) -> None:
    """Follow which models answer for which symbols."""

    @facts.on(ModelDeployed)
    async def on_model_deployed(event: ModelDeployed) -> None:
        await deployments.note(event)
        if event.is_active:
            await warm(models, event.artifact, model_id=event.model_id)


async def warm(models: Models, artifact: str, *, model_id: str) -> None:
    """Load a version before anybody asks for it."""
    try:
        await models.get(artifact)
    except PlatformError as error:
        # Warming is a kindness: whoever asks for the model hears the error itself.
        log().warning("a new version was not warmed", model_id=model_id, error=error.message)
