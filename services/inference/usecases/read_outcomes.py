"""Say what became of predictions, by the candles that came."""

from dataclasses import dataclass
from typing import Protocol

from libs.contracts.outcomes import Came, Outcomes, ReadOutcomes
from services.inference.domain.ports import Models


class After(Protocol):
    """Who has the candles."""

    async def after(self, ask: ReadOutcomes, *, barrier: float | None) -> tuple[Came, ...]:
        """Return what came after each moment. Raise InvalidError for an unknown symbol."""
        ...


@dataclass(frozen=True, slots=True)
class FindOutcomes:
    """How a version's classes are told apart stands in its manifest."""

    models: Models
    candles: After

    async def __call__(self, ask: ReadOutcomes) -> Outcomes:
        """Return the outcomes. Raise ArtifactMissingError, ModelUnreadableError or InvalidError."""
        model = await self.models.get(ask.artifact)
        return Outcomes(outcomes=await self.candles.after(ask, barrier=model.barrier))
