"""The check at save: the files answer as the trained model does, and its contributions add up to what the files answer."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.additivity import additivity_tolerance
from libs.quant.onnx_runtime import onnxruntime
from libs.quant.windows import Windows
from services.training.learners.errors import ArtifactMismatchError
from services.training.learners.learner import Fitted, Inputs, SavedModel

SAME_SCORES: Final = 1e-5
"""Largest difference between served and trained scores, relative to the larger of 1 and the largest score; the library's own
rounding comes on top."""

EXPLAINED_ROWS: Final = 64
TOGETHER: Final = 4096
"""Rows that the file is given at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How close the files are to the trained model, in the scores' own unit."""

    rows: int
    score_difference: float
    additivity_error: float

    def as_json(self) -> dict[str, float]:
        """Return the fields by name."""
        return asdict(self)


def check_parity(fitted: Fitted, *, saved: SavedModel, rows: Inputs) -> Parity:
    """Compare on these rows. Raises ArtifactMismatchError when the difference is more than rounding."""
    served = serve(saved, rows=rows)
    trained = fitted.scores(rows)
    difference = float(np.max(np.abs(served - trained)))
    if not difference <= (SAME_SCORES + fitted.rounding) * max(1.0, float(np.max(np.abs(trained)))):
        msg = f"The saved model's scores differ from the trained model's by up to {difference:.3g}"
        raise ArtifactMismatchError(msg)
    some = np.unique(np.linspace(0, rows.shape[0] - 1, EXPLAINED_ROWS).astype(int))
    outputs = served[some].argmax(axis=1)
    contributions, base = fitted.explain(rows[some], outputs=outputs)
    # Where sets of features are evaluated the sum is made of what was answered: here of the trained scores, which were compared just now.
    told = (trained if saved.explainer == "coalitions" else served)[some, outputs]
    errors = np.abs(base + contributions.sum(axis=1) - told)
    worst = float(np.max(errors))
    if not (errors <= additivity_tolerance(saved.explainer, scale=saved.scale, served=told)).all():
        msg = f"The contributions miss the served score by up to {worst:.3g}"
        raise ArtifactMismatchError(msg)
    return Parity(rows=rows.shape[0], score_difference=difference, additivity_error=worst)


def serve(saved: SavedModel, *, rows: Inputs) -> NDArray[np.float64]:
    """Return the ONNX file's scores (rows, outputs)."""
    return scores_of(open_session(saved.onnx), rows)[0]


def open_session(onnx: bytes) -> Any:
    """Open an ONNX file, to be run on one thread."""
    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def scores_of(session: Any, rows: Inputs, *, outputs: Sequence[str] = ("scores",)) -> list[NDArray[np.float64]]:
    """Return each of these outputs (rows, …)."""
    number = np.float64 if session.get_inputs()[0].type == "tensor(double)" else np.float32
    parts = [rows[start : start + TOGETHER] for start in range(0, rows.shape[0], TOGETHER)]
    given = [part.values() if isinstance(part, Windows) else part for part in parts]
    said = [session.run(list(outputs), {"x": part.astype(number)}) for part in given]
    return [np.concatenate(each).astype(np.float64) for each in zip(*said, strict=True)]
