"""Models whose signals may be played: a caller's own, and those that answer for the whole platform."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PlayableModel:
    """A model's version that plays; `artifact` is the sha256 of its manifest."""

    id: str
    version: str
    artifact: str
    timeframe: str


class PlayableModels(Protocol):
    """Models by their id, or by a readable name where they have one."""

    async def find(self, reference: str, *, account_id: str) -> PlayableModel:
        """Return the version that serves. Raise ModelNotFoundError (also for somebody else's) or ModelNotTrainedError."""
