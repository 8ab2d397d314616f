"""What a run has finished, kept so that a later attempt does not do it again: the fit of a training, and the folds of a backtest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from libs.contracts.recipe_runs import RecipeFold, RecipeModelManifest, RecipeRunSpec
from services.training.learners.progress import Checkpoints
from services.training.learners.run_card import canonical_json
from services.training.learners.unfinished import Memory
from services.training.recipes.family import Model
from services.training.recipes.saving import libraries


@dataclass(frozen=True, slots=True)
class Keeping:
    """A run's memory; one without `checkpoints` keeps nothing. What was kept under another `key` is passed over."""

    checkpoints: Checkpoints | None
    key: str

    @classmethod
    def of(cls, checkpoints: Checkpoints | None, *, spec: RecipeRunSpec, data_sha256: str) -> "Keeping":
        """Return the memory of a run of this spec over these rows."""
        told = {"manifest": spec.manifest, "family": spec.family, "type": spec.run_type.value, "data": data_sha256, "with": libraries()}
        return cls(checkpoints, hashlib.sha256(canonical_json(told)).hexdigest())

    def folds(self) -> list[RecipeFold]:
        """Return the folds that an attempt before has finished, in order."""
        state = None if self.checkpoints is None else self.checkpoints.load()
        if not state or state.get("key") != self.key:
            return []
        return [RecipeFold.model_validate(each) for each in state["folds"]]

    def keep_folds(self, folds: list[RecipeFold]) -> None:
        """Replace the folds that are kept."""
        if self.checkpoints is not None:
            self.checkpoints.save({"key": self.key, "folds": [each.model_dump(mode="json") for each in folds]})

    def fitted(self, spec: RecipeRunSpec) -> tuple[RecipeModelManifest, Mapping[str, bytes], tuple[str, ...]] | None:
        """Return the model that an attempt before has fitted: as a kept one is read, and what it noted; None without one."""
        found = self._memory.recall() if self.checkpoints is not None else None
        if found is None:
            return None
        about, arrays = found
        kept = RecipeModelManifest(
            family=spec.family,
            learner=str(about["learner"]),
            manifest=spec.manifest,
            features=tuple(about["features"]),
            numbers=about["numbers"],
        )
        return kept, {name: array.tobytes() for name, array in arrays.items()}, tuple(about["notes"])

    def keep_fitted(self, model: Model, *, learner: str) -> None:
        """Keep a model that was just fitted."""
        if self.checkpoints is not None:
            about: dict[str, Any] = {
                "learner": learner,
                "features": list(model.features),
                "numbers": model.numbers,
                "notes": list(model.notes),
            }
            self._memory.keep(about, lambda: {name: np.frombuffer(data, dtype=np.uint8) for name, data in model.files.items()}, anyway=True)

    @property
    def _memory(self) -> Memory:
        assert self.checkpoints is not None
        return Memory(self.checkpoints, self.key, lambda _: None)
