"""Which texts count for which candle, without looking ahead: for the first one that closes after they were published."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.quant.candles import Candles, Floats, Integers

BEFORE: Final = "before_candles"
IN_HOLE: Final = "in_hole"
AFTER: Final = "after_candles"


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A symbol's sentiment at its candles: the mean (bars,), NaN where no text counts, and how many do (bars,).

    `left_out` tells how many texts count for no candle, by why.
    """

    mean: Floats
    texts: Integers
    left_out: dict[str, int]


def counted(published: Integers, scores: Floats, *, candles: Candles, opens: Integers) -> Counted:
    """Return the mean score of each candle's texts.

    `published` and `opens` are in nanoseconds since 1970, UTC. A text counts for the first candle that closes later than it was published,
    so one that comes at the very close, or while the market is closed, counts for the next one. Its score is known at that candle's close.
    One that comes in a hole of the data, where that candle would be far, before the first candle or after the last counts for none.
    """
    place = np.searchsorted(candles.time, published, side="right")
    after = place == len(candles)
    inside = np.minimum(place, len(candles) - 1)
    begins = np.concatenate(([True], candles.segment[1:] != candles.segment[:-1]))
    early = ~after & begins[inside] & (published < opens[inside])
    first = early & (inside == 0)
    good = ~(after | early)
    texts = np.bincount(place[good], minlength=len(candles)).astype(np.int64)
    total = np.bincount(place[good], weights=scores[good], minlength=len(candles))
    mean = np.full(len(candles), np.nan)
    np.divide(total, texts, out=mean, where=texts > 0)
    left_out = {BEFORE: int(first.sum()), IN_HOLE: int((early & ~first).sum()), AFTER: int(after.sum())}
    return Counted(mean, texts, left_out)
