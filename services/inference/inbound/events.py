"""What inference does about events: a new version is loaded before anybody asks for it, and a listed one's record is measured."""

from libs.chassis.bus.handlers import Facts
from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.contracts.listings import PerformanceRequested
from libs.contracts.training import TrainingCompleted
from services.inference.domain.ports import Models
from services.inference.usecases.measure_performance import MeasurePerformance


def make_facts(*, models: Models, measure: MeasurePerformance) -> Facts:
    """Bind each event to its use case."""
    facts = Facts()
    facts.on(PerformanceRequested)(measure)

    @facts.on(TrainingCompleted)
    async def on_training_completed(event: TrainingCompleted) -> None:
        try:
            await models.get(event.artifact.sha256)
        except PlatformError as error:
            # Warming is a kindness: whoever asks for the model hears the error itself.
            log().warning("a new version was not warmed", model_id=event.model_id, error=error.message)

    return facts
