"""Combinatorial purged cross-validation: each choice of groups of time is tested once, and the tests are put together to paths.

López de Prado 2018, chapter 12: of N groups k are tested at once in C(N, k) splits, which make C(N, k) k / N paths through all of the time.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import combinations

import numpy as np

from libs.quant.candles import Integers
from libs.quant.splits import Split, purged_folds


def combinatorial_folds(
    time: Integers,
    known: Integers,
    *,
    groups: int,
    test_groups: int,
    embargo: int = 0,
    begins: Integers | None = None,
    symbol: Integers | None = None,
) -> Iterator[tuple[tuple[int, ...], Split]]:
    """Yield the groups that are tested on, counted in time from 0, and the split: what each of them alone leaves to learn from.

    Rows are as `purged_folds` has them. `cut` is the first tested time. Raises `ValueError` for fewer distinct times than groups, or where
    no group is left to learn from.
    """
    if not 1 <= test_groups < groups:
        message = f"{test_groups} of {groups} groups leave nothing to learn from, or nothing to test on"
        raise ValueError(message)
    alone = list(purged_folds(time, known, folds=groups, embargo=embargo, begins=begins, symbol=symbol))
    for chosen in combinations(range(groups), test_groups):
        tests = [alone[group] for group in chosen]
        train = reduce(np.intersect1d, [each.train for each in tests])
        test = np.concatenate([each.test for each in tests])
        embargoed = reduce(max, [each.embargoed for each in tests])
        left = len(time) - len(train) - len(test) - embargoed
        yield chosen, Split(train=train, test=test, purged=max(left, 0), embargoed=embargoed, cut=tests[0].cut)


def paths_of(tested: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the paths through time: for each, which split tests its first group, its second …, by what each split tests.

    Each group's splits are dealt out in their order, so that every split's test of a group is part of one path.
    """
    groups = 1 + max(group for chosen in tested for group in chosen)
    testing = [[place for place, chosen in enumerate(tested) if group in chosen] for group in range(groups)]
    return [list(path) for path in zip(*testing, strict=True)]
