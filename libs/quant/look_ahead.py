"""A proof that decisions rest on the past alone: what is decided on cut data must be what is decided on all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from libs.quant.decisions import Decisions


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What came of playing again on cut data.

    `cuts` are the numbers of bars that were left each time, `compared` how many bars were compared in all. `first_bar` is the first bar
    whose decision a later bar changed, seen when `cut_at` bars were left, and `decision` the one that differs; all None where nothing
    differs.
    """

    cuts: tuple[int, ...]
    compared: int
    first_bar: int | None = None
    cut_at: int | None = None
    decision: str | None = None

    @property
    def clean(self) -> bool:
        """Whether no decision changed."""
        return self.first_bar is None


def cut_places(bars: int, *, first: int = 0, count: int = 8) -> tuple[int, ...]:
    """Return at most `count` numbers of bars to cut at, spread over the bars after `first`, all without the last bar at least."""
    if bars - first < 2:  # noqa: PLR2004 - there is nothing to cut off
        return ()
    return tuple(sorted({int(place) for place in np.linspace(first + 1, bars - 1, min(count, bars - first - 1))}))


def prove_no_look_ahead(decide: Callable[[int], Decisions], *, bars: int, cuts: Sequence[int]) -> LookAhead:
    """Decide on all bars and on each cut, and return the first bar whose decision differs.

    `decide(n)` decides on the first n bars as if there were no more. A cut proves nothing of the bars after it, so cuts are spread
    (`cut_places`); a bar is compared once for each cut that keeps it. Raises `ValueError` for a cut that leaves no bar or all of them.
    """
    if any(not 0 < cut < bars for cut in cuts):
        message = f"a cut leaves 1 to {bars - 1} of {bars} bars"
        raise ValueError(message)
    whole, found = decide(bars), []
    for cut in cuts:
        kept = decide(cut)
        for each in fields(Decisions):
            differs = np.flatnonzero(getattr(whole, each.name)[:cut] != getattr(kept, each.name))
            if len(differs):
                found.append((int(differs[0]), cut, each.name))
    return LookAhead(tuple(cuts), sum(cuts), *min(found, default=(None, None, None)))
