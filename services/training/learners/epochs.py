"""Trains a network epoch by epoch: stops when it gets no better, keeps the best epoch, and goes on where an attempt before was."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from services.training.learners.errors import TrainingRefusedError
from services.training.learners.learner import Epoch, OnEpoch
from services.training.learners.together import go_apart, part_of, processes, summed
from services.training.learners.unfinished import Arrays, FitMemory

# One thread: a runner has one core, and sums keep their order, so that the same request gives the same numbers.
torch.set_num_threads(1)

SEEDS_APART: Final = 1_000_003
"""Between two trainings' seeds, so that their epochs' seeds do not meet."""


class Passes(Protocol):
    """What is done with a network in each epoch."""

    def learn(self) -> tuple[float, float | None]:
        """Go over the training rows once; return the mean loss on the way, and the accuracy of a classifier.

        What is drawn at random comes from torch's own generator, which is seeded anew for each epoch.
        """
        ...

    def validate(self) -> float | None:
        """Return the loss on the rows set aside to stop early; None without any."""
        ...

    def watch(self) -> tuple[float, float | None] | None:
        """Return loss and accuracy on the watched rows; None without any."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """When a fit ends, and when its steps become smaller: both by the loss on the rows set aside.

    It ends after `most` epochs, or after `stop_after` that were not lower by more than `min_delta`; None: never earlier. After
    `shrink_after` such epochs the learning rate is multiplied by `factor`, down to `lowest_rate`; None: it stays as it is.
    """

    most: int
    stop_after: int | None
    min_delta: float = 0.0
    shrink_after: int | None = None
    factor: float = 0.5
    lowest_rate: float = 0.0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Patience":
        """Return what a network's hyperparameters say."""
        return cls(
            most=int(settings["max_epochs"]),
            stop_after=settings["early_stopping_patience"],
            min_delta=float(settings.get("early_stopping_min_delta", 0.0)),
            shrink_after=settings.get("lr_plateau_patience"),
            factor=float(settings.get("lr_plateau_factor", 0.5)),
            lowest_rate=float(settings.get("lr_minimum", 0.0)),
        )

    def plateau(self, optimizer: torch.optim.Optimizer) -> ReduceLROnPlateau | None:
        """Return what makes the optimiser's steps smaller; None where nothing does."""
        if self.shrink_after is None:
            return None
        return ReduceLROnPlateau(
            optimizer,
            factor=self.factor,
            patience=self.shrink_after,
            threshold=self.min_delta,
            threshold_mode="abs",
            min_lr=min(self.lowest_rate, optimizer.param_groups[0]["lr"]),
        )


@dataclass(slots=True)
class Course:
    """How a fit went so far. `best_loss` is the lowest on the rows set aside."""

    done: int = 0
    best_epoch: int = 0
    best_loss: float = math.inf

    def is_over(self, *, patience: int | None, most: int) -> bool:
        """Whether all epochs are done, or `patience` of them were no better."""
        return self.done >= most or (patience is not None and self.done - self.best_epoch >= patience)


