"""N-HiTS of pytorch-forecasting (Challu et al. 2023): one network for all series. Imports PyTorch, which takes seconds."""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import torch
from pytorch_forecasting import NHiTS
from pytorch_forecasting.data.encoders import TorchNormalizer
from pytorch_forecasting.metrics import MAE
from safetensors import torch as safetensors
from torch import nn

from libs.contracts.manifests.forecasting import NhitsHyperparameters
from libs.quant.candles import Floats, Integers
from services.training.learners.epochs import EpochLoop, Patience, in_batches
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.learner import OnEpoch
from services.training.learners.run_card import canonical_json
from services.training.learners.unfinished import FitMemory
from services.training.recipes.forecasting.forecaster import STATE, filled_by_season
from services.training.recipes.forecasting.panel import Panel

NETWORK: Final = "network.safetensors"
WINDOWS_LEAST: Final = 32
SET_ASIDE: Final = 0.15
"""Share of the latest origins that are set aside to stop early by."""
CLIP: Final = 1.0
CALENDAR: Final = ("sine", "cosine")


@dataclass(frozen=True, slots=True)
class Shape:
    """Enough to build the network again."""

    encoder_length: int
    horizon: int
    covariates: int
    hidden_size: int
    dropout: float


@dataclass(frozen=True, slots=True, eq=False)
class Nhits:
    """A trained network, and by what its covariates are scaled: means and spreads (covariates,)."""

    net: nn.Module
    shape: Shape
    means: Floats
    spreads: Floats
    epochs: int
    notes: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls,
        panel: Panel,
        *,
        end: int,
        horizon: int,
        settings: NhitsHyperparameters,
        seed: int,
        on_epoch: OnEpoch,
        memory: FitMemory | None = None,
    ) -> "Nhits":
        """Learn from windows that end before `end` and have no gap, epoch by epoch; with a `memory` it goes on where an attempt before was.

        Raise NotEnoughDataError where windows are too few.
        """
        shape = Shape(
            _encoder(panel, horizon=horizon, settings=settings), horizon, len(panel.covariates), settings.hidden_size, settings.dropout
        )
        means, spreads = _scales(panel.known[:, :end])
        windows = _Windows(panel, shape=shape, means=means, spreads=spreads)
        learned, held = windows.parts(end=end, stops=settings.early_stopping_patience is not None)
        torch.manual_seed(seed)
        net = make_network(shape)
        optimizer = torch.optim.AdamW(net.parameters(), lr=settings.learning_rate)
        patience = Patience(most=settings.max_epochs, stop_after=settings.early_stopping_patience)
        loop = EpochLoop(net, optimizer, patience, seed=seed, memory=memory)
        course = loop.run(
            _Passes(net, optimizer=optimizer, windows=windows, parts=(learned, held), size=settings.batch_size), on_epoch=on_epoch
        )
        notes = (f"It learned from {len(learned):,} windows of {shape.encoder_length} periods in {course.done} epochs.",)
        return cls(net, shape, means, spreads, course.done, notes)

    @property
    def files(self) -> dict[str, bytes]:
        """Its weights as safetensors, and its shape and scales as JSON."""
        state = {"shape": asdict(self.shape), "means": self.means.tolist(), "spreads": self.spreads.tolist(), "epochs": self.epochs}
        weights = {name: each.contiguous() for name, each in self.net.state_dict().items()}
        return {NETWORK: safetensors.save(weights), STATE: canonical_json(state)}

    @classmethod
    def from_files(cls, state: Mapping[str, Any], *, weights: bytes) -> "Nhits":
        """Read what `files` has."""
        shape = Shape(**state["shape"])
        net = make_network(shape)
        net.load_state_dict(safetensors.load(weights))
        net.eval()
        return cls(net, shape, np.array(state["means"]), np.array(state["spreads"]), state["epochs"])

    @property
    def importance(self) -> dict[str, float]:
        """None."""
        return {}

    def forecast(self, panel: Panel, *, origin: int, horizon: int) -> Floats:
        """Return forecasts (nodes, horizon); a window with a gap is answered by one season before."""
        found = np.full((len(panel.nodes), horizon), np.nan)
        if origin < self.shape.encoder_length:
            return filled_by_season(found, panel, origin=origin)
        windows = _Windows(panel, shape=self.shape, means=self.means, spreads=self.spreads)
        nodes = np.arange(len(panel.nodes))
        inputs, size = windows.inputs(nodes, np.full(len(nodes), origin))
        whole = np.isfinite(size)
        if whole.any():
            with torch.no_grad():
                told = self.net({name: each[torch.from_numpy(whole)] for name, each in inputs.items()})["prediction"][..., 0]
            found[whole] = told.double().numpy() * size[whole, None]
        return filled_by_season(found, panel, origin=origin)


