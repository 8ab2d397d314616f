"""Maps from what a classifier says to how often it is right, learned from rows that it was not trained on.

Each class has a map of its own, one against the rest, and what they say is scaled to sum to 1 (Zadrozny and Elkan 2002). Numpy alone: what
serves reads them, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats

Method = Literal["isotonic", "platt"]
FEWEST_ROWS: Final[Mapping[Method, int]] = {"isotonic": 500, "platt": 100}
"""Rows without which a map would follow chance: isotonic regression is free to take any form (Niculescu-Mizil and Caruana 2005)."""
FEWEST_OF_CLASS: Final = 10
MOST_KNOTS: Final = 200
NEAREST: Final = 1e-9
"""How near to 0 and 1 a chance is looked at: its log-odds are finite."""
ROUNDS: Final = 100
SMALLEST_STEP: Final = 1e-10
RIDGE: Final = 1e-12
ENOUGH: Final = 1e-4
"""Of the slope that a step promises, the share that it has to bring (Armijo 1966)."""


class TooFewRowsError(ValueError):
    """There are too few held-out rows to learn a map from; the message says how many there are, and how many it takes."""


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """An isotonic map: `heights` (knots,) at growing `knots` (knots,), straight between them and level outside."""

    knots: Floats
    heights: Floats

    def of(self, chances: Floats) -> Floats:
        """Return how often what is said with these chances (…,) is so."""
        return np.interp(chances, self.knots, self.heights)

    @property
    def is_flat(self) -> bool:
        """Whether it says the same whatever the model says."""
        return bool(self.heights[0] == self.heights[-1])

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"knots": self.knots.tolist(), "heights": self.heights.tolist()}


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """Platt's map: 1 / (1 + exp(slope * log-odds + shift)); with slope -1 and shift 0 it leaves all as it is."""

    slope: float
    shift: float

    def of(self, chances: Floats) -> Floats:
        """Return how often what is said with these chances (…,) is so."""
        said = (1 - np.tanh((self.slope * _log_odds(chances) + self.shift) / 2)) / 2
        return np.clip(said, NEAREST, 1 - NEAREST)

    @property
    def is_flat(self) -> bool:
        """Whether it says the same whatever the model says."""
        return self.slope == 0

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"slope": self.slope, "shift": self.shift}


