"""The networks that classify windows of bars, or say a value: recurrent ones, a transformer encoder, and the average of several."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import torch

from libs.contracts.algorithms_torch import NetworkName
from libs.quant.candles import Floats

POSITIONS_SPREAD: Final = 0.02
"""Standard deviation of the positions before they are learned, as of all weights in BERT (Devlin et al. 2019)."""


@dataclass(frozen=True, slots=True)
class Values:
    """The mean and the standard deviation of the values that a network learns from; the latter is 1 where they do not vary."""

    mean: float
    spread: float

    @classmethod
    def of(cls, targets: Floats) -> "Values":
        """Return those of targets (rows,)."""
        return cls(float(targets.mean()), float(targets.std()) or 1.0)


class SequenceNet(torch.nn.Module):
    """Windows (rows, steps, features) in float64 to a margin a class (rows, classes), whose mean over the classes is 0, or to a value.

    It standardises by what the training rows have, and reads the answer off the last step's hidden units. A value (rows, 1) is in float64:
    the network learns it less the mean of the `values`, in their standard deviations.
    """

    dropout: torch.nn.Module
    head: torch.nn.Module

    def __init__(self, *, mean: Floats, spread: Floats, values: Values | None = None) -> None:
        super().__init__()
        self.values = values
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float64))
        self.register_buffer("spread", torch.tensor(spread, dtype=torch.float64))

    def forward(self, x: Any) -> Any:
        """Return the margins, or the value."""
        margins = self.head(self.dropout(self.last(((x - self.mean) / self.spread).to(torch.float32))))
        if self.values is not None:
            return margins.to(torch.float64) * self.values.spread + self.values.mean
        return centred(margins)

    def last(self, standard: Any) -> Any:
        """Return the last step's hidden units (rows, hidden_size) of standardised windows."""
        raise NotImplementedError

    def work(self, *, steps: int) -> int:
        """Return how many multiplications a window of `steps` bars takes."""
        raise NotImplementedError


class RecurrentNet(SequenceNet):
    """LSTM (Hochreiter & Schmidhuber 1997) or GRU (Cho et al. 2014)."""

    def __init__(
        self, settings: Mapping[str, Any], *, cell: str, classes: int, mean: Floats, spread: Floats, values: Values | None
    ) -> None:
        super().__init__(mean=mean, spread=spread, values=values)
        size, layers, dropout = int(settings["hidden_size"]), int(settings["num_layers"]), float(settings["dropout"])
        between = dropout if layers > 1 else 0.0
        self.recurrent = getattr(torch.nn, cell)(len(mean), size, layers, batch_first=True, dropout=between)
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(size, classes or 1)

    def last(self, standard: Any) -> Any:
        """Return the last step's hidden units."""
        hidden, _ = self.recurrent(standard)
        return hidden[:, -1]

    def work(self, *, steps: int) -> int:
        """Return how many: each step multiplies by every weight."""
        return steps * sum(int(weights.numel()) for weights in self.recurrent.parameters())


class AttentionNet(SequenceNet):
    """A transformer encoder (Vaswani et al. 2017) with learned positions; each layer normalises before it attends (Xiong et al. 2020).

    Each bar attends to every other, to later ones too: the whole window is past when it is looked at, so no mask is needed to keep the
    future out. The norm that comes first makes it learn without a warm-up of the step size.
    """

    def __init__(
        self, settings: Mapping[str, Any], *, steps: int, classes: int, mean: Floats, spread: Floats, values: Values | None
    ) -> None:
        super().__init__(mean=mean, spread=spread, values=values)
        size, layers, dropout = int(settings["hidden_size"]), int(settings["num_layers"]), float(settings["dropout"])
        self.entry = torch.nn.Linear(len(mean), size)
        self.positions = torch.nn.Parameter(torch.randn(steps, size) * POSITIONS_SPREAD)
        # One by one: torch's own stack copies its first layer, so that all would begin alike.
        self.layers = torch.nn.Sequential(
            *(
                torch.nn.TransformerEncoderLayer(
                    size,
                    int(settings["nhead"]),
                    int(settings["dim_feedforward"]),
                    dropout,
                    activation="gelu",
                    batch_first=True,
                    norm_first=True,
                )
                for _ in range(layers)
            ),
            torch.nn.LayerNorm(size),
        )
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(size, classes or 1)

    def last(self, standard: Any) -> Any:
        """Return the last step's hidden units."""
        return self.layers(self.entry(standard) + self.positions)[:, -1]

    def work(self, *, steps: int) -> int:
        """Return how many: each step meets every weight, and in each layer every step, twice: whom it looks at, and what it sees there."""
        weights = sum(each.numel() for part in (self.entry, self.layers) for each in part.parameters())
        return steps * weights + (len(self.layers) - 1) * 2 * steps * steps * int(self.positions.shape[1])


class PooledNet(torch.nn.Module):
    """The average of calibrated networks: margins, as `SequenceNet` has them, whose softmax is the weighted mean of their probabilities.

    Each of the `members` counts with its weight, above 0 and 1 in sum, after its margins were divided by its temperature.
    """

    def __init__(self, members: Sequence[SequenceNet], *, temperatures: Sequence[float], weights: Sequence[float]) -> None:
        super().__init__()
        self.values: Values | None = None
        self.members = torch.nn.ModuleList(members)
        self.temperatures, self.logs = tuple(temperatures), tuple(map(math.log, weights))

    def forward(self, x: Any) -> Any:
        """Return the margins."""
        parts = zip(self.members, self.temperatures, self.logs, strict=True)
        told = [torch.log_softmax(member(x) / temperature, dim=1) + log for member, temperature, log in parts]
        return centred(torch.logsumexp(torch.stack(told), dim=0))

    def work(self, *, steps: int) -> int:
        """Add up what the members take."""
        return sum(member.work(steps=steps) for member in self.members if isinstance(member, SequenceNet))


Network: TypeAlias = SequenceNet | PooledNet


def make_network(
    name: NetworkName,
    settings: Mapping[str, Any],
    *,
    steps: int,
    classes: int,
    mean: Floats,
    spread: Floats,
    values: Values | None = None,
) -> SequenceNet:
    """Return the network before it has learned, of no `classes` one of `values`; its weights come from torch's own generator."""
    if name == "TRANSFORMER":
        return AttentionNet(settings, steps=steps, classes=classes, mean=mean, spread=spread, values=values)
    return RecurrentNet(settings, cell=name, classes=classes, mean=mean, spread=spread, values=values)


def centred(margins: Any) -> Any:
    """Return margins less their mean over the classes: softmax does not see what all share, so neither shall an explanation."""
    return margins - margins.mean(dim=1, keepdim=True)
