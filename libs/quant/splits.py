"""Splits rows by time, so that nothing that was known only later reaches what a model learns from (López de Prado 2018, chapter 7).

A row is decided at `time` and its label known at `known` (both nanoseconds; rows of several symbols may share a time). Rows need no order.
A row that is a window of bars rests on data from `begins` on; no window reaches across a border, from either side. `symbol` is a number for
each row's symbol: an embargo counts each symbol's own rows, since a bar of one that trades round the clock is no bar of another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Integers

_NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers to learn from and to test on; `purged` rows would have told about the test, `embargoed` ones stand too close to it."""

    train: Integers
    test: Integers
    purged: int
    embargoed: int
    cut: int


def chronological_split(
    time: Integers,
    known: Integers,
    *,
    train_share: float,
    embargo: int = 0,
    begins: Integers | None = None,
    symbol: Integers | None = None,
) -> Split:
    """Split at one moment for all symbols: `train_share` (0 to 1) of the distinct times lie before it.

    Purge: a training row's label must be known before the cut. Embargo: the test leaves out each symbol's first `embargo` rows from the
    cut on, whose features overlap most with the training labels, and windows that begin before the cut. `cut` is the first time that is
    not for training. Without `symbol` all rows are one symbol's. Raises `ValueError` when there are not two distinct times or the share
    leaves no side any.
    """
    clock = np.unique(time)
    place = round(train_share * len(clock))
    if not 0 < place < len(clock):
        message = f"{len(clock)} distinct times cannot be split at {train_share}"
        raise ValueError(message)
    cut = clock[place]
    before = time < cut
    train = before & (known < cut)
    test = ~before & (time >= _resumes(time, symbol, among=~before, embargo=embargo))
    if begins is not None:
        test &= begins >= cut
    return Split(
        train=np.flatnonzero(train),
        test=np.flatnonzero(test),
        purged=int((before & ~train).sum()),
        embargoed=int((~before & ~test).sum()),
        cut=int(cut),
    )


def purged_folds(
    time: Integers,
    known: Integers,
    *,
    folds: int,
    embargo: int = 0,
    begins: Integers | None = None,
    symbol: Integers | None = None,
) -> Iterator[Split]:
    """Yield `folds` splits; each tests on one stretch of the clock and learns from the rest, before and after it.

    Purge: no training row's span from `begins` (its `time`, where it is one bar) to `known` meets the span of the test, from its first time
    to the last moment one of its labels is known; and no window of the test begins before it. Embargo: training leaves out each symbol's
    first `embargo` rows after that. `cut` is the test's first time. Without `symbol` all rows are one symbol's. Raises `ValueError` when
    there are fewer distinct times than folds, or fewer than two folds.
    """
    clock = np.unique(time)
    starts = time if begins is None else begins
    if not 2 <= folds <= len(clock):  # noqa: PLR2004 - one fold would leave nothing to learn from
        message = f"{len(clock)} distinct times cannot be split into {folds} folds"
        raise ValueError(message)
    for stretch in np.array_split(clock, folds):
        inside = (time >= stretch[0]) & (time <= stretch[-1])
        test = inside & (starts >= stretch[0])
        end = max(int(known[inside].max()), int(stretch[-1]))
        clear = ~inside & ((known < stretch[0]) | (starts > end))
        resumes = _resumes(time, symbol, among=time > end, embargo=embargo)
        train = clear & ~((starts > end) & (starts < resumes))
        yield Split(
            train=np.flatnonzero(train),
            test=np.flatnonzero(test),
            purged=int((~test & ~clear).sum()),
            embargoed=int((clear & ~train).sum()),
            cut=int(stretch[0]),
        )


def _resumes(time: Integers, symbol: Integers | None, *, among: NDArray[np.bool_], embargo: int) -> Integers:
    """Return for each row when its symbol's embargo is over: the time of its row number `embargo` (from 0) `among` these; (rows,)."""
    owners: NDArray[Any] = np.zeros(len(time), dtype=np.int64) if symbol is None else symbol
    found = np.full(len(time), _NEVER)
    for owner in np.unique(owners[among]):
        own = owners == owner
        times = np.unique(time[own & among])
        if embargo < len(times):
            found[own] = times[embargo]
    return found