Curve: TypeAlias = Steps | Sigmoid


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A map for each class, learned from so many `rows`."""

    method: Method
    rows: int
    maps: tuple[Curve, ...]

    @classmethod
    def learned(cls, chances: Floats, truth: NDArray[np.int64], *, method: Method) -> "Calibration":
        """Learn the maps from chances (rows, classes) of rows that the model did not learn from, and their true classes (rows,).

        Raise TooFewRowsError for fewer rows than `FEWEST_ROWS`, or where a class is true, or false, of fewer than `FEWEST_OF_CLASS`.
        """
        rows, classes = chances.shape
        if rows < FEWEST_ROWS[method]:
            message = f"{method} needs {FEWEST_ROWS[method]} held-out rows, and there are {rows}"
            raise TooFewRowsError(message)
        counts = np.bincount(truth, minlength=classes)
        fewest = int(min(counts.min(), rows - counts.max()))
        if fewest < FEWEST_OF_CLASS:
            message = f"{method} needs {FEWEST_OF_CLASS} held-out rows of each class, and of one there are {fewest}"
            raise TooFewRowsError(message)
        learn = isotonic if method == "isotonic" else sigmoid
        return cls(method, rows, tuple(learn(chances[:, label], truth == label) for label in range(classes)))

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Calibration":
        """Read what `to_json` wrote."""
        method: Method = told["method"]
        if method == "isotonic":
            maps: tuple[Curve, ...] = tuple(Steps(np.asarray(each["knots"]), np.asarray(each["heights"])) for each in told["maps"])
        else:
            maps = tuple(Sigmoid(float(each["slope"]), float(each["shift"])) for each in told["maps"])
        return cls(method, int(told["rows"]), maps)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {"method": self.method, "rows": self.rows, "maps": [each.to_json() for each in self.maps]}

    def applied(self, chances: Floats) -> Floats:
        """Return calibrated chances (rows, classes), which sum to 1, for what a model says (rows, classes)."""
        mapped = np.stack([each.of(chances[:, label]) for label, each in enumerate(self.maps)], axis=1)
        return np.asarray(mapped / mapped.sum(axis=1, keepdims=True))

    def of_scores(self, scores: Floats, *, scale: str) -> Floats:
        """Return calibrated chances (rows, classes) for scores on `scale`: probabilities, or log-odds before the softmax."""
        if scale == "probability":
            return self.applied(scores)
        with np.errstate(invalid="ignore"):
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            return self.applied(powers / powers.sum(axis=1, keepdims=True))


def calibration_in(manifest: Mapping[str, Any]) -> Calibration | None:
    """Return how the version of a manifest calibrates its probabilities; None for one that does not."""
    told = manifest.get("calibration")
    return Calibration.from_json(told) if told else None


def isotonic(chances: Floats, happened: NDArray[np.bool_]) -> Steps:
    """Return the growing map with the least squared error on chances (rows,) and what happened (rows,).

    By pooling adjacent violators (Ayer et al. 1955); of equal chances there is one mean. It is straight between the ends of the pools, and
    never nearer to 0 or 1 than 1 / (rows + 2): so few rows cannot show that something never, or always, happens (Laplace).
    """
    knots, place, counts = np.unique(chances, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=happened) / counts
    pools: list[tuple[float, float, int]] = []  # mean, rows, knots
    for mean, weight in zip(means.tolist(), counts.tolist(), strict=True):
        pool = (mean, float(weight), 1)
        while pools and pools[-1][0] >= pool[0]:
            before = pools.pop()
            rows = before[1] + pool[1]
            pool = ((before[0] * before[1] + pool[0] * pool[1]) / rows, rows, before[2] + pool[2])
        pools.append(pool)
    lengths = [length for _, _, length in pools]
    heights = np.repeat([mean for mean, _, _ in pools], lengths)
    last = np.cumsum(lengths) - 1
    ends = np.unique(np.concatenate(([0], last[:-1] + 1, last)))
    if len(ends) > MOST_KNOTS:
        ends = ends[np.unique(np.linspace(0, len(ends) - 1, MOST_KNOTS).astype(int))]
    least = 1 / (len(chances) + 2)
    return Steps(knots[ends], np.clip(heights[ends], least, 1 - least))


def sigmoid(chances: Floats, happened: NDArray[np.bool_]) -> Sigmoid:
    """Return the sigmoid of log-odds with the lowest log loss on chances (rows,) and what happened (rows,), which does not turn them round.

    Platt 1999, with targets (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2) in place of 1 and 0, found by Newton's method with backtracking (Lin, Lin
    and Weng 2007). Where the best slope would give the likelier the lower chance, it is 0: the loss is convex, so none is better among
    those that keep the order.
    """
    yes = int(happened.sum())
    no = len(happened) - yes
    targets = np.where(happened, (yes + 1) / (yes + 2), 1 / (no + 2))
    odds = _log_odds(chances)
    given = np.stack([odds, np.ones_like(odds)], axis=1)
    at = np.array([0.0, np.log((no + 1) / (yes + 1))])
    loss = _loss(at, given, targets)
    for _ in range(ROUNDS):
        said = (1 - np.tanh(given @ at / 2)) / 2
        slope = given.T @ (targets - said)
        if np.abs(slope).max() < len(odds) * SMALLEST_STEP:
            break
        bent = (given * (said * (1 - said))[:, None]).T @ given + RIDGE * np.eye(2)
        move = -np.linalg.solve(bent, slope)
        size = 1.0
        while (new := _loss(at + size * move, given, targets)) > loss + ENOUGH * size * float(slope @ move) and size > SMALLEST_STEP:
            size /= 2
        if size <= SMALLEST_STEP:
            break
        at, loss = at + size * move, new
    if at[0] >= 0:
        return Sigmoid(0.0, float(np.log((1 - targets.mean()) / targets.mean())))
    return Sigmoid(float(at[0]), float(at[1]))


def _loss(at: Floats, given: Floats, targets: Floats) -> float:
    """Return the log loss, summed, of 1 / (1 + exp(given @ at)) against targets (rows,)."""
    exponent = given @ at
    return float((targets * exponent + np.logaddexp(0.0, -exponent)).sum())


def _log_odds(chances: Floats) -> Floats:
    inside = np.clip(chances, NEAREST, 1 - NEAREST)
    return np.log(inside / (1 - inside))
