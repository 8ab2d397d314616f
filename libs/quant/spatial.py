"""What lies near what: blocks that keep neighbours together, folds with a buffer between them, and whether errors cluster in space."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.quant.candles import Floats, Integers
from libs.quant.measured import Measured, Measuring, nothing

MORAN: Final = ("morans_i", "morans_i_expected", "morans_i_p")
RANKING: Final = ("rank_correlation", "top_decile_lift")
FEWEST: Final = 10
"""Rows below which ranks, deciles and permutations say nothing."""
AT_ONCE: Final = 4_000_000
"""Distances that are in memory together."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Places of rows to learn from and to test on; `dropped` lie within the buffer of a test row and are in neither."""

    train: Integers
    test: Integers
    dropped: int = 0


def grid_blocks(xy: Floats, *, per_side: int) -> Integers:
    """Return the cell (rows,) of each point (rows, 2) on a grid of `per_side` a side over all of them; empty cells have no number."""
    low, span = xy.min(axis=0), np.ptp(xy, axis=0)
    cell = np.minimum((xy - low) / np.where(span > 0, span, 1.0) * per_side, per_side - 1).astype(np.int64)
    _, block = np.unique(cell[:, 0] * per_side + cell[:, 1], return_inverse=True)
    return block.astype(np.int64)


def folds_of_blocks(blocks: Integers, *, folds: int, seed: int) -> Integers:
    """Return which fold (rows,) each row is tested in, whole blocks together: the largest first, each to the fold that has fewest rows."""
    labels, counts = np.unique(blocks, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    order = shuffled[np.argsort(-counts[shuffled], kind="stable")]
    filled, fold_of = np.zeros(folds, dtype=np.int64), np.zeros(len(labels), dtype=np.int64)
    for place in order:
        fold_of[place] = int(filled.argmin())
        filled[fold_of[place]] += counts[place]
    return fold_of[np.searchsorted(labels, blocks)]


def buffered(test: Integers, *, xy: Floats | None, buffer: float) -> Fold:
    """Return the fold that tests these rows and learns from all others farther than `buffer` from each of them (Roberts et al. 2017)."""
    rows = len(xy) if xy is not None else 0
    train = np.setdiff1d(np.arange(rows), test)
    if xy is None or buffer <= 0 or not len(test) or not len(train):
        return Fold(train, test)
    far = np.array([], dtype=np.int64)
    step = max(1, AT_ONCE // len(test))
    for start in range(0, len(train), step):
        some = train[start : start + step]
        nearest = np.sqrt(((xy[some][:, None, :] - xy[test][None, :, :]) ** 2).sum(axis=2)).min(axis=1)
        far = np.concatenate([far, some[nearest > buffer]])
    return Fold(far, test, len(train) - len(far))


def morans_i(values: Floats, *, neighbours: Integers, permutations: int, seed: int) -> Measured:
    """Measure how alike neighbours' values (rows,) are; `neighbours` (rows, k) are places of each row's nearest others.

    I = Σ z_i mean(z of i's neighbours) / Σ z², z = value - mean: Moran (1950) with weights that add up to one by row. 1/(1 - n) is expected
    without any likeness. p is the share of permutations that give as much or more, the own among them (Anselin 1995): one-sided.
    """
    rows = len(values)
    if rows < FEWEST:
        return nothing(MORAN, reason=f"there are fewer than {FEWEST} rows")
    centred = values - values.mean()
    total = float((centred**2).sum())
    if total <= 0:
        return nothing(MORAN, reason="the values do not vary")
    own = float((centred * centred[neighbours].mean(axis=1)).sum() / total)
    random = np.random.default_rng(seed)
    as_much = 0
    for _ in range(permutations):
        shuffled = random.permutation(centred)
        as_much += (shuffled * shuffled[neighbours].mean(axis=1)).sum() / total >= own
    return Measured({"morans_i": own, "morans_i_expected": -1.0 / (rows - 1), "morans_i_p": (1 + as_much) / (1 + permutations)})


def ranking_metrics(truth: Floats, predicted: Floats, *, lowest: bool = False) -> Measured:
    """Measure whether the best are found, (rows,) each.

    rank_correlation: Spearman's rho, ties at their mean rank. top_decile_lift: mean truth of the tenth that is predicted highest, over
    the mean truth of all; where the `lowest` are the best, mean truth of all over that of the tenth that is predicted lowest. Above 1 is
    better than any tenth, either way, where truths are above zero.
    """
    if len(truth) < FEWEST:
        return nothing(RANKING, reason=f"there are fewer than {FEWEST} rows")
    out = Measuring()
    ranks = [_mean_ranks(each) for each in (truth, predicted)]
    if any(np.ptp(each) == 0 for each in ranks):
        out.lacking("rank_correlation", reason="the true or the predicted values are all the same")
    else:
        out.set("rank_correlation", float(np.corrcoef(ranks[0], ranks[1])[0, 1]))
    top = np.argsort(predicted if lowest else -predicted, kind="stable")[: max(1, round(len(truth) / 10))]
    if np.ptp(predicted) == 0:
        out.lacking("top_decile_lift", reason="the predicted values are all the same")
    else:
        best, all_of_them = float(truth[top].mean()), float(truth.mean())
        over, under = (all_of_them, best) if lowest else (best, all_of_them)
        out.divide("top_decile_lift", over, under, reason="the true values have a mean of zero")
    return out.done()


def shares_below(values: Floats, *, reference: Sequence[float] | Floats) -> Floats:
    """Return for each value the share of the reference that is smaller, ties counting half, from 0 to 1."""
    ordered = np.sort(np.asarray(reference, dtype=np.float64))
    below, upto = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    found: Floats = (below + upto) / (2.0 * len(ordered))
    return found


def _mean_ranks(values: Floats) -> Floats:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count).astype(np.float64)
    found: Floats = (last - (count - 1) / 2.0)[place]
    return found
