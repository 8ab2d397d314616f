"""A fitted model of any tree family: the library's own answers beside the flat arrays that are served and explained."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.shapley import Explainer, prepare, tree_contributions
from libs.quant.trees import TreeEnsemble
from services.training.learners.errors import ModelTooLargeError
from services.training.learners.learner import Rows, SavedModel, Scale
from services.training.learners.onnx_files import trees_to_onnx

MOST_NODES: Final = 2_000_000
"""Nodes of all trees together: about 90 MB as ONNX, some hundred MB while training."""

ROUNDS_BETWEEN: Final = 25


@dataclass(frozen=True, kw_only=True, eq=False)
class TreeModel:
    """A forest or a booster. `library` answers with the training library itself; `ensemble` holds the same trees.

    `library_precision` is the relative precision of the numbers the library adds up in.
    """

    ensemble: TreeEnsemble
    library: Callable[[Rows], NDArray[np.float64]]
    scale: Scale
    epochs: int
    library_precision: float = float(np.finfo(np.float64).eps)
    warnings: tuple[str, ...] = ()
    best_epoch: int | None = None

    @property
    def rounding(self) -> float:
        """Half the precision for each addend, the worst case of a sum that grows no larger than its end (Higham 2002, section 4.2)."""
        return self.library_precision / 2 * self.ensemble.n_trees / self.ensemble.n_outputs

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        """Return the library's answer (rows, outputs)."""
        return self.library(rows)

    def explain(self, rows: Rows, *, outputs: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return path-dependent TreeSHAP values of the chosen outputs, and their base values."""
        return tree_contributions(self._explainer, narrow(rows), outputs)

    @cached_property
    def _explainer(self) -> Explainer:
        return prepare(self.ensemble)

    def save(self) -> SavedModel:
        """Write the served and the explained model from the same arrays."""
        return SavedModel(onnx=trees_to_onnx(self.ensemble), explanation=self.ensemble.to_bytes(), explainer="trees", scale=self.scale)


def check_size(nodes: float) -> None:
    """Raise ModelTooLargeError when there are more nodes than can be served."""
    if nodes > MOST_NODES:
        msg = (
            f"The model has more than {MOST_NODES:,} nodes, which is more than can be served: "
            "lower n_estimators, max_depth or the number of leaves, or raise the rows a leaf keeps"
        )
        raise ModelTooLargeError(msg, details={"hyperparameters": [msg]})


class SizeWatch:
    """Looks at a booster's size now and then while it grows; the rounds between are taken to be as large as the one looked at."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._nodes = 0

    def due(self, index: int) -> bool:
        """Whether the round of this index is looked at."""
        return index % ROUNDS_BETWEEN == 0

    def see(self, index: int, *, nodes: int) -> None:
        """Count the round's nodes. Raises ModelTooLargeError."""
        self._nodes += nodes * min(ROUNDS_BETWEEN, self._rounds - index)
        check_size(self._nodes)


def narrow(rows: Rows) -> NDArray[np.float32]:
    """Return the rows in the precision that trees are grown, served and explained in."""
    return rows.astype(np.float32)
