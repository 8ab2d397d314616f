"""What inference does about events: a new version is loaded before anybody asks for it, a listed one's record is measured."""

from collections.abc import Awaitable, Callable, Sequence

from libs.chassis.bus.handlers import Facts
from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.contracts.gateway import AccountErased
from libs.contracts.job_kinds import spec_as
from libs.contracts.jobs import JobCompleted
from libs.contracts.listings import PerformanceRequested
from libs.contracts.live import RefreshResult, RefreshSpec, candles_of
from libs.contracts.training import TrainingCompleted
from services.inference.domain.performance import LiveCandles
from services.inference.domain.ports import Models, PredictionLog
from services.inference.usecases.measure_performance import MeasurePerformance

Forget = Callable[[str], Awaitable[None]]


def make_facts(
    *, models: Models, measure: MeasurePerformance, live: LiveCandles, log_of_predictions: PredictionLog, forget: Sequence[Forget] = ()
) -> Facts:
    """Bind each event to its use case; `forget` removes what is kept of an account besides its predictions."""
    facts = Facts()
    facts.on(PerformanceRequested)(measure)

    @facts.on(TrainingCompleted)
    async def on_training_completed(event: TrainingCompleted) -> None:
        try:
            await models.get(event.artifact.sha256)
        except PlatformError as error:
            # Warming is a kindness: whoever asks for the model hears the error itself.
            log().warning("a new version was not warmed", model_id=event.model_id, error=error.message)

    @facts.on(AccountErased)
    async def on_account_erased(event: AccountErased) -> None:
        await log_of_predictions.forget(event.account_id)
        for each in forget:
            await each(event.account_id)

    @facts.on(JobCompleted)
    async def on_job_completed(event: JobCompleted) -> None:
        if (spec := spec_as(event, RefreshSpec)) is None:
            return
        candles = candles_of(spec, RefreshResult.model_validate(event.result))
        if candles is not None:
            await live.note(candles)

    return facts
