"""Splits labelled rows at random, so that each side has each label's share and no group of rows stands on two sides."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.chassis.errors import InvalidError

Integers = NDArray[np.int64]
_EXACT: Final = 1e-6


def split(labels: Sequence[str], *, shares: Sequence[float], seed: int, groups: Integers | None = None) -> list[Integers]:
    """Return the row numbers of each side, in ascending order; `shares` (0 to 1, together 1) say how large sides are.

    Stratified: each label has its share of rows on each side, as nearly as groups allow; a label of at least as many groups as there are
    sides is on each of them. Rows of one group (numbers; None: each row its own) are on one side. Groups of several rows are placed first,
    the largest first, where most is missing of what they hold; single rows fill what is left (as Sechidis, Tsoumakas and Vlahavas 2011 do
    for several labels). The same rows, shares and seed give the same split. Raise `InvalidError` for shares that are none.
    """
    wanted = _shares(shares)
    _, label = np.unique(np.asarray(labels, dtype=str), return_inverse=True)
    group = np.arange(len(label)) if groups is None else np.unique(groups, return_inverse=True)[1]
    random = np.random.default_rng(seed)
    classes, count = int(label.max(initial=-1)) + 1, np.bincount(group)
    side = np.full(len(label), -1, dtype=np.int64)
    missing = np.outer(wanted, np.bincount(label, minlength=classes)).astype(float)
    _place_groups(np.flatnonzero(count > 1), label=label, group=group, side=side, missing=missing, random=random)
    alone = np.flatnonzero(count[group] == 1)
    for each in range(classes):
        rows = random.permutation(alone[label[alone] == each])
        there = np.array([bool((label[side == place] == each).any()) for place in range(len(wanted))])
        side[rows] = np.repeat(np.arange(len(wanted)), _quotas(missing[:, each], rows=len(rows), wanted=wanted, there=there))
    return [np.flatnonzero(side == place) for place in range(len(wanted))]


def folds(labels: Sequence[str], *, count: int, seed: int, groups: Integers | None = None) -> list[Integers]:
    """Return the row numbers of `count` folds of about the same size, stratified and grouped as `split` does it."""
    return split(labels, shares=[1 / count] * count, seed=seed, groups=groups)


def crossing(groups: Integers, *, sides: Sequence[Integers]) -> Integers:
    """Return the rows whose group stands on several sides: what a model would know of before it is tested."""
    side = np.full(len(groups), -1, dtype=np.int64)
    for place, rows in enumerate(sides):
        side[rows] = place
    placed = side >= 0
    _, group = np.unique(groups, return_inverse=True)
    lowest, highest = np.full(int(group.max(initial=-1)) + 1, len(sides)), np.full(int(group.max(initial=-1)) + 1, -1)
    np.minimum.at(lowest, group[placed], side[placed])
    np.maximum.at(highest, group[placed], side[placed])
    return np.flatnonzero(placed & (lowest[group] < highest[group]))


def _shares(shares: Sequence[float]) -> NDArray[np.float64]:
    wanted = np.asarray(shares, dtype=float)
    if not len(wanted) or not np.isfinite(wanted).all() or (wanted < 0).any() or abs(wanted.sum() - 1) > _EXACT:
        message = f"The shares of a split are between 0 and 1 and add up to 1: {', '.join(f'{share:g}' for share in shares)} do not."
        raise InvalidError(message, details={"shares": [message]})
    exact: NDArray[np.float64] = wanted / wanted.sum()
    return exact


def _place_groups(
    numbers: Integers, *, label: Integers, group: Integers, side: Integers, missing: NDArray[np.float64], random: np.random.Generator
) -> None:
    """Put groups of several rows where most is missing of the labels that they hold."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], numbers)
    ends = np.searchsorted(group[order], numbers, side="right")
    shuffled = random.permutation(len(numbers))
    for each in shuffled[np.argsort(-(ends - starts)[shuffled], kind="stable")].tolist():
        rows = order[starts[each] : ends[each]]
        held = np.bincount(label[rows], minlength=missing.shape[1])
        place = int(np.argmax(missing @ held))
        side[rows] = place
        missing[place] -= held


def _quotas(missing: NDArray[np.float64], *, rows: int, wanted: NDArray[np.float64], there: NDArray[np.bool_]) -> Integers:
    """Return how many single rows of a label go to each side: what is missing, in whole rows by the largest remainders.

    A side with a share and without a row of the label (`there` says which have one) gets one from the side that has most.
    """
    room = np.maximum(missing, 0.0)
    exact = (room if room.sum() > 0 else wanted) * rows / (room.sum() if room.sum() > 0 else 1.0)
    quotas = np.floor(exact).astype(np.int64)
    # Ties go to the first sides: training has them before a test has.
    quotas[np.argsort(-(exact - quotas), kind="stable")[: rows - int(quotas.sum())]] += 1
    for place in np.flatnonzero((wanted > 0) & ~there & (quotas == 0)):
        if quotas.max(initial=0) > 1:
            quotas[int(np.argmax(quotas))] -= 1
            quotas[place] += 1
    return quotas
