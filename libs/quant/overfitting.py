"""How likely the best of many configurations was only lucky: the probability of backtest overfitting (PBO).

Bailey, Borwein, López de Prado and Zhu (2017), "The Probability of Backtest Overfitting", Journal of Computational Finance 20 (4): the
bars are cut into blocks; each half of the blocks is once what is chosen on, and the other half what the choice is tested on
(combinatorially symmetric cross-validation, CSCV).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb
from typing import Final

import numpy as np

from libs.quant.candles import Floats, Integers

BLOCKS: Final = 16
"""As in the paper: 12,870 ways to choose half of them."""
FEWEST_BARS: Final = 10
"""A block of fewer bars has no Sharpe ratio to speak of."""
FEWEST_BLOCKS: Final = 4
"""Two blocks would be one split and its mirror."""
AT_ONCE: Final = 2_000_000
"""How many Sharpe ratios are computed side by side, for the memory's sake."""


@dataclass(frozen=True, slots=True, eq=False)
class Overfitting:
    """What comes of choosing the best configuration in sample, over all splits.

    `probability` (PBO): share of splits in which the chosen one is in the lower half out of sample (`logits` not above 0). `logits`
    (splits,): ln(w / (1 - w)) of its relative rank w out of sample, between 0 and 1. `loss`: share of splits in which it has a Sharpe ratio
    below 0 out of sample. `slope`: of its Sharpe ratio out of sample over that in sample (least squares): below 0, the better it looked
    the worse it did; None where its ratios in sample do not vary. `blocks` is what the bars were cut into.
    """

    probability: float
    logits: Floats
    loss: float
    slope: float | None
    blocks: int
    splits: int
    configurations: int


def overfitting(returns: Floats, *, blocks: int = BLOCKS) -> Overfitting | None:
    """Return the probability of backtest overfitting of simple returns (bars, configurations); same input, same answer.

    Blocks are of like length, to a bar; with few bars there are fewer of them, so that each has `FEWEST_BARS`. See `overfitting_of` for
    the rest. None for one configuration, where there is nothing to choose, or too few bars for four blocks. Raises `ValueError` for an odd
    number of blocks.
    """
    edges = block_edges(len(returns), blocks=blocks)
    if edges is None:
        return None
    sums, squares = np.add.reduceat(returns, edges[:-1], axis=0), np.add.reduceat(returns**2, edges[:-1], axis=0)
    return overfitting_of(sums, squares, lengths=np.diff(edges))


def block_edges(bars: int, *, blocks: int = BLOCKS) -> Integers | None:
    """Return where the blocks of `bars` bars begin, and where the last one ends, (blocks + 1,); None where there are too few bars for four.

    Raises `ValueError` for an odd number of blocks, or fewer than four.
    """
    if blocks % 2 or blocks < FEWEST_BLOCKS:
        message = f"{blocks} blocks cannot be halved: an even number, {FEWEST_BLOCKS} or more"
        raise ValueError(message)
    blocks = min(blocks, bars // FEWEST_BARS // 2 * 2)
    return None if blocks < FEWEST_BLOCKS else np.linspace(0, bars, blocks + 1).astype(np.int64)


def overfitting_of(sums: Floats, squares: Floats, *, lengths: Integers) -> Overfitting | None:
    """Return the same from each block's sums of returns and of squared returns, (blocks, configurations), and its bars, (blocks,).

    So a sweep of thousands of points need not keep all their returns. Configurations are compared by Sharpe ratio; one that did not move in
    a half has 0 there. Ties share their mean rank, and the first of the best is chosen. None for one configuration.
    """
    blocks, configurations = sums.shape
    if configurations < 2:  # noqa: PLR2004 - there is nothing to choose from
        return None
    splits, place, bars = comb(blocks, blocks // 2), 0, lengths.astype(np.float64)[:, None]
    logits, inside, outside = np.empty(splits), np.empty(splits), np.empty(splits)
    # In the order of their blocks' numbers the first split mirrors the last one, and so on: each pair is computed once.
    for halves in _halves(blocks, splits=splits // 2, at_once=max(AT_ONCE // configurations, 1)):
        one, other = (_sharpe(half @ sums, half @ squares, bars=half @ bars) for half in (halves, 1 - halves))
        here = np.arange(place, place + len(halves))
        for chosen_on, tested_on, at in ((one, other, here), (other, one, splits - 1 - here)):
            rows, best = np.arange(len(halves)), chosen_on.argmax(axis=1)
            inside[at], outside[at] = chosen_on[rows, best], tested_on[rows, best]
            rank = _rank(tested_on, chosen=outside[at]) / (configurations + 1)
            logits[at] = np.log(rank / (1 - rank))
        place += len(halves)
    return Overfitting(
        probability=float((logits <= 0).mean()),
        logits=logits,
        loss=float((outside < 0).mean()),
        slope=None if np.ptp(inside) < 1e-12 else float(np.polyfit(inside, outside, 1)[0]),  # noqa: PLR2004 - below this it is rounding
        blocks=blocks,
        splits=splits,
        configurations=configurations,
    )


def _halves(blocks: int, *, splits: int, at_once: int) -> Iterator[Floats]:
    """Yield the first `splits` halves of the blocks as rows of ones and zeros, some rows at a time."""
    every = islice(combinations(range(blocks), blocks // 2), splits)
    while some := list(islice(every, at_once)):
        rows = np.zeros((len(some), blocks))
        np.put_along_axis(rows, np.array(some), 1.0, axis=1)
        yield rows


def _rank(ratios: Floats, *, chosen: Floats) -> Floats:
    """Return the rank from 1, the lowest, of the chosen ratio (splits,) among those (splits, configurations); ties share their mean."""
    apart = ratios - chosen[:, None]
    tied = np.abs(apart) < 1e-12  # noqa: PLR2004 - the same returns may be summed in another order
    return np.asarray(((apart < 0) & ~tied).sum(axis=1) + (tied.sum(axis=1) + 1) / 2)


def _sharpe(total: Floats, squares: Floats, *, bars: Floats) -> Floats:
    """Return mean / sample deviation from sums and sums of squares; 0 where nothing varies."""
    mean = total / bars
    variance = (squares - total * mean) / (bars - 1)
    # What is left of equal returns after subtracting is rounding.
    moved = variance > 1e-14 * squares / bars
    return np.asarray(np.divide(mean, np.sqrt(np.where(moved, variance, 1.0)), out=np.zeros_like(mean), where=moved))
