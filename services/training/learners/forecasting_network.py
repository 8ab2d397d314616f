"""TFT, N-HiTS and DeepAR from windows to forecasts: scaling, the library's network and the way back in one module, so that it is one file.

Everything is relative to the window itself: returns over its own volatility go in, cumulative log returns come out. A price level is never
seen, so a forecast of returns does not depend on it.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn

from services.training.learners.forecasting_library import make_library_network
from services.training.learners.forecasting_shape import Shape

SAMPLES: Final = 64
"""Paths that DeepAR draws for a forecast; they are the same for every window, and spread evenly over the normal distribution."""
SAMPLES_SEED: Final = 0
STILL: Final = 1e-6
"""Volatility of a close that does not move."""
FARTHEST: Final = 8.0
"""Standard deviations beyond which a feature is cut off."""


class Forecaster(nn.Module):
    """Windows (rows, encoder_length, columns) in float64 to quantiles of cumulative log returns (rows, horizon, levels)."""

    mean: Tensor
    spread: Tensor
    codes: Tensor
    noise: Tensor
    walk: Tensor

    def __init__(self, shape: Shape, *, mean: Any, spread: Any) -> None:
        super().__init__()
        self.shape = shape
        self.library = make_library_network(shape)
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float64))
        self.register_buffer("spread", torch.tensor(spread, dtype=torch.float64))
        self.register_buffer("codes", torch.tensor(shape.columns.codes, dtype=torch.float64))
        walk = torch.zeros(()) if shape.kind == "DEEPAR" else _walk(shape.horizon, levels=shape.levels)
        self.register_buffer("walk", walk)
        self.register_buffer("noise", _even_noise(SAMPLES, shape.horizon) if shape.kind == "DEEPAR" else torch.zeros(0))

    @property
    def autoregressive(self) -> bool:
        """Whether it forecasts one bar's return after the other."""
        return self.shape.kind == "DEEPAR"

    @property
    def work(self) -> int:
        """About how many multiplications the forecast of one window takes."""
        shape = self.shape
        times = {"TFT": shape.encoder_length + shape.horizon, "NHITS": 1, "DEEPAR": shape.encoder_length + shape.horizon * SAMPLES}
        size: int = sum(weights.numel() for weights in self.library.parameters())
        return times[shape.kind] * size

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the median simple return over the whole horizon, (rows, 1), and all quantiles of cumulative log returns."""
        inputs, volatility = self.inputs(x)
        if self.autoregressive:
            quantiles = self._sampled(inputs) * volatility[:, None, None]
        else:
            # Quantiles that cross are put in order (Chernozhukov, Fernández-Val & Galichon 2010).
            quantiles = (self.library(inputs)["prediction"] + self.walk).sort(dim=-1).values * self.scale(volatility)[:, None, None]
        median = quantiles[:, -1, self.shape.levels.index(0.5)]
        return (torch.exp(median) - 1.0)[:, None], quantiles

    def loss(self, windows: Tensor, paths: Tensor) -> Tensor:
        """Return the library's loss of cumulative log returns (rows, horizon), in volatilities, averaged."""
        inputs, volatility = self.inputs(windows)
        if self.autoregressive:
            returns = torch.diff(paths, dim=1, prepend=torch.zeros_like(paths[:, :1])) / volatility[:, None]
            # The library reads the true return of the bar before from the decoder's target.
            inputs["decoder_cont"] = torch.cat((returns[..., None], inputs["decoder_cont"][..., 1:]), dim=2)
            target = returns
        else:
            # What the network says is what a random walk's quantiles lack, so that intervals are of the right size from the start.
            target = paths / self.scale(volatility)[:, None]
        found: Tensor = self.library.loss.loss(self.library(inputs)["prediction"] + self.walk, target)
        return found.mean()

    def scale(self, volatility: Tensor) -> Tensor:
        """Return how far the close is expected to move over the horizon: as a random walk does."""
        return volatility * math.sqrt(self.shape.horizon)

    def inputs(self, windows: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Return what the library's networks take, and the volatility of one bar in each window, (rows,)."""
        shape, columns = self.shape, self.shape.columns
        returns = windows[..., columns.own]
        volatility = (returns * returns).mean(dim=1).sqrt().clamp(min=STILL)
        features = ((windows - self.mean) / self.spread).clamp(-FARTHEST, FARTHEST)[..., list(columns.others)]
        past, ahead = self._calendar(windows[..., columns.calendar])
        if self.autoregressive:
            own = returns / volatility[:, None]
            # It needs the same inputs before and after now; of features only their last value is known then.
            carried = features[:, -1:].expand(-1, shape.horizon, -1)
        else:
            # Where the close stood relative to its last: what the bars after took it there from.
            own = (torch.cumsum(returns, dim=1) - returns.sum(dim=1, keepdim=True)) / (volatility * math.sqrt(shape.encoder_length))[
                :, None
            ]
            carried = torch.zeros_like(features[:, -1:]).expand(-1, shape.horizon, -1)
        unknown = torch.zeros_like(ahead[..., :1])
        category = self._category(windows)
        return {
            "encoder_cont": torch.cat((own[..., None], features, past), dim=2).float(),
            "decoder_cont": torch.cat((unknown, carried, ahead), dim=2).float(),
            "encoder_cat": category[:, None, None].expand(-1, shape.encoder_length, 1),
            "decoder_cat": category[:, None, None].expand(-1, shape.horizon, 1),
            "encoder_lengths": torch.full_like(category, shape.encoder_length),
            "decoder_lengths": torch.full_like(category, shape.horizon),
            "target_scale": torch.stack((torch.zeros_like(volatility), torch.ones_like(volatility)), dim=1).float(),
        }, volatility.float()

    def _category(self, windows: Tensor) -> Tensor:
        """Return each window's symbol as a category (rows,); 0 for one that is not told apart."""
        place = self.shape.columns.symbol
        if place is None:
            return torch.zeros_like(windows[:, -1, 0]).long()
        same: Tensor = torch.eq(windows[:, -1, place, None], self.codes)
        return (same.long() * torch.arange(1, len(self.shape.columns.codes) + 1)).sum(dim=1)

    def _calendar(self, column: Tensor) -> tuple[Tensor, Tensor]:
        """Return step, sine and cosine of the calendar for the bars of the window and for those to come, as they are known now.

        The days to come are counted on; a market that had no bar on a weekend in the window has none then. Holidays are not known.
        """
        shape, columns = self.shape, self.shape.columns
        steps = torch.arange(1, shape.horizon + 1, dtype=column.dtype)
        now = column[:, -1:]
        if columns.pace is None:
            week = torch.where(column.amax(dim=1, keepdim=True) > 4.5, 7.0, 5.0)  # noqa: PLR2004 - 5 is Saturday
            ahead = now + steps
            ahead = ahead - torch.floor(ahead / week) * week
        else:
            ahead = now + steps * columns.pace
        return self._turned(column, first=1.0 - shape.encoder_length), self._turned(ahead, first=1.0)

    def _turned(self, column: Tensor, *, first: float) -> Tensor:
        turn = column * (2 * math.pi / self.shape.columns.cycle)
        step = torch.arange(column.shape[1], dtype=column.dtype) + first
        step = (step / self.shape.encoder_length).expand_as(column)
        return torch.stack((step, torch.sin(turn), torch.cos(turn)), dim=2)

    def _sampled(self, inputs: dict[str, Tensor]) -> Tensor:
        """Return quantiles (rows, horizon, levels) of DeepAR's paths, in volatilities."""
        library, past = self.library, inputs["encoder_cont"]
        # As the library encodes, whose own way (an assignment into its input) cannot be exported: each bar's return is given with the next.
        _, state = library.rnn(torch.cat((past[:, :-1, :1], past[:, 1:, 1:]), dim=2))
        state = tuple(_each_for_all_samples(each, dim=1) for each in state)
        ahead = _each_for_all_samples(inputs["decoder_cont"][..., 1:], dim=0)
        latest = past[:, -1, :1].expand(-1, SAMPLES)
        gone, path = torch.zeros_like(latest), []
        for step in range(self.shape.horizon):
            given = torch.cat((latest.reshape(-1, 1), ahead[:, step]), dim=1)[:, None]
            found, state = library.decode_all(given, state)
            found = found.reshape(-1, SAMPLES, 2)
            latest = found[..., 0] + nn.functional.softplus(found[..., 1]) * self.noise[:, step]
            gone = gone + latest
            path.append(gone)
        return _quantiles(torch.stack(path, dim=1), levels=self.shape.levels)


def _each_for_all_samples(values: Tensor, *, dim: int) -> Tensor:
    """Repeat each row `SAMPLES` times, one after the other."""
    return values.unsqueeze(dim + 1).expand(*([-1] * (dim + 1)), SAMPLES, *([-1] * (values.dim() - dim - 1))).flatten(dim, dim + 1)


def _quantiles(samples: Tensor, *, levels: Sequence[float]) -> Tensor:
    """Return quantiles of (rows, steps, samples) by linear interpolation (Hyndman & Fan 1996, type 7)."""
    ordered = samples.sort(dim=-1).values
    found = []
    for level in levels:
        place = level * (SAMPLES - 1)
        below = min(int(place), SAMPLES - 2)
        share = place - below
        found.append(ordered[..., below] * (1 - share) + ordered[..., below + 1] * share)
    return torch.stack(found, dim=-1)


def _walk(steps: int, *, levels: Sequence[float]) -> Tensor:
    """Return the quantiles (steps, levels) of a random walk whose last step has the standard deviation 1."""
    normal = torch.special.ndtri(torch.tensor(levels, dtype=torch.float64))
    spread = torch.sqrt(torch.arange(1, steps + 1, dtype=torch.float64) / steps)
    found: Tensor = (spread[:, None] * normal).to(torch.float32)
    return found


def _even_noise(samples: int, steps: int) -> Tensor:
    """Return standard normal numbers (samples, steps): in each step one from the middle of each of `samples` equally likely strata.

    Steps are put in orders of their own, so that they are unrelated (Latin hypercube, McKay et al. 1979).
    """
    middles = (torch.arange(samples, dtype=torch.float64) + 0.5) / samples
    normal = torch.special.ndtri(middles).to(torch.float32)
    random = torch.Generator().manual_seed(SAMPLES_SEED)
    return torch.stack([normal[torch.randperm(samples, generator=random)] for _ in range(steps)], dim=1)
