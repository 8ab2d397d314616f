"""The loop that adds up, over all trees, what they answer when only some features are known (see `shapley_subsets`)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.compiled import compiled, inlined
from libs.quant.lowest_bit import lowest_bit

ZERO: Final = np.uint64(0)
ONE: Final = np.uint64(1)


@compiled
def sum_games(
    rows: NDArray[np.float32],
    thresholds: NDArray[np.float32],
    threshold_start: NDArray[np.uint64],
    bits: NDArray[np.uint64],
    bits_start: NDArray[np.uint64],
    leaf_start: NDArray[np.uint64],
    singles: NDArray[np.float64],
    pair_start: NDArray[np.uint64],
    pairs: NDArray[np.float64],
    value: NDArray[np.float64],
    shares: NDArray[np.float64],
    within: NDArray[np.float64],
    first: NDArray[np.uint64],
    least: int,
    sums: NDArray[np.float64],
) -> None:
    """Add to `sums` (rows, 1 + M + pairs + columns) what each tree answers for each set of known features. `rows` is (rows, M)."""
    many = np.uint64(rows.shape[1])
    n_pairs = many * (many - ONE) // np.uint64(2) if pair_start.shape[0] else ZERO
    # Unsigned indices in the loops: a signed one costs a test for being negative at every access.
    at, held = np.empty(many, np.uint64), np.empty(many, np.uint64)
    first_pair, first_column = ONE + many, ONE + many + n_pairs
    for tree in range(leaf_start.shape[0] - 1):
        leaf = np.uint64(leaf_start[tree])
        words = (np.uint64(leaf_start[tree + 1]) - leaf + np.uint64(63)) >> np.uint64(6)
        group, table = np.uint64(tree) * many, np.uint64(tree) * n_pairs
        for row in range(np.uint64(rows.shape[0])):
            for j in range(many):
                begin = threshold_start[group + j]
                at[j] = _below(thresholds, begin, threshold_start[group + j + ONE], rows[row, j])
                sums[row, ONE + j] += singles[begin + group + j + at[j]]
            if n_pairs:
                _add_pairs(at, threshold_start, group, pair_start, table, pairs, sums[row, first_pair:])
            if many >= least:
                for j in range(many):
                    at[j] = bits_start[group + j] + at[j] * words
                _add_leaves(bits, at, words, held, leaf, value, shares, within, first, least, sums[row, first_column:])


@inlined
def _below(thresholds: NDArray[np.float32], begin: np.uint64, end: np.uint64, x: np.float32) -> np.uint64:
    # Counting all of them beats a search: no branch, eight at a time.
    count = np.int32(0)
    for i in range(begin, end):
        count += np.int32(x > thresholds[i])
    return np.uint64(count)


@inlined
def _add_pairs(
    bins: NDArray[np.uint64],
    threshold_start: NDArray[np.uint64],
    group: np.uint64,
    start: NDArray[np.uint64],
    table: np.uint64,
    pairs: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    many, pair = np.uint64(bins.shape[0]), ZERO
    for i in range(many):
        for j in range(i + ONE, many):
            wide = threshold_start[group + j + ONE] - threshold_start[group + j] + ONE
            sums[pair] += pairs[start[table + pair] + bins[i] * wide + bins[j]]
            pair += ONE


@inlined
def _pattern(held: NDArray[np.uint64], place: np.uint64) -> np.uint64:
    pattern = ZERO
    for j in range(np.uint64(held.shape[0])):
        pattern |= ((held[j] >> place) & ONE) << j
    return pattern


@inlined
def _add_leaves(
    bits: NDArray[np.uint64],
    words_at: NDArray[np.uint64],
    words: np.uint64,
    held: NDArray[np.uint64],
    first_leaf: np.uint64,
    value: NDArray[np.float64],
    shares: NDArray[np.float64],
    within: NDArray[np.float64],
    first: NDArray[np.uint64],
    least: int,
    sums: NDArray[np.float64],
) -> None:
    columns = np.uint64(shares.shape[1])
    for word in range(words):
        # Bit-sliced counting: after the loop a leaf's bit is set in `some` when at least `least` features hold, in `more` when more do.
        one, two, three, four = ZERO, ZERO, ZERO, ZERO
        for j in range(np.uint64(words_at.shape[0])):
            held[j] = bits[words_at[j] + word]
            four |= three & held[j]
            three |= two & held[j]
            two |= one & held[j]
            one |= held[j]
        some, more = (two, three) if least == 2 else (three, four)  # noqa: PLR2004 - pairs or triples
        exactly = some & ~more
        while exactly != ZERO:
            place = lowest_bit(exactly)
            exactly &= exactly - ONE
            column, leaf = first[_pattern(held, place)], first_leaf + (word << np.uint64(6)) + place
            sums[column] += value[leaf] * shares[leaf, column]
        while more != ZERO:
            place = lowest_bit(more)
            more &= more - ONE
            pattern, leaf = _pattern(held, place), first_leaf + (word << np.uint64(6)) + place
            worth = value[leaf]
            for column in range(columns):
                sums[column] += worth * (shares[leaf, column] * within[pattern, column])