@dataclass(slots=True)
class EpochLoop:
    """Runs epochs. At the end the network has the weights of the best epoch: the last one, when nothing is set aside."""

    net: torch.nn.Module
    optimizer: torch.optim.Optimizer
    patience: Patience
    seed: int
    memory: FitMemory | None = None
    course: Course = field(default_factory=Course)
    _best: dict[str, Any] = field(default_factory=dict)
    _plateau: ReduceLROnPlateau | None = None

    def __post_init__(self) -> None:
        self._plateau = self.patience.plateau(self.optimizer)

    def run(self, passes: Passes, *, on_epoch: OnEpoch) -> Course:
        """Train to the end. Raises TrainingRefusedError when the loss is no number any more."""
        self._recall()
        while not self.course.is_over(patience=self.patience.stop_after, most=self.patience.most):
            number = self.course.done + 1
            # Each epoch has a seed of its own, so that an attempt that goes on here draws what this one would have drawn.
            torch.manual_seed(self.seed * SEEDS_APART + number)
            self.net.train()
            loss, accuracy = passes.learn()
            self.net.eval()
            held = passes.validate()
            _check(loss if held is None else loss + held, number=number)
            self._note(number, held=held)
            shown_loss, shown_accuracy = passes.watch() or (loss, accuracy)
            best = self.course.best_epoch
            on_epoch(
                Epoch(number=number, total=self.patience.most, loss=shown_loss, accuracy=shown_accuracy, validation_loss=held, best=best)
            )
            self._keep()
        self.net.load_state_dict(self._best)
        self.net.eval()
        return self.course

    def _note(self, number: int, *, held: float | None) -> None:
        self.course.done = number
        if held is not None and self._plateau is not None:
            self._plateau.step(held)
        if held is None or held < self.course.best_loss - (self.patience.min_delta if self.course.best_epoch else 0.0):
            self.course.best_epoch = number
            self.course.best_loss = self.course.best_loss if held is None else held
            self._best = {name: value.clone() for name, value in self.net.state_dict().items()}

    def _keep(self) -> None:
        if self.memory is not None:
            best = self.course.best_loss
            about: dict[str, Any] = {
                "done": self.course.done,
                "best_epoch": self.course.best_epoch,
                "best_loss": best if math.isfinite(best) else None,
            }
            if self._plateau is not None:
                state = self._plateau.state_dict()
                about["plateau"] = {name: state[name] for name in ("best", "num_bad_epochs", "last_epoch", "_last_lr")}
            self.memory.keep(about, self._arrays)

    def _arrays(self) -> Arrays:
        arrays = {f"net/{name}": value for name, value in self.net.state_dict().items()}
        arrays |= {f"best/{name}": value for name, value in self._best.items()}
        for place, state in self.optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{place}/{name}": value for name, value in state.items()}
        return {name: value.detach().cpu().numpy() for name, value in arrays.items()}

    def _recall(self) -> None:
        found = self.memory.recall() if self.memory is not None else None
        if self.memory is None or found is None:
            return
        about, arrays = found
        self.course = Course(about["done"], about["best_epoch"], math.inf if about["best_loss"] is None else about["best_loss"])
        self.net.load_state_dict(_part(arrays, "net/"))
        self._best = _part(arrays, "best/")
        states: dict[int, dict[str, Any]] = {}
        for name, value in _part(arrays, "optimizer/").items():
            place, _, key = name.partition("/")
            states.setdefault(int(place), {})[key] = value
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": states})
        if self._plateau is not None and "plateau" in about:
            self._plateau.load_state_dict(about["plateau"])
            for group, rate in zip(self.optimizer.param_groups, about["plateau"]["_last_lr"], strict=True):
                group["lr"] = rate
        self.memory.tell(f"Goes on after epoch {self.course.done}, which the attempt before had reached")


def in_batches(rows: int, *, size: int, of: Callable[[torch.Tensor], tuple[float, int]]) -> tuple[float, int]:
    """Draw the rows in random order, batch by batch; `of` learns from a batch and returns the sum of its losses and its hits.

    Where several processes fit together, each learns from its part of every batch. Returns the sums over all rows.
    """
    order = torch.randperm(rows)
    go_apart()
    total, hits = 0.0, 0
    for start in range(0, rows, size):
        batch = order[start : start + size]
        if len(batch) >= processes():
            loss, right = of(part_of(batch))
            total, hits = total + loss, hits + right
    joined = summed(total, hits)
    return joined[0], int(joined[1])


def _part(arrays: Arrays, prefix: str) -> dict[str, Any]:
    # A copy: numpy's array lies in the file's memory, and torch would write into it.
    return {name.removeprefix(prefix): torch.tensor(value) for name, value in arrays.items() if name.startswith(prefix)}


def _check(loss: float, *, number: int) -> None:
    if not math.isfinite(loss):
        msg = f"The loss is not a finite number any more after epoch {number}: lower learning_rate or gradient_clip"
        raise TrainingRefusedError(msg, details={"hyperparameters": [msg]})
