"""SHAP values of a bounded sample of out-of-sample rows, output by output: what the summary plot shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.quant.candles import Floats
from libs.quant.windows import latest_of
from services.training.learners.learner import ExplainsEvery, Fitted, Inputs, Rows

MOST_ROWS: Final = 500


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedOutput:
    """One output explained: `name` is its class (None for a regression), `values` (rows, features) and `base` are on the model's scale."""

    name: str | None
    values: Floats
    base: float


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedSample:
    """The same rows (rows, features), of windows their newest bars, explained for each output."""

    rows: Rows
    outputs: tuple[ExplainedOutput, ...]


def explain_sample(fitted: Fitted, rows: Inputs, *, classes: Sequence[str] | None) -> ExplainedSample:
    """Explain each class, or the value of a regression, over at most `MOST_ROWS` evenly spaced rows."""
    some = rows[np.unique(np.linspace(0, rows.shape[0] - 1, MOST_ROWS).astype(int))]
    names: Sequence[str | None] = classes or (None,)
    if isinstance(fitted, ExplainsEvery):
        every, bases = fitted.explain_every(some)
        told = zip(names, every, bases.tolist(), strict=True)
        return ExplainedSample(latest_of(some), tuple(ExplainedOutput(name, values, base) for name, values, base in told))
    return ExplainedSample(latest_of(some), tuple(_explain(fitted, some, column=column, name=name) for column, name in enumerate(names)))


def _explain(fitted: Fitted, rows: Inputs, *, column: int, name: str | None) -> ExplainedOutput:
    values, base = fitted.explain(rows, outputs=np.full(rows.shape[0], column, dtype=np.int64))
    return ExplainedOutput(name, values, float(base[0]))
