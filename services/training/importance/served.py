"""A trained version as it is served: its answers, and what each feature contributes to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.quant.calibration_maps import calibration_in
from libs.quant.candles import Floats
from libs.quant.linear import LinearModel
from libs.quant.shapley import prepare, tree_contributions
from libs.quant.shapley_coalitions import Coalitions
from libs.quant.trees import TreeEnsemble
from services.training.learners.learner import Inputs, SavedModel
from services.training.learners.manifest import FORMATS
from services.training.learners.parity import serve


@dataclass(frozen=True, slots=True, eq=False)
class ServedVersion:
    """A version's files, and the manifest that names them."""

    manifest: Mapping[str, Any]
    saved: SavedModel

    @property
    def features(self) -> tuple[str, ...]:
        """What it looks at, in the order of its columns."""
        return tuple(self.manifest["features"])

    @property
    def steps(self) -> int:
        """How many bars in a row it looks at; 0 for one that looks at single bars."""
        return int(self.manifest.get("sequence_length") or 0)

    def scores(self, rows: Inputs) -> Floats:
        """Return what is served (rows, outputs)."""
        return serve(self.saved, rows=rows)

    def contributions(self, rows: Floats) -> Floats:
        """Return the SHAP values (rows, features) of the output that is answered; `rows` may be windows (rows, steps, features)."""
        scores = self.scores(rows)
        chances = self.saved.calibration.of_scores(scores, scale=self.saved.scale) if self.saved.calibration else scores
        outputs: NDArray[np.int64] = chances.argmax(axis=1)
        if self.saved.explainer == "linear":
            return LinearModel.from_bytes(self.saved.explanation).contributions(rows, outputs)[0]
        if self.saved.explainer == "trees":
            return tree_contributions(prepare(self.trees()), rows.astype(np.float32), outputs)[0]
        found = Coalitions.from_bytes(self.saved.explanation, evaluate=self.scores)
        return found.contributions(rows, outputs=outputs, served=scores[np.arange(len(scores)), outputs])[0]

    def trees(self) -> TreeEnsemble:
        """Return the trees of a version that is made of such."""
        return TreeEnsemble.from_bytes(self.saved.explanation)


def load_served(artifact: str, *, artifacts: Artifacts) -> ServedVersion:
    """Read a version's files. Raise InvalidError where they are gone or of another format, UnavailableError while the store is away."""
    try:
        manifest: Mapping[str, Any] = orjson.loads(artifacts.get(artifact))
        if manifest["format"] not in FORMATS:
            message = f"The version is of a format that this release does not read: {manifest['format']}."
            raise InvalidError(message)
        onnx, explanation = (artifacts.get(manifest["files"][name]["sha256"]) for name in ("model.onnx", "explain.npz"))
    except ArtifactMissingError as error:
        message = "The version's files are no longer there: look at the one that serves now."
        raise InvalidError(message) from error
    saved = SavedModel(
        onnx=onnx, explanation=explanation, explainer=manifest["explainer"], scale=manifest["scale"], calibration=calibration_in(manifest)
    )
    return ServedVersion(manifest, saved)
