"""Intervals and sets that hold the truth as often as they say, by how far a model was off on rows that it had never seen.

Split-conformal prediction (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman 2018): of `n` scores the k-th smallest,
k = ceil((n + 1) level), is what a new row's score exceeds with probability 1 - level at most, whatever the model and the noise are, if rows
can be exchanged. Prices cannot quite be: `coverage` says what became of that on later rows, and `adapted` corrects it by what comes
(Gibbs and Candès 2021). Pure Python: the edge adapts levels without numpy.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any, Final, Literal

Kind = Literal["residual", "quantiles", "classes"]
"""Whose scores: |y - forecast|; max(low - y, y - high) of a network's own quantiles (Romano, Patterson and Candès 2019); 1 - p(y) of a
classifier (Sadinle, Lei and Wasserman 2019)."""
MOST: Final = 1_000
"""Scores that are kept; of more, evenly spaced ones in their order, the largest among them: what they say errs to the safe side."""
ROWS_LEAST: Final = 20
STEP: Final = 0.02
"""By how much one outcome moves the level (gamma of Gibbs and Candès)."""
LEVEL_LEAST, LEVEL_MOST = 0.01, 0.995


@dataclass(frozen=True, slots=True)
class Conformal:
    """Scores of a model's rows out of sample, growing, with the rank of each among all `rows` (from 1)."""

    kind: Kind
    rows: int
    scores: tuple[float, ...]
    ranks: tuple[int, ...]

    @classmethod
    def of(cls, scores: Sequence[float], *, kind: Kind) -> "Conformal | None":
        """Keep scores; None where there are fewer than `ROWS_LEAST`. What is not finite counts as larger than any."""
        ordered = sorted(score if isfinite(score) else float("inf") for score in scores)
        count = len(ordered)
        if count < ROWS_LEAST:
            return None
        kept = min(count, MOST)
        ranks = tuple(ceil(number * count / kept) for number in range(1, kept + 1))
        return cls(kind, count, tuple(ordered[rank - 1] for rank in ranks), ranks)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Conformal":
        """Read what `to_json` wrote."""
        scores = tuple(float("inf") if score is None else float(score) for score in told["scores"])
        return cls(told["kind"], int(told["rows"]), scores, tuple(map(int, told["ranks"])))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        scores = [score if isfinite(score) else None for score in self.scores]
        return {"kind": self.kind, "rows": self.rows, "scores": scores, "ranks": list(self.ranks)}

    def reach(self, level: float) -> float | None:
        """Return the score that a new row's stays within as often as `level` (0 to 1); None where the rows are too few to say."""
        rank = ceil((self.rows + 1) * level - 1e-9)
        if rank > self.rows:
            return None
        found = self.scores[bisect_left(self.ranks, max(rank, 1))]
        return found if isfinite(found) else None

    def reach_of(self, used: float, *, wanted: float) -> tuple[float, float] | None:
        """Return the reach of a level that outcomes have made of the wanted one, and that level, or the largest that the rows can say.

        None where they are too few for the wanted one.
        """
        if self.reach(wanted) is None:
            return None
        if (reach := self.reach(used)) is not None:
            return reach, used
        last = next(place for place in reversed(range(len(self.scores))) if isfinite(self.scores[place]))
        return self.scores[last], self.ranks[last] / (self.rows + 1)


def coverage(scores: Sequence[float], *, kind: Kind, levels: Sequence[float], gap: int = 0) -> dict[str, float | None]:
    """Return for each level the share of the later half of these scores (in time's order) that stays within what the earlier half says.

    `gap` rows between the halves are left out: labels that overlap. None where a half is too short.
    """
    half = len(scores) // 2
    known, later = Conformal.of(scores[:half], kind=kind), scores[half + gap :]
    found: dict[str, float | None] = {}
    for level in levels:
        reach = known.reach(level) if known else None
        held = None if reach is None or len(later) < ROWS_LEAST else sum(score <= reach for score in later) / len(later)
        found[f"{level:g}"] = held
    return found


def adapted(used: float, *, level: float, inside: bool, step: float = STEP) -> float:
    """Return the level to use next for one that is wanted: lower after an outcome inside, higher after one outside.

    alpha' = alpha + step (1 - level - outside), alpha = 1 - used (adaptive conformal inference). It may leave 0 to 1: see `usable`.
    """
    return used - step * (1 - level - (not inside))


def usable(used: float) -> float:
    """Return a level that has an interval with ends: what is beyond `LEVEL_LEAST` and `LEVEL_MOST` is remembered, and not made."""
    return min(max(used, LEVEL_LEAST), LEVEL_MOST)
