"""A proof that decisions, and what comes of them, rest on the past alone: on cut data they must be what they are on all of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from libs.quant.candles import Floats, Integers
from libs.quant.decisions import Decisions


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What came of playing again on cut data.

    `cuts` are the numbers of bars that were left each time, `compared` how many bars were compared in all. `first_bar` is the first bar
    whose decision a later bar changed, seen when `cut_at` bars were left, and `decision` the one that differs (`equity` where what came of
    decisions differs); all None where nothing does.
    """

    cuts: tuple[int, ...]
    compared: int
    first_bar: int | None = None
    cut_at: int | None = None
    decision: str | None = None

    @property
    def clean(self) -> bool:
        """Whether nothing changed."""
        return self.first_bar is None


def cut_places(bars: int, *, first: int = 0, count: int = 8, entries: Sequence[int] | Integers = ()) -> tuple[int, ...]:
    """Return at most `count` numbers of bars to cut at, spread over the bars after `first`, all without the last bar at least.

    Of `entries`, the bars in which positions were entered, some are cut off as well, `count` / 2 at most: the bar that decided on the entry
    is the last that is left, where a look at the bars after it shows.
    """
    if bars - first < 2:  # noqa: PLR2004 - there is nothing to cut off
        return ()
    spread = np.linspace(first + 1, bars - 1, min(count, bars - first - 1)).astype(int)
    entered = np.asarray(entries, dtype=np.int64)
    some = entered[np.linspace(0, len(entered) - 1, min(count // 2, len(entered))).astype(int)]
    return tuple(sorted({*spread.tolist(), *some[(some > first) & (some < bars)].tolist()}))


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


def prove_equity(play: Callable[[int], Floats], *, bars: int, cuts: Sequence[int]) -> LookAhead:
    """Play on all bars and on each cut, and return the first bar whose equity differs: fills, sizes and stops may not know what follows.

    `play(n)` returns the equity at the first n closes, played as if there were no more. The last of them is not compared: what is open
    there is closed, as the candles end. Raises `ValueError` as `prove_no_look_ahead` does.
    """
    if any(not 0 < cut < bars for cut in cuts):
        message = f"a cut leaves 1 to {bars - 1} of {bars} bars"
        raise ValueError(message)
    whole, found = play(bars), []
    for cut in cuts:
        differs = np.flatnonzero(whole[: cut - 1] != play(cut)[: cut - 1])
        if len(differs):
            found.append((int(differs[0]), cut, "equity"))
    return LookAhead(tuple(cuts), sum(cuts) - len(cuts), *min(found, default=(None, None, None)))
