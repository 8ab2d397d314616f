"""TFT, NHITS and DEEPAR: forecasters of the close with intervals. Imports PyTorch and pytorch-forecasting, which takes seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from libs.contracts.hyperparameters import HyperparameterValue
from libs.quant.candles import Floats
from libs.quant.shapley_coalitions import MOST_SETS, Coalitions
from libs.quant.windows import Windows
from services.training.learners.epochs import EpochLoop, Patience, in_batches
from services.training.learners.forecasting_columns import Columns
from services.training.learners.forecasting_network import Forecaster
from services.training.learners.forecasting_shape import Kind, Shape, levels_of
from services.training.learners.learner import OnEpoch, Sample, SavedModel, Scale
from services.training.learners.networks import EXPLAINING, STILL_BETTER, set_aside
from services.training.learners.together import join_gradients
from services.training.learners.torch_onnx import network_to_onnx
from services.training.learners.unfinished import Memory

TOGETHER: Final = 1024
"""Windows that a network is asked about at once."""
HIDDEN_SYMBOLS: Final = 0.1
"""Share of the training windows whose symbol is hidden, so that there is something to say of symbols that were not trained on."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedForecaster:
    """A trained network; `background` (1, steps, columns) stands for unknown features."""

    net: Forecaster
    background: Floats
    epochs: int
    best_epoch: int
    warnings: tuple[str, ...] = ()

    @property
    def scale(self) -> Scale:
        """Simple returns over the horizon."""
        return "value"

    @property
    def rounding(self) -> float:
        """A float32 rounding each step, as the worst case."""
        return float(np.finfo(np.float32).eps) * (self.net.shape.encoder_length + self.net.shape.horizon)

    @property
    def parameters(self) -> int:
        """How many numbers it has learned."""
        return sum(each.numel() for each in self.net.parameters())

    def scores(self, rows: Windows) -> Floats:
        """Return the median of the return over the horizon (rows, 1)."""
        return np.concatenate([self.evaluate(part.values())[0] for part in _parts(rows)])

    def quantiles(self, rows: Windows) -> Floats:
        """Return quantiles of the cumulative log return up to each bar of the horizon (rows, horizon, levels)."""
        return np.concatenate([self.evaluate(part.values())[1] for part in _parts(rows)])

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantiles that it says."""
        return self.net.shape.levels

    def paths(self, rows: Windows) -> Floats:
        """Return the cumulative log returns that came (rows, horizon)."""
        return paths_ahead(rows, horizon=self.net.shape.horizon, own=self.net.shape.columns.own)

    def explain(self, rows: Windows, *, outputs: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return Shapley values of whole columns (rows, columns) against the background, and the base values."""
        return self._coalitions.contributions(rows.values(), outputs=outputs, served=self.scores(rows)[:, 0])

    def standard_error(self, rows: Windows, *, outputs: NDArray[np.int64]) -> float | None:
        """Return what contributions may be off by where not every set of columns is evaluated; else None."""
        return self._coalitions.standard_error(rows.values(), outputs=outputs, served=self.scores(rows)[:, 0])

    def save(self) -> SavedModel:
        """Write the network as ONNX, and the background that it is explained against."""
        onnx = network_to_onnx(self.net, inputs={"x": self.background.shape[1:]}, outputs=("scores", "quantiles"))
        return SavedModel(
            onnx=onnx,
            explanation=self._coalitions.to_bytes(),
            explainer="coalitions",
            scale=self.scale,
            sequence_length=self.net.shape.encoder_length,
            forecast={"horizon": self.net.shape.horizon, "levels": list(self.net.shape.levels)},
        )

    @cached_property
    def _coalitions(self) -> Coalitions:
        most = min(MOST_SETS, EXPLAINING // self.net.work)
        return Coalitions.of(self.background, evaluate=lambda windows: self.evaluate(windows)[0], most_sets=most)

    def evaluate(self, windows: Floats) -> tuple[Floats, Floats]:
        """Return scores and quantiles of windows (rows, steps, columns)."""
        with torch.no_grad():
            scores, quantiles = self.net(torch.from_numpy(np.ascontiguousarray(windows)))
        return scores.double().numpy(), quantiles.double().numpy()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastLearner:
    """A network that forecasts the next `horizon` bars. With a `memory` its fit goes on where an attempt before was."""

    kind: Kind
    hyperparameters: Mapping[str, HyperparameterValue]
    columns: Columns
    horizon: int
    memory: Memory | None = None

    def remembering(self, memory: Memory) -> "ForecastLearner":
        """Return the learner with a memory for its next fit."""
        return replace(self, memory=memory)

    def fit(self, training: Sample, *, watched: Sample | None, on_epoch: OnEpoch) -> FittedForecaster:
        """Train epoch by epoch. Raises NotEnoughDataError when too few rows are left to learn from and to stop by."""
        settings: Any = self.hyperparameters
        patience = settings["early_stopping_patience"]
        learned, held = (training, None) if patience is None else set_aside(training, share=settings["validation_fraction"])
        bars = learned.rows.covered
        spread = bars.std(axis=0)
        torch.manual_seed(settings["random_state"])
        net = Forecaster(self._shape(), mean=bars.mean(axis=0), spread=np.where(spread > 0, spread, 1.0))
        optimizer = torch.optim.AdamW(net.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"])
        passes = _Passes(net, optimizer=optimizer, settings=settings, samples=(learned, held, watched))
        limits = Patience.of(settings)
        loop = EpochLoop(net, optimizer, limits, seed=settings["random_state"], memory=self.memory)
        course = loop.run(passes, on_epoch=on_epoch)
        growing = patience is not None and course.best_epoch == limits.most
        warnings = (STILL_BETTER.format(limits.most),) if growing else ()
        background = typical_window(learned.rows, columns=self.columns)
        return FittedForecaster(net=net, background=background, epochs=course.done, best_epoch=course.best_epoch, warnings=warnings)

    def _shape(self) -> Shape:
        settings: Any = self.hyperparameters
        return Shape(
            kind=self.kind,
            columns=self.columns,
            encoder_length=settings["encoder_length"],
            horizon=self.horizon,
            levels=levels_of(settings["interval_level"]),
            hidden_size=settings["hidden_size"],
            layers=settings.get("num_layers", 1),
            dropout=float(settings["dropout"]),
            attention_head_size=settings.get("attention_head_size", 1),
        )


class _Passes:
    """An epoch of a forecaster: the library's loss, clipped gradients."""

    def __init__(
        self,
        net: Forecaster,
        *,
        optimizer: torch.optim.Optimizer,
        settings: Mapping[str, Any],
        samples: tuple[Sample, Sample | None, Sample | None],
    ) -> None:
        self._net, self._optimizer, self._settings = net, optimizer, settings
        self._learned, self._held, self._watched = samples

    def learn(self) -> tuple[float, None]:
        """Go over the training windows once."""
        rows = len(self._learned)
        loss, _ = in_batches(rows, size=int(self._settings["batch_size"]), of=self._batch)
        return loss / rows, None

    def validate(self) -> float | None:
        """Return the loss on the rows set aside."""
        return None if self._held is None else self._loss(self._held)

    def watch(self) -> tuple[float, float | None] | None:
        """Return the loss on the watched rows."""
        return None if self._watched is None else (self._loss(self._watched), None)

    def _batch(self, places: torch.Tensor) -> tuple[float, int]:
        windows, paths = self._tensors(self._learned.rows[places.numpy()])
        symbol = self._net.shape.columns.symbol
        if symbol is not None:
            windows[torch.rand(len(windows)) < HIDDEN_SYMBOLS, :, symbol] = 0.0
        self._optimizer.zero_grad()
        loss = self._net.loss(windows, paths)
        loss.backward()  # type: ignore[no-untyped-call]  # torch is typed in part
        join_gradients(self._net, rows=len(places))
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), self._settings["gradient_clip"])
        self._optimizer.step()
        return float(loss.detach()) * len(places), 0

    def _loss(self, sample: Sample) -> float:
        total = 0.0
        with torch.no_grad():
            for part in _parts(sample.rows):
                total += float(self._net.loss(*self._tensors(part))) * len(part)
        return total / len(sample)

    def _tensors(self, rows: Windows) -> tuple[torch.Tensor, torch.Tensor]:
        shape = self._net.shape
        paths = paths_ahead(rows, horizon=shape.horizon, own=shape.columns.own)
        return torch.from_numpy(rows.values()), torch.from_numpy(paths).float()


def paths_ahead(rows: Windows, *, horizon: int, own: int) -> Floats:
    """Return the cumulative log returns of the bars after each window, (rows, horizon), from the column of one-bar log returns.

    Rows of a table have a whole horizon ahead in their own segment.
    """
    return np.cumsum(rows.bars[rows.last[:, None] + np.arange(1, horizon + 1), own], axis=1)


def typical_window(rows: Windows, *, columns: Columns) -> Floats:
    """Return the window that stands for what is not known, (1, steps, columns): mean features, a close that goes to and fro as usual.

    Its symbol is none that is told apart.
    """
    bars = rows.covered
    window: Floats = np.broadcast_to(bars.mean(axis=0), (1, *rows.shape[1:])).copy()
    to_and_fro = np.where(np.arange(rows.steps) % 2, 1.0, -1.0)
    window[0, :, columns.own] = to_and_fro * bars[:, columns.own].std()
    if columns.symbol is not None:
        window[0, :, columns.symbol] = 0.0
    return window


def _parts(rows: Windows) -> list[Windows]:
    return [rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)]
