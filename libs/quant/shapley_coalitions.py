"""Shapley values of any model over its features as players: each feature known or unknown as a whole, with all of its steps in a window.

v(S) is the model's output when the features of S are as in the row and the others as in a fixed background (Lundberg & Lee 2017; with one
background window it is the baseline Shapley value of Sundararajan & Najmi 2020). Up to `EXACT_FEATURES` features every set is counted out
and the values are exact. Beyond it the marginal contributions are averaged along fixed pairs of orders, each with its reverse (Mitchell et
al. 2022, antithetic sampling): what they sum to is exact, how it is divided is an estimate.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Evaluate = Callable[[Floats], Floats]  # windows (n, steps, features) to outputs (n, outputs)

EXACT_FEATURES: Final = 10
ORDER_PAIRS: Final = 16
ORDERS_SEED: Final = 0
TOGETHER: Final = 4096
"""Windows that the model is given at once, which bounds memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Sets of known features and what each counts for: contributions are `weights` (features, sets) times v of `sets` (sets, features).

    The last two columns of `weights` are those of no feature and of all, which need no evaluation of their own.
    """

    sets: NDArray[np.bool_]
    weights: Floats

    @property
    def exact(self) -> bool:
        """Whether every set is there."""
        sets, features = self.sets.shape
        return bool(sets + 2 == 1 << features)


@dataclass(frozen=True, slots=True, eq=False)
class Coalitions:
    """Explains a model. `background` is (windows, steps, features), `base` (outputs,) the mean output over it."""

    background: Floats
    evaluate: Evaluate
    base: Floats
    plan: Plan

    @classmethod
    def of(cls, background: Floats, *, evaluate: Evaluate) -> Self:
        """Make a model ready to be explained; it is evaluated on the background."""
        return cls(background, evaluate, evaluate(background).mean(axis=0), plan_for(background.shape[2]))

    @classmethod
    def from_bytes(cls, data: bytes, *, evaluate: Evaluate) -> Self:
        """Read what `to_bytes` wrote. Raises KeyError when it is something else."""
        with np.load(BytesIO(data), allow_pickle=False) as file:
            return cls.of(np.asarray(file["background"], dtype=np.float64), evaluate=evaluate)

    def to_bytes(self) -> bytes:
        """Return the background as an .npz file."""
        file = BytesIO()
        np.savez_compressed(file, allow_pickle=False, background=self.background)
        return file.getvalue()

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return self.background.nbytes + self.plan.sets.nbytes + self.plan.weights.nbytes

    def contributions(self, windows: Floats, *, outputs: NDArray[np.int64], served: Floats) -> tuple[Floats, Floats]:
        """Return contributions (rows, features) and base values (rows,) of the output chosen for each row.

        `windows` is (rows, steps, features) and `served` (rows,) what the model answers for them in those outputs; base value plus
        contributions is that, to float64's rounding.
        """
        each = max(1, len(self.plan.sets) * len(self.background))
        at_once = max(1, TOGETHER // each)
        known = np.concatenate(
            [self._known(windows[start : start + at_once], outputs[start : start + at_once]) for start in range(0, len(windows), at_once)]
            or [np.zeros((0, len(self.plan.sets)))]
        )
        base = self.base[outputs]
        # Taken relative to the base value, so that float64 has nothing large to cancel.
        worth = np.concatenate((known - base[:, None], np.zeros((len(windows), 1)), (served - base)[:, None]), axis=1)
        return worth @ self.plan.weights.T, base

    def _known(self, windows: Floats, outputs: NDArray[np.int64]) -> Floats:
        """Return v of each set for each row's output, (rows, sets)."""
        sets, background = self.plan.sets, self.background
        if not len(sets):
            return np.zeros((len(windows), 0))
        mixed = np.where(sets[None, :, None, None, :], windows[:, None, None], background[None, None])
        answers = self.evaluate(mixed.reshape(-1, *windows.shape[1:])).reshape(len(windows), len(sets), len(background), -1).mean(axis=2)
        return np.take_along_axis(answers, outputs[:, None, None], axis=2)[:, :, 0]


def plan_for(features: int) -> Plan:
    """Return the sets to evaluate for so many features: all of them, or those along fixed orders."""
    return _every_set(features) if features <= EXACT_FEATURES else _along_orders(features)


def _every_set(features: int) -> Plan:
    codes = np.arange(1, 2**features - 1)
    sets = (codes[:, None] >> np.arange(features) & 1).astype(bool)
    whole = np.concatenate((sets, [[False] * features, [True] * features]))
    size = whole.sum(axis=1)
    of_size = np.array([math.factorial(n) * math.factorial(features - n - 1) / math.factorial(features) for n in range(features)])
    joined = of_size[np.maximum(size - 1, 0)]
    left_out = of_size[np.minimum(size, features - 1)]
    return Plan(sets, np.where(whole, joined[:, None], -left_out[:, None]).T.copy())


def _along_orders(features: int) -> Plan:
    random = np.random.default_rng(ORDERS_SEED)
    drawn = [random.permutation(features) for _ in range(ORDER_PAIRS)]
    orders = [order for each in drawn for order in (each, each[::-1])]
    places: dict[bytes, int] = {}
    sets: list[NDArray[np.bool_]] = []
    steps: list[tuple[int, int, int]] = []  # the feature that joins, the set before and the set with it
    for order in orders:
        known, before = np.zeros(features, dtype=bool), -2
        for feature in order.tolist():
            known = known.copy()
            known[feature] = True
            after = -1 if known.all() else places.setdefault(known.tobytes(), len(sets))
            if after == len(sets):
                sets.append(known)
            steps.append((feature, before, after))
            before = after
    weights = np.zeros((features, len(sets) + 2))
    for feature, before, after in steps:
        weights[feature, before] -= 1 / len(orders)
        weights[feature, after] += 1 / len(orders)
    return Plan(np.array(sets), weights)