def make_network(shape: Shape) -> Any:
    """Return the library's network, its weights as torch's generator gives them."""
    known = [*CALENDAR, *(f"known_{place}" for place in range(shape.covariates))]
    with warnings.catch_warnings():
        # Lightning warns that losses are modules, whose parameters a checkpoint of its own would hold twice.
        warnings.filterwarnings("ignore", message="Attribute .* is an instance of `nn.Module`")
        return NHiTS(
            x_reals=["value", *known],
            time_varying_reals_encoder=["value", *known],
            time_varying_reals_decoder=known,
            context_length=shape.encoder_length,
            prediction_length=shape.horizon,
            hidden_size=shape.hidden_size,
            dropout=shape.dropout,
            loss=MAE(),
            output_size=1,
            # The scaling is ours: it sees and says what is scaled already.
            output_transformer=TorchNormalizer(method="identity"),
            dataset_parameters={"target": "value"},
            logging_metrics=nn.ModuleList([]),
        )


class _Windows:
    """Windows of a panel, each value relative to the mean absolute value of its own encoder."""

    def __init__(self, panel: Panel, *, shape: Shape, means: Floats, spreads: Floats) -> None:
        self._panel, self._shape = panel, shape
        known = (panel.known - means) / spreads
        # What is not known ahead is told as usual.
        self._known = np.where(np.isfinite(known), known, 0.0)

    def parts(self, *, end: int, stops: bool) -> tuple[Integers, Integers | None]:
        """Return windows (windows, 2) as node and origin to learn from, and the latest ones where it stops by these."""
        shape = self._shape
        origins = np.arange(shape.encoder_length, end - shape.horizon + 1)
        places = np.array([(node, origin) for origin in origins for node in range(len(self._panel.nodes)) if self._is_whole(node, origin)])
        if len(places) < WINDOWS_LEAST:
            msg = (
                f"{len(places)} windows of {shape.encoder_length} periods and {shape.horizon} ahead are too few, "
                f"{WINDOWS_LEAST} are needed: take a shorter encoder_length or another learner"
            )
            raise NotEnoughDataError(msg, details={"manifest.learner.hyperparameters.encoder_length": [msg]})
        if not stops:
            return places, None
        # A horizon apart, so that no value is both learned from and watched.
        begin = int(np.quantile(places[:, 1], 1 - SET_ASIDE))
        learned, held = places[places[:, 1] + shape.horizon <= begin], places[places[:, 1] >= begin]
        return (learned, held) if len(learned) >= WINDOWS_LEAST else (places, None)

    def inputs(self, nodes: Integers, origins: Integers) -> tuple[dict[str, torch.Tensor], Floats]:
        """Return what the library's network takes, and the size of each window (windows,): NaN for one with a gap."""
        shape, panel = self._shape, self._panel
        past = origins[:, None] + np.arange(-shape.encoder_length, 0)
        ahead = origins[:, None] + np.arange(shape.horizon)
        values = panel.values[nodes[:, None], past]
        size = np.abs(values).mean(axis=1)
        size = np.where(size > 0, size, np.nan)
        scaled = np.nan_to_num(values / size[:, None])
        encoder = np.concatenate([scaled[..., None], self._ahead(nodes, past)], axis=2)
        decoder = np.concatenate([np.zeros((*ahead.shape, 1)), self._ahead(nodes, ahead)], axis=2)
        count = len(nodes)
        return {
            "encoder_cont": torch.from_numpy(encoder).float(),
            "decoder_cont": torch.from_numpy(decoder).float(),
            "encoder_cat": torch.zeros(count, shape.encoder_length, 0, dtype=torch.long),
            "decoder_cat": torch.zeros(count, shape.horizon, 0, dtype=torch.long),
            "encoder_lengths": torch.full((count,), shape.encoder_length),
            "decoder_lengths": torch.full((count,), shape.horizon),
            "target_scale": torch.tensor([[0.0, 1.0]]).expand(count, 2),
        }, size

    def targets(self, nodes: Integers, origins: Integers, *, size: Floats) -> torch.Tensor:
        """Return what came (windows, horizon), in sizes."""
        came = self._panel.values[nodes[:, None], origins[:, None] + np.arange(self._shape.horizon)]
        return torch.from_numpy(came / size[:, None]).float()

    def _is_whole(self, node: int, origin: Any) -> bool:
        part = self._panel.values[node, origin - self._shape.encoder_length : origin + self._shape.horizon]
        return bool(np.isfinite(part).all() and part[: self._shape.encoder_length].any())

    def _ahead(self, nodes: Integers, periods: Integers) -> Floats:
        """Return the calendar and what is known (windows, periods, columns)."""
        turn = 2 * np.pi * self._panel.in_season(periods) / self._panel.season
        known = self._known[nodes[:, None], np.minimum(periods, self._known.shape[1] - 1)]
        return np.concatenate([np.sin(turn)[..., None], np.cos(turn)[..., None], known], axis=2)


