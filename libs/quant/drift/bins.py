"""The population stability index of counts in bins, and how large it is by chance between samples of one distribution."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers
from libs.quant.drift.dependence import autocorrelation_time

MOST_BINS: Final = 10
SHIFTED: Final = 0.25
"""From which index on a shift is called major, as is usual since Siddiqi 2006, "Credit Risk Scorecards"."""
LEVEL: Final = 0.99
DRAWS: Final = 1000
FEWEST_DRAWS: Final = 200
MOST_BLOCKS: Final = 2_000_000
"""Blocks that are drawn for one column; where it would take more, rows are drawn as many as they are worth."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """Cuts (bins - 1,), growing: a value lies in the bin of the first cut that is not below it, one above all in the last bin.

    Beside them stands a bin of the rows that have no value.
    """

    cuts: Floats

    def codes(self, values: Floats) -> Integers:
        """Return each row's bin (rows,)."""
        placed = np.searchsorted(self.cuts, values, side="left")
        return np.where(np.isnan(values), len(self.cuts) + 1, placed).astype(np.int64)

    def counts(self, known: Floats, *, missing: int) -> Integers:
        """Return rows by bin (bins + 1,) of sorted values, and last of those without one."""
        upto = np.searchsorted(known, self.cuts, side="right")
        return np.concatenate([np.diff(upto, prepend=0, append=len(known)), [missing]]).astype(np.int64)


def bins_of(known: Floats, *, most: int = MOST_BINS) -> Bins:
    """Return bins of as many rows each, by the quantiles of sorted values (rows,).

    Values that are no more than `most` different ones have a bin each, with bins for whatever lies between and beside them.
    """
    changes = np.flatnonzero(known[1:] != known[:-1])
    if len(changes) < most:
        distinct = np.concatenate([known[:1], known[changes + 1]])
        return Bins(np.unique(np.concatenate([np.nextafter(distinct, -np.inf), distinct])))
    places = (np.arange(1, most) * len(known)) // most
    return Bins(np.unique(known[places]))


def psi(reference: NDArray[np.integer], current: NDArray[np.integer]) -> Floats:
    """Return the population stability index of counts (…, bins): the sum over bins of (q - p) ln(q / p), p and q their shares of the rows.

    Kullback and Leibler's divergence both ways (1951; Jeffreys 1946); Lin 2017 and Yurdakul and Naranjo 2020 tell how it is used. A bin
    that is empty on one side counts half a row there, one that is empty on both nothing.
    """
    shares = [np.where(counts > 0, counts, 0.5) / counts.sum(axis=-1, keepdims=True) for counts in (reference, current)]
    occurs = (reference > 0) | (current > 0)
    return np.asarray(np.where(occurs, (shares[1] - shares[0]) * np.log(shares[1] / shares[0]), 0.0).sum(axis=-1))


def noise(counts: Integers, *, rows: int, seed: int, codes: Integers | None = None, level: float = LEVEL) -> float:
    """Return what a share `level` of the indices stays below between two samples of the reference, of its own size and of `rows`.

    `counts` (bins,) are the reference's. With its `codes` (rows,), in order of time, blocks of rows are drawn that are as long as rows tell
    of each other (Künsch 1989, the moving blocks bootstrap), so that what moves slowly is not taken for something new.
    """
    random = np.random.default_rng(seed)
    own = int(counts.sum())
    worth = 1.0 if codes is None else autocorrelation_time(codes.astype(np.float64))
    block = int(np.ceil(2 * worth)) if worth > 1.5 else 1  # noqa: PLR2004 - what is nearly independent is drawn row by row
    if codes is None or block == 1:
        drawn = [random.multinomial(size, counts / own, size=DRAWS) for size in (own, rows)]
    else:
        block = min(block, own)
        draws = max(FEWEST_DRAWS, min(DRAWS, MOST_BLOCKS * block // (own + rows)))
        if draws * (own + rows) // block > MOST_BLOCKS:
            fewer = (max(2, int(size / worth)) for size in (own, rows))
            drawn = [random.multinomial(size, counts / own, size=DRAWS) for size in fewer]
        else:
            drawn = [_blocks(codes, bins=len(counts), rows=size, block=block, draws=draws, random=random) for size in (own, rows)]
    return float(np.quantile(psi(*drawn), level))


def _blocks(codes: Integers, *, bins: int, rows: int, block: int, draws: int, random: np.random.Generator) -> Integers:
    """Return counts (draws, bins) of samples of so many rows, strung together of blocks that begin anywhere and go round the end."""
    ring = np.concatenate([codes, codes[:block]])
    upto = np.zeros((len(ring) + 1, bins), dtype=np.int32)
    upto[np.arange(1, len(ring) + 1), ring] = 1
    np.cumsum(upto, axis=0, out=upto)
    whole, rest = divmod(rows, block)
    found = np.zeros((draws, bins), dtype=np.int64)
    if whole:
        starts = random.integers(0, len(codes), size=(draws, whole))
        for place in range(bins):
            column = np.ascontiguousarray(upto[:, place])
            found[:, place] = (column[starts + block] - column[starts]).sum(axis=1)
    if rest:
        starts = random.integers(0, len(codes), size=draws)
        found += upto[starts + rest] - upto[starts]
    return found
