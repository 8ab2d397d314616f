"""How a network learns from texts, and how far it has come."""

import math
from dataclasses import dataclass, field
from typing import Any

from libs.contracts.texts import Epoch
from services.training.learners.unfinished import Arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a network learns. `half` is for a GPU; `patience` None: never ends early."""

    epochs: int
    batch: int
    accumulation: int
    rate: float
    warmup: float
    decay: float
    patience: int | None
    seed: int
    half: bool = False
    leaves_checkpoints: bool = False

    def rate_at(self, step: int, *, steps: int) -> float:
        """Return the rate of a step, from 0: it rises evenly over the first `warmup` of all steps, then falls evenly to zero."""
        rising = math.ceil(steps * self.warmup)
        return self.rate * ((step + 1) / rising if step < rising else (steps - step) / max(steps - rising, 1))


@dataclass(slots=True)
class Course:
    """How a fit went so far: `epochs` are finished, of the next one `groups` of batches; `loss` and `weight` are sums over these."""

    epochs: int = 0
    groups: int = 0
    step: int = 0
    loss: float = 0.0
    weight: float = 0.0
    best_epoch: int = 0
    best_f1: float = -1.0
    best_loss: float | None = None
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)

    def is_over(self, pace: Pace) -> bool:
        """Whether all epochs are done, or none of the last ones was better."""
        return self.epochs >= pace.epochs or (pace.patience is not None and self.is_exhausted(pace.patience))

    def is_exhausted(self, patience: int) -> bool:
        """Whether none of so many last epochs was better than one before."""
        return self.epochs - self.best_epoch >= patience


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told after a step; at the end of an epoch also what was measured, and the checkpoint: plain JSON and arrays."""

    epoch: int
    step: int
    steps: int
    train_loss: float
    rate: float
    ended: Epoch | None = None
    checkpoint: tuple[dict[str, Any], Arrays] | None = None


def steps_of(rows: int, pace: Pace) -> int:
    """Return how many steps all epochs over so many rows take."""
    return pace.epochs * math.ceil(math.ceil(rows / pace.batch) / pace.accumulation)