class _Passes:
    """An epoch: mean absolute error of scaled values, clipped gradients. `parts` are the windows to learn from and those set aside."""

    def __init__(
        self, net: Any, *, optimizer: torch.optim.Optimizer, windows: _Windows, parts: tuple[Integers, Integers | None], size: int
    ) -> None:
        self._net, self._optimizer, self._windows = net, optimizer, windows
        self._learned, self._held = parts
        self._size = size

    def learn(self) -> tuple[float, None]:
        """Go over the windows once."""
        rows = len(self._learned)
        loss, _ = in_batches(rows, size=self._size, of=self._batch)
        return loss / rows, None

    def validate(self) -> float | None:
        """Return the loss on the windows set aside."""
        if self._held is None:
            return None
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(self._held), self._size):
                some = self._held[start : start + self._size]
                total += float(self._loss(some)) * len(some)
        return total / len(self._held)

    def watch(self) -> None:
        """Nothing is watched beside."""

    def _batch(self, places: torch.Tensor) -> tuple[float, int]:
        self._optimizer.zero_grad()
        loss = self._loss(self._learned[places.numpy()])
        loss.backward()  # type: ignore[no-untyped-call]  # torch is typed in part
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), CLIP)
        self._optimizer.step()
        return float(loss.detach()) * len(places), 0

    def _loss(self, places: Integers) -> torch.Tensor:
        inputs, size = self._windows.inputs(places[:, 0], places[:, 1])
        came = self._windows.targets(places[:, 0], places[:, 1], size=size)
        found: torch.Tensor = (self._net(inputs)["prediction"][..., 0] - came).abs().mean()
        return found


def _encoder(panel: Panel, *, horizon: int, settings: NhitsHyperparameters) -> int:
    return settings.encoder_length or max(2 * panel.season if panel.season * 2 <= panel.periods // 4 else 0, 2 * horizon)


def _scales(known: Floats) -> tuple[Floats, Floats]:
    """Return mean and spread of each covariate over all that is known of it: 0 and 1 where nothing is."""
    flat = known.reshape(known.shape[0] * known.shape[1], known.shape[2])
    some = np.isfinite(flat)
    count = np.maximum(some.sum(axis=0), 1)
    mean = np.where(some, flat, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(some, flat - mean, 0.0) ** 2).sum(axis=0) / count)
    return mean, np.where(spread > 0, spread, 1.0)
