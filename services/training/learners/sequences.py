"""LSTM, GRU and TRANSFORMER: classes or values of windows of bars. Imports PyTorch, so only whoever makes such a learner imports this."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from libs.contracts.algorithms_torch import NetworkName
from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.candles import Floats
from libs.quant.shapley_coalitions import Coalitions
from libs.quant.windows import Windows
from services.training.learners.class_weights import class_weights
from services.training.learners.epochs import EpochLoop, Patience, in_batches
from services.training.learners.learner import OnEpoch, Sample, SavedModel, Scale, loss_of
from services.training.learners.networks import EXPLAINING, STILL_BETTER, set_aside
from services.training.learners.sequence_networks import Network, Values, make_network
from services.training.learners.together import join_gradients
from services.training.learners.torch_onnx import network_to_onnx
from services.training.learners.unfinished import FitMemory

TOGETHER: Final = 2048
"""Windows that a network is asked about at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedSequence:
    """A trained network; `steps` is the length of its windows, `background` what stands for unknown features (1, steps, features)."""

    net: Network
    steps: int
    background: Floats
    epochs: int
    best_epoch: int | None
    warnings: tuple[str, ...] = ()

    @property
    def scale(self) -> Scale:
        """Margins before softmax, or values."""
        return "log-odds" if self.net.values is None else "value"

    @property
    def rounding(self) -> float:
        """A float32 rounding each step, as the worst case."""
        return float(np.finfo(np.float32).eps) * self.steps

    @property
    def parameters(self) -> int:
        """How many numbers it has learned."""
        return sum(each.numel() for each in self.net.parameters())

    def scores(self, rows: Windows) -> Floats:
        """Return the network's margins (rows, classes), or values (rows, 1)."""
        parts = [rows[start : start + TOGETHER].values() for start in range(0, len(rows), TOGETHER)]
        return np.concatenate([self._answer(part) for part in parts])

    def explain(self, rows: Windows, *, outputs: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return Shapley values of whole features (rows, features) against the background, and the base values."""
        return self._coalitions.contributions(rows.values(), outputs=outputs, served=self._served(rows, outputs))

    def explain_every(self, rows: Windows) -> tuple[Floats, Floats]:
        """Return the same for every class, (classes, rows, features) and (classes,), for little more than for one."""
        return self._coalitions.every_output(rows.values(), served=self.scores(rows))

    def standard_error(self, rows: Windows, *, outputs: NDArray[np.int64]) -> float | None:
        """Return what contributions may be off by where not every set of features is evaluated; else None."""
        return self._coalitions.standard_error(rows.values(), outputs=outputs, served=self._served(rows, outputs))

    def save(self) -> SavedModel:
        """Write the network as ONNX, and the background that it is explained against."""
        onnx = network_to_onnx(self.net, inputs={"x": self.background.shape[1:]})
        return SavedModel(
            onnx=onnx, explanation=self._coalitions.to_bytes(), explainer="coalitions", scale=self.scale, sequence_length=self.steps
        )

    @cached_property
    def _coalitions(self) -> Coalitions:
        return Coalitions.of(self.background, evaluate=self._answer, most_sets=EXPLAINING // self.net.work(steps=self.steps))

    def _served(self, rows: Windows, outputs: NDArray[np.int64]) -> Floats:
        return np.asarray(np.take_along_axis(self.scores(rows), outputs[:, None], axis=1)[:, 0])

    def _answer(self, windows: Floats) -> Floats:
        with torch.no_grad():
            return np.asarray(self.net(torch.from_numpy(np.ascontiguousarray(windows))).numpy(), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceLearner:
    """A network that tells `classes` classes apart, or says values where there are none.

    With a `memory` its fit goes on where an attempt before was.
    """

    network: NetworkName
    hyperparameters: Mapping[str, HyperparameterValue]
    classes: int
    memory: FitMemory | None = None

    def remembering(self, memory: FitMemory) -> "SequenceLearner":
        """Return the learner with a memory for its next fit."""
        return replace(self, memory=memory)

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> FittedSequence:
        """Train epoch by epoch. Raises NotEnoughDataError when too few rows are left to learn from and to stop by."""
        settings: Any = self.hyperparameters
        patience = settings["early_stopping_patience"]
        learned, held = (training, None) if patience is None else set_aside(training, share=settings["validation_fraction"])
        bars = learned.rows.covered
        mean, spread = bars.mean(axis=0), bars.std(axis=0)
        torch.manual_seed(settings["random_state"])
        spread = np.where(spread > 0, spread, 1.0)
        net = make_network(
            self.network,
            settings,
            steps=learned.rows.steps,
            classes=self.classes,
            mean=mean,
            spread=spread,
            values=None if self.classes else Values.of(learned.targets),
        )
        optimizer = torch.optim.AdamW(net.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"])
        fitted = FittedSequence(net=net, steps=learned.rows.steps, background=typical_window(learned.rows), epochs=0, best_epoch=0)
        passes = _Passes(fitted, optimizer=optimizer, settings=settings, samples=(learned, held, watched), weights=self._weights(learned))
        limits = Patience.of(settings)
        loop = EpochLoop(net, optimizer, limits, seed=settings["random_state"], memory=self.memory)
        course = loop.run(passes, on_epoch=on_epoch)
        growing = patience is not None and course.best_epoch == limits.most
        return replace(
            fitted, epochs=course.done, best_epoch=course.best_epoch, warnings=(STILL_BETTER.format(limits.most),) if growing else ()
        )

    def _weights(self, learned: Sample) -> torch.Tensor | None:
        if not self.hyperparameters.get("class_weight"):
            return None
        weights = class_weights(learned.targets)
        return torch.tensor([weights.get(each, 1.0) for each in range(self.classes)], dtype=torch.float32)


class _Passes:
    """An epoch: cross entropy of a classifier, squared errors of values in their standard deviations, clipped gradients."""

    def __init__(
        self,
        fitted: FittedSequence,
        *,
        optimizer: torch.optim.Optimizer,
        settings: Mapping[str, Any],
        samples: tuple[Sample, Sample | None, Sample | None],
        weights: torch.Tensor | None,
    ) -> None:
        self._fitted, self._optimizer, self._settings, self._weights = fitted, optimizer, settings, weights
        self._learned, self._held, self._watched = samples

    def learn(self) -> tuple[float, float | None]:
        """Go over the training windows once."""
        rows = len(self._learned)
        loss, hits = in_batches(rows, size=int(self._settings["batch_size"]), of=self._batch)
        return loss / rows, hits / rows if self._fitted.net.values is None else None

    def validate(self) -> float | None:
        """Return the log loss, or the mean squared error, on the rows set aside."""
        return None if self._held is None else self._judged(self._held)[0]

    def watch(self) -> tuple[float, float | None] | None:
        """Return log loss and accuracy, or mean squared error and None, on the watched rows."""
        return None if self._watched is None else self._judged(self._watched)

    def _batch(self, places: torch.Tensor) -> tuple[float, int]:
        chosen = places.numpy()
        net = self._fitted.net
        targets = torch.from_numpy(self._learned.targets[chosen].astype(np.int64 if net.values is None else np.float64))
        margins = net(torch.from_numpy(self._learned.rows[chosen].values()))
        self._optimizer.zero_grad()
        self._loss(margins, targets, chosen).backward()  # type: ignore[no-untyped-call]  # in part
        join_gradients(net, rows=len(places))
        torch.nn.utils.clip_grad_norm_(net.parameters(), self._settings["gradient_clip"])
        self._optimizer.step()
        if net.values is not None:
            return float(((margins.detach()[:, 0] - targets) ** 2).sum()), 0
        plain = torch.nn.functional.cross_entropy(margins.detach(), targets, reduction="sum")
        return float(plain), int((margins.argmax(dim=1) == targets).sum())

    def _loss(self, margins: torch.Tensor, targets: torch.Tensor, chosen: NDArray[np.int64]) -> torch.Tensor:
        weights, values = self._learned.weights, self._fitted.net.values
        if values is not None:
            errors = ((margins[:, 0] - targets) / values.spread) ** 2
            return (errors if weights is None else errors * torch.from_numpy(weights[chosen])).mean()
        if weights is None:
            return torch.nn.functional.cross_entropy(margins, targets, weight=self._weights)
        each = torch.nn.functional.cross_entropy(margins, targets, weight=self._weights, reduction="none")
        return (each * torch.from_numpy(weights[chosen].astype(np.float32))).mean()

    def _judged(self, sample: Sample) -> tuple[float, float | None]:
        return loss_of(self._fitted.scores(sample.rows), sample.targets, scale=self._fitted.scale)


def typical_window(rows: Windows) -> Floats:
    """Return the window whose every bar has the training bars' mean features, (1, steps, features)."""
    return np.broadcast_to(rows.covered.mean(axis=0), (1, *rows.shape[1:])).copy()
