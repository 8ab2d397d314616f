"""Shapley values of any model over its features as players: each feature known or unknown as a whole, with all of its steps in a window.

v(S) is the model's output when the features of S are as in the row and the others as in a fixed background (Lundberg & Lee 2017; with one
background window it is the baseline Shapley value of Sundararajan & Najmi 2020). Where they are not too many every set is counted out and
the values are exact: up to ten features for a small model. Otherwise the marginal contributions are averaged along fixed pairs of orders,
each with its reverse (Mitchell et al. 2022, antithetic sampling): what they sum to is exact, how it is divided is an estimate.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Evaluate = Callable[[Floats], Floats]  # windows (n, steps, features) to outputs (n, outputs)

MOST_SETS: Final = 1024
FEWEST_PAIRS, MOST_PAIRS = 2, 16
ORDERS_SEED: Final = 0
TOGETHER: Final = 4096
"""Windows that the model is given at once, which bounds memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Sets of known features and what each counts for: contributions are `weights` (features, sets) times v of `sets` (sets, features).

    The last two columns of `weights` are those of no feature and of all, which need no evaluation of their own. `halves` is None where
    every set is there; otherwise it gives half the difference of two estimates in the same way, from one half of the orders each.
    """

    sets: NDArray[np.bool_]
    weights: Floats
    halves: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Coalitions:
    """Explains a model. `background` is (windows, steps, features), `base` (outputs,) the mean output over it."""

    background: Floats
    evaluate: Evaluate
    base: Floats
    most_sets: int
    plan: Plan

    @classmethod
    def of(cls, background: Floats, *, evaluate: Evaluate, most_sets: int = MOST_SETS) -> Self:
        """Make a model ready to be explained; it is evaluated on the background. A slow one is given fewer sets to evaluate for a row."""
        most_sets = min(most_sets, MOST_SETS)
        plan = plan_for(background.shape[2], most_sets=most_sets)
        return cls(background, evaluate, evaluate(background).mean(axis=0), most_sets, plan)

    @classmethod
    def from_bytes(cls, data: bytes, *, evaluate: Evaluate) -> Self:
        """Read what `to_bytes` wrote. Raises KeyError when it is something else."""
        with np.load(BytesIO(data), allow_pickle=False) as file:
            return cls.of(np.asarray(file["background"], dtype=np.float64), evaluate=evaluate, most_sets=int(file["most_sets"]))

    def to_bytes(self) -> bytes:
        """Return what the explanations rest on as an .npz file."""
        file = BytesIO()
        np.savez_compressed(file, allow_pickle=False, background=self.background, most_sets=np.array(self.most_sets))
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
        return self._worth(windows, outputs=outputs, served=served) @ self.plan.weights.T, self.base[outputs]

    def every_output(self, windows: Floats, *, served: Floats) -> tuple[Floats, Floats]:
        """Return the contributions of each output (outputs, rows, features) and its base value (outputs,); `served` is (rows, outputs)."""
        known = self._known(windows)
        worths = [_worth(known[:, :, column], base=base, served=served[:, column]) for column, base in enumerate(self.base)]
        return np.array([worth @ self.plan.weights.T for worth in worths]), self.base

    def standard_error(self, windows: Floats, *, outputs: NDArray[np.int64], served: Floats) -> float | None:
        """Return the root mean square of what contributions may be off by, estimated over these rows; None where they are exact."""
        if self.plan.halves is None:
            return None
        doubts = self._worth(windows, outputs=outputs, served=served) @ self.plan.halves.T
        return float(np.sqrt(np.mean(doubts**2)))

    def _worth(self, windows: Floats, *, outputs: NDArray[np.int64], served: Floats) -> Floats:
        known = np.take_along_axis(self._known(windows), outputs[:, None, None], axis=2)[:, :, 0]
        return _worth(known, base=self.base[outputs][:, None], served=served)

    def _known(self, windows: Floats) -> Floats:
        """Return v of each set, (rows, sets, outputs)."""
        sets = self.plan.sets
        known = np.zeros((len(windows), len(sets), len(self.base)))
        at_once = max(1, TOGETHER // max(1, len(sets) * len(self.background)))
        for start in range(0, len(windows) if len(sets) else 0, at_once):
            some = windows[start : start + at_once]
            mixed = np.where(sets[None, :, None, None, :], some[:, None, None], self.background[None, None])
            answers = self.evaluate(mixed.reshape(-1, *windows.shape[1:]))
            known[start : start + at_once] = answers.reshape(len(some), len(sets), len(self.background), -1).mean(axis=2)
        return known


def _worth(known: Floats, *, base: Floats, served: Floats) -> Floats:
    """Return v of each set, of none and of all for each row, (rows, sets + 2), less the base value: nothing large is to cancel."""
    return np.concatenate((known - base, np.zeros((len(known), 1)), served[:, None] - base), axis=1)


def plan_for(features: int, *, most_sets: int = MOST_SETS) -> Plan:
    """Return the sets to evaluate for so many features: all of them, or those along as many fixed orders as `most_sets` allows."""
    along_a_pair = 2 * (features - 1)
    if 2**features - 2 <= max(most_sets, FEWEST_PAIRS * along_a_pair):
        return _every_set(features)
    return _along_orders(features, pairs=min(max(most_sets // along_a_pair, FEWEST_PAIRS), MOST_PAIRS))


def _every_set(features: int) -> Plan:
    codes = np.arange(1, 2**features - 1)
    sets = (codes[:, None] >> np.arange(features) & 1).astype(bool)
    whole = np.concatenate((sets, [[False] * features, [True] * features]))
    size = whole.sum(axis=1)
    of_size = np.array([math.factorial(n) * math.factorial(features - n - 1) / math.factorial(features) for n in range(features)])
    joined = of_size[np.maximum(size - 1, 0)]
    left_out = of_size[np.minimum(size, features - 1)]
    return Plan(sets, np.where(whole, joined[:, None], -left_out[:, None]).T.copy())


def _along_orders(features: int, *, pairs: int) -> Plan:
    random = np.random.default_rng(ORDERS_SEED)
    drawn = [random.permutation(features) for _ in range(pairs)]
    places: dict[bytes, int] = {}
    steps = [list(_steps(order, places)) for each in drawn for order in (each, each[::-1])]
    sets = np.array([np.frombuffer(code, dtype=bool) for code in places])
    half = 2 * (pairs // 2)  # A pair stays together.
    first, second = (_weights(some, features=features, sets=len(sets)) for some in (steps[:half], steps[half:]))
    share = half / len(steps)
    return Plan(sets, share * first + (1 - share) * second, halves=(first - second) / 2)


def _steps(order: NDArray[np.int64], places: dict[bytes, int]) -> Iterator[tuple[int, int, int]]:
    """Yield each feature in the order, with the place of the set before it and with it (-2 for none, -1 for all); new sets get one."""
    known, before = np.zeros(len(order), dtype=bool), -2
    for feature in order.tolist():
        known[feature] = True
        after = -1 if known.all() else places.setdefault(known.tobytes(), len(places))
        yield feature, before, after
        before = after


def _weights(orders: Sequence[Sequence[tuple[int, int, int]]], *, features: int, sets: int) -> Floats:
    weights = np.zeros((features, sets + 2))
    for feature, before, after in chain.from_iterable(orders):
        weights[feature, before] -= 1 / len(orders)
        weights[feature, after] += 1 / len(orders)
    return weights
