"""The space that a tuning searches: each hyperparameter as Optuna draws it, as the learner takes it, and as a place between 0 and 1."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from libs.chassis.errors import InvalidError
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.tuning import SearchRange

Raw: TypeAlias = HyperparameterValue
"""A value as Optuna draws it: a place among `values` where there are such, else the value itself."""
Point: TypeAlias = Mapping[str, HyperparameterValue]
GRID_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Dimension:
    """One hyperparameter. Numbers that are listed keep their order: a sampler knows that 64 lies between 32 and 128."""

    name: str
    asked: SearchRange

    @property
    def listed(self) -> tuple[HyperparameterValue, ...]:
        """The values of a list, numbers in order; empty where a range is searched."""
        values = tuple(self.asked.values or ())
        return tuple(sorted(values)) if self.is_ordered and values else values  # type: ignore[type-var]  # ordered ones are numbers

    @property
    def is_ordered(self) -> bool:
        """Whether one value can lie between two others."""
        return self.asked.type != "categorical"

    @property
    def least(self) -> HyperparameterValue:
        """The first value of a list, the least of a range."""
        if self.listed:
            return self.listed[0]
        low, _ = self._range()
        return int(low) if self.asked.type == "int" else low

    def distribution(self) -> BaseDistribution:
        """Return what Optuna draws from."""
        if not self.is_ordered:
            return CategoricalDistribution(self.listed)
        if self.listed:
            return IntDistribution(0, len(self.listed) - 1)
        low, high = self._range()
        if self.asked.type == "int":
            return IntDistribution(int(low), int(high), log=self.asked.log, step=int(self.asked.step or 1))
        return FloatDistribution(low, high, log=self.asked.log, step=self.asked.step)

    def value_of(self, raw: Raw) -> HyperparameterValue:
        """Return the hyperparameter of what Optuna has drawn."""
        if not self.is_ordered or not self.listed:
            return raw
        assert isinstance(raw, int)
        return self.listed[raw]

    def place_of(self, value: HyperparameterValue) -> float:
        """Return where a value lies between the least, 0, and the greatest, 1: by rank in a list, by logarithm where `log` is asked."""
        if self.listed:
            return self.listed.index(value) / max(len(self.listed) - 1, 1)
        low, high = self._range()
        assert isinstance(value, int | float)
        if high == low:
            return 0.0
        if self.asked.log:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)

    def value_at(self, place: float) -> float:
        """Return the number at a place of a range: what `place_of` tells the place of."""
        low, high = self._range()
        return low * (high / low) ** place if self.asked.log else low + place * (high - low)

    def raws(self) -> tuple[Raw, ...]:
        """Return every value that a grid has of it, as Optuna draws them. Raise InvalidError for a range without steps."""
        if not self.is_ordered:
            return self.listed
        if self.listed:
            return tuple(range(len(self.listed)))
        low, high = self._range()
        if self.asked.type == "int":
            return tuple(range(int(low), int(high) + 1, int(self.asked.step or 1)))
        if not self.asked.step:
            msg = f"{self.name}: a grid needs its `values`, or a `step`; a range alone has no end of points"
            raise InvalidError(msg, details={f"hyperparameter_space.{self.name}": [msg]})
        steps = math.floor((high - low) / self.asked.step + 1e-9)
        return tuple(low + at * self.asked.step for at in range(steps + 1))

    def _range(self) -> tuple[float, float]:
        assert self.asked.min is not None
        assert self.asked.max is not None
        return self.asked.min, self.asked.max


@dataclass(frozen=True, slots=True)
class Space:
    """All hyperparameters that are searched."""

    dimensions: tuple[Dimension, ...]

    @classmethod
    def of(cls, asked: Mapping[str, SearchRange]) -> "Space":
        """Return the space as it was asked for."""
        return cls(tuple(Dimension(name, each) for name, each in asked.items()))

    @property
    def names(self) -> tuple[str, ...]:
        """The hyperparameters' names, in the order in which they were asked for."""
        return tuple(each.name for each in self.dimensions)

    def distributions(self) -> dict[str, BaseDistribution]:
        """Return what Optuna draws from, by name."""
        return {each.name: each.distribution() for each in self.dimensions}

    def point_of(self, raws: Mapping[str, Raw]) -> dict[str, HyperparameterValue]:
        """Return the hyperparameters of what Optuna has drawn."""
        return {each.name: each.value_of(raws[each.name]) for each in self.dimensions}

    def places_of(self, points: Sequence[Point]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Return where points lie in the unit cube, (points, dimensions); unordered ones by their rank in the list."""
        return np.array([[each.place_of(point[each.name]) for each in self.dimensions] for point in points]).reshape(len(points), -1)

    def grid(self, *, seed: int) -> list[dict[str, Raw]]:
        """Return every point of the grid in an order that the seed decides, so that a grid left early was spread over the space.

        Raise InvalidError for a range without steps, or more than `GRID_MOST` points.
        """
        axes = [each.raws() for each in self.dimensions]
        count = math.prod(len(axis) for axis in axes)
        if count > GRID_MOST:
            msg = f"The grid has {count:,} points; at most {GRID_MOST:,} are walked. Leave values out, or choose another sampler"
            raise InvalidError(msg, details={"hyperparameter_space": [msg]})
        points = list(self._product(axes))
        return [points[at] for at in np.random.default_rng(seed).permutation(len(points)).tolist()]

    def _product(self, axes: Sequence[Sequence[Raw]]) -> Iterator[dict[str, Raw]]:
        return (dict(zip(self.names, each, strict=True)) for each in product(*axes))
