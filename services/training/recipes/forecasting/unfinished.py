"""How far the two fits of a forecaster have come, kept so that a later attempt does no fit again that has ended."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.forecasting import ForecastingManifest
from services.training.learners.progress import Checkpoints
from services.training.learners.run_card import canonical_json
from services.training.learners.unfinished import Arrays, Memory

TRIAL: Final = "trial"
BEGUN: Final = "begun"


@dataclass(frozen=True, slots=True)
class FitsMemory:
    """Where a fit to the first `end` periods is kept, with what a trial fit before it has told (`trial`); the trial's own has none.

    There is one place for both, so that what the trial told goes along with all that is kept of the fit after it.
    """

    memory: Memory
    trial: JsonObject | None = None

    @classmethod
    def of(
        cls, checkpoints: Checkpoints | None, *, manifest: ForecastingManifest, end: int, data: str, say: Callable[[str], None]
    ) -> Self | None:
        """Return the memory of the fit to the first `end` periods of what hashes to `data`; None without checkpoints."""
        if checkpoints is None:
            return None
        everything = {"manifest": manifest.model_dump(mode="json"), "end": end, "data": data}
        return cls(Memory(checkpoints, hashlib.sha256(canonical_json(everything)).hexdigest(), say))

    def told(self) -> JsonObject | None:
        """Return what a trial before this fit has told, in this attempt or another."""
        found = self.memory.recall()
        return None if found is None else found[0].get(TRIAL)

    def after(self, trial: JsonObject) -> "FitsMemory":
        """Keep what a trial has told, and return the memory of the fit after it."""
        if self.told() != trial:
            self.memory.keep({TRIAL: trial}, dict, anyway=True)
        return FitsMemory(Memory(self.memory.checkpoints, self.memory.key, self.memory.tell), trial)

    def recall(self) -> tuple[dict[str, Any], Arrays] | None:
        """Return what this fit kept last; None where it had not begun."""
        found = self.memory.recall()
        return found if found is not None and found[0].get(BEGUN) else None

    def keep(self, about: Mapping[str, Any], arrays: Callable[[], Arrays]) -> None:
        """Replace what was kept, unless that was a moment ago."""
        self.memory.keep({**about, TRIAL: self.trial, BEGUN: True}, arrays)

    def tell(self, words: str, /) -> None:
        """Say to the job's owner that a fit goes on."""
        self.memory.tell(words)
