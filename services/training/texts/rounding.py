"""A network in int8, for serving: written, compared with what was trained on the validation rows, and kept only where it answers alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.text_precision import Int8Parity, Precision
from libs.contracts.texts import INT8, ONNX, TextResult
from libs.quant.calibration import chances_of
from services.training.texts.measuring import measure
from services.training.texts.onnx_files import INPUTS, OUTPUT, write_int8
from services.training.texts.saving import open_onnx
from services.training.texts.tokens import Integers, Tokens

FEWEST_ROWS: Final = 30
"""Fewer say little of how alike two models answer."""
MOST_ROWS: Final = 1000
"""Of more, so many are compared, spread evenly."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Held:
    """Rows that were held back: numbers in `tokens`, the trained network's logits (rows, labels), true labels, and the temperature."""

    rows: Integers
    logits: Floats
    truth: Integers
    temperature: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounded:
    """Whether int8 is served; what it was compared by, and why it is not served."""

    parity: Int8Parity | None = None
    reason: str | None = None

    @property
    def is_served(self) -> bool:
        """Whether the file is there and answers alike."""
        return self.parity is not None and self.reason is None


def round_network(folder: Path, *, tokens: Tokens, held: Held) -> Rounded:
    """Write the int8 form of a folder's ONNX file beside it, and compare the two; a form that does not answer alike is removed."""
    if len(held.rows) < FEWEST_ROWS:
        return Rounded(reason=f"Comparing int8 takes {FEWEST_ROWS} validation rows, and there are {len(held.rows)}: fp32 is served.")
    path = folder / INT8
    write_int8(folder / ONNX, path)
    parity = _compared(path, tokens=tokens, held=held)
    if not parity.problems:
        return Rounded(parity=parity)
    path.unlink()
    return Rounded(parity=parity, reason=f"fp32 is served, as int8 does not answer alike: {' '.join(parity.problems)}")


def with_precision(result: TextResult, rounded: Rounded) -> TextResult:
    """Return a result with what is known of int8, and why it is not served where it is not."""
    network = result.method is not None
    served: Precision = "int8" if rounded.is_served else "fp32" if network else "fp64"
    told = {"served_precision": rounded.reason} if network and rounded.reason else {}
    reasons = result.reasons | told | ({"int8": rounded.reason or ""} if rounded.parity is None else {})
    return result.model_copy(update={"served_precision": served, "int8": rounded.parity, "reasons": reasons})


def _compared(path: Path, *, tokens: Tokens, held: Held) -> Int8Parity:
    some = np.unique(np.linspace(0, len(held.rows) - 1, min(MOST_ROWS, len(held.rows))).astype(np.int64))
    session, said = open_onnx(path), np.zeros((len(some), held.logits.shape[1]))
    for place, row in enumerate(held.rows[some]):  # A text at a time, as it is served.
        said[place] = session.run([OUTPUT], dict(zip(INPUTS, tokens.batch(np.array([row])), strict=True)))[0][0]
    trained, rounded = (chances_of(each, temperature=held.temperature) for each in (held.logits[some], said))
    moved, truth = np.abs(trained - rounded), held.truth[some]
    return Int8Parity(
        rows=len(some),
        max_probability_difference=float(moved.max()),
        mean_probability_difference=float(moved.mean()),
        agreement=float((trained.argmax(axis=1) == rounded.argmax(axis=1)).mean()),
        macro_f1=measure(truth, trained)[0]["macro_f1"] or 0.0,
        macro_f1_int8=measure(truth, rounded)[0]["macro_f1"] or 0.0,
    )
