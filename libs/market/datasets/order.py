"""Puts candles in order, drops those that are there twice, and joins them to the version that they are appended to."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.contracts.datasets import FindingCode
from libs.market.datasets.findings import are, found
from libs.market.datasets.head import shown_moment
from libs.market.datasets.notes import Notes
from libs.market.datasets.spool import PART, Spool
from libs.quant.candles import Integers

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of the rows: how many were added to those that were there, and how many of these have other values now."""

    added: int
    revised: int


def is_growing(times: Integers) -> bool:
    """Tell whether each time is later than the one before, or the same."""
    return all(bool((np.diff(times[start : start + PART + 1]) >= 0).all()) for start in range(0, max(len(times) - 1, 1), PART))


def note_unsorted(opens: Integers, *, notes: Notes) -> None:
    """Note how many rows of the file are earlier than the row before them."""
    earlier = np.flatnonzero(opens[1:] < opens[:-1]) + 1
    if len(earlier):
        newest_first = " (the newest is first)" if len(earlier) > len(opens) // 2 else ""
        message = f"{are(len(earlier), 'row')} earlier than the row before{newest_first}: they were put in order."
        notes.findings.append(found(FindingCode.UNSORTED, message, count=len(earlier), first=shown_moment(int(opens[earlier[0]]))))


def join(spool: Spool, *, base: int, revise: bool, notes: Notes) -> Joined:
    """Put the rows of the spool in order and leave each time once. The first `base` rows are those of the version that is appended to.

    `time` is each candle's close. Identical rows are dropped; others of the same time are noted as errors, but for those that revise a row
    that was there, which goes.
    """
    times = spool.read("time")
    new = np.arange(len(times)) >= base
    if not is_growing(times):
        order = np.argsort(times, kind="stable")
        spool.take(order)
        times, new = times[order], new[order]
    same = np.flatnonzero(times[1:] == times[:-1]) + 1
    kept = np.ones(len(times), dtype=np.bool_)
    revised = 0
    if len(same):
        equal = _equal(spool, rows=same)
        within = new[same - 1] & new[same]
        against = ~new[same - 1] & new[same] & ~equal
        _note_twice(times, same=same, equal=equal, within=within, notes=notes)
        kept[same[equal]] = False
        if revise:
            kept[same[against] - 1] = False
            revised = int(np.count_nonzero(against))
        elif against.any():
            _note_conflict(spool, times=times, rows=same[against], notes=notes)
    if not kept.all():
        spool.take(kept)
    return Joined(added=int(np.count_nonzero(kept & new)) - revised, revised=revised)


def _equal(spool: Spool, *, rows: Integers) -> Booleans:
    """Tell which rows are as the row before them in every column; what has no value is equal to what has none."""
    equal = np.ones(len(rows), dtype=np.bool_)
    for name in spool.kinds:
        column = spool.read(name)
        here, before = column[rows], column[rows - 1]
        equal &= (here == before) | ((here != here) & (before != before))  # noqa: PLR0124 - NaN is not itself
    return equal


def _note_twice(times: Integers, *, same: Integers, equal: Booleans, within: Booleans, notes: Notes) -> None:
    identical, contradicting = same[equal & within], same[~equal & within]
    if len(identical):
        message = f"{are(len(identical), 'row')} in the file twice, with the same values: one of each was kept."
        notes.findings.append(found(FindingCode.DUPLICATE, message, count=len(identical), first=shown_moment(int(times[identical[0]]))))
    if len(contradicting):
        first = shown_moment(int(times[contradicting[0]]))
        message = f"There are several candles that close at {first}, with other values: send one for each time."
        notes.findings.append(found(FindingCode.DUPLICATE, message, count=len(contradicting), first=first, severity="error"))


def _note_conflict(spool: Spool, *, times: Integers, rows: Integers, notes: Notes) -> None:
    """Note the rows that contradict the version they are appended to, with the first difference."""
    row = int(rows[0])
    first = shown_moment(int(times[row]))
    values: list[tuple[str, Any, Any]] = [(name, *spool.read(name, row - 1, row + 1).tolist()) for name in spool.kinds]
    name, was, comes = next(value for value in values if value[1] != value[2] and not (value[1] != value[1] and value[2] != value[2]))
    message = (
        f"The candle that closes at {first} is in the dataset with {name} {was:g}, and has {comes:g} in this file. Send revise=true if the "
        "file is right."
    )
    notes.findings.append(found(FindingCode.CONFLICT, message, count=len(rows), first=first))
