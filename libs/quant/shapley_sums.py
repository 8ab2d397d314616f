"""The loops that add up, over all trees, what they answer when only some features are known (see `shapley_subsets`)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.compiled import compiled, inlined
from libs.quant.lanes import LANES, add_product, fetch, get, mark, no_bytes, put, put_bytes
from libs.quant.lowest_bit import lowest_bit

ZERO: Final = np.uint64(0)
ONE: Final = np.uint64(1)
EIGHT: Final = np.uint64(LANES)
WORD_BITS: Final = np.uint64(6)
# Rows that go through a tree while its tables are in a near cache.
TOGETHER: Final = np.uint64(64)
# A row's bits of the tree so many trees on are fetched: tables of a model that was not asked for a while are in no cache.
AHEAD: Final = np.uint64(4)


@compiled
def sum_games(
    rows: NDArray[np.float32],
    thresholds: NDArray[np.float32],
    of_tree: NDArray[np.uint32],
    feature_start: NDArray[np.uint64],
    known_bins: NDArray[np.uint16],
    stride: int,
    widths: NDArray[np.uint64],
    pair_start: NDArray[np.uint64],
    bits: NDArray[np.uint64],
    bits_start: NDArray[np.uint64],
    leaf_start: NDArray[np.uint64],
    singles: NDArray[np.float64],
    pairs: NDArray[np.float64],
    value: NDArray[np.float64],
    shares: NDArray[np.float64],
    within: NDArray[np.float64],
    first: NDArray[np.uint64],
    least: int,
    sums: NDArray[np.float64],
) -> None:
    """Add to `sums` (rows, 1 + M + pairs + columns) what each tree answers for each set of known features. `rows` is (rows, M)."""
    many, trees = np.uint64(rows.shape[1]), np.uint64(leaf_start.shape[0] - 1)
    n_pairs = many * (many - ONE) // np.uint64(2) if pair_start.shape[0] else ZERO
    count = np.uint64(rows.shape[0])
    bins = np.empty((min(count, TOGETHER), many, trees), np.uint16)
    for done in range(ZERO, count, TOGETHER):
        start, end = np.uint64(done), min(count, done + TOGETHER)
        for row in range(start, end):
            for j in range(many):
                begin, last = feature_start[j], feature_start[j + ONE]
                rank = _below(thresholds, begin, last, rows[row, j])
                sums[row, ONE + j] += singles[begin + j + rank]
                _locate(rank, begin, np.uint64(j), of_tree, known_bins, np.uint64(stride), bins[row - start, j])
        if n_pairs:
            _add_pairs(bins, start, end, pair_start, widths, pairs, sums[:, ONE + many :])
        if many >= least:
            larger = sums[:, ONE + many + n_pairs :]
            _add_leaves(bins, start, end, bits, bits_start, leaf_start, value, shares, within, first, least, larger)


@inlined
def _below(thresholds: NDArray[np.float32], begin: np.uint64, end: np.uint64, x: np.float32) -> np.uint64:
    """Return how many of a feature's thresholds are below x."""
    first, left = begin, end - begin
    while left > ZERO:
        half = (left + ONE) >> ONE
        # Without a branch: which way it goes is anybody's guess.
        first += half if x > thresholds[first + half - ONE] else ZERO
        left -= half
    return first - begin


@inlined
def _locate(
    rank: np.uint64,
    begin: np.uint64,
    feature: np.uint64,
    of_tree: NDArray[np.uint32],
    known_bins: NDArray[np.uint16],
    stride: np.uint64,
    bins: NDArray[np.uint16],
) -> None:
    """Fill in which bin of each tree x falls into, if `rank` of the feature's thresholds over all trees are below it."""
    trees = np.uint64(bins.shape[0])
    block = rank // stride
    # Each feature's lines begin one later: its last block may be a part of one.
    line = (begin // stride + feature + block) * trees
    for tree in range(trees):
        bins[tree] = known_bins[line + tree]
    for place in range(begin + block * stride, begin + rank):
        bins[of_tree[place]] += np.uint16(1)


@inlined
def _add_pairs(
    bins: NDArray[np.uint16],
    start: np.uint64,
    end: np.uint64,
    pair_start: NDArray[np.uint64],
    widths: NDArray[np.uint64],
    pairs: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    many, table = np.uint64(bins.shape[1]), ZERO
    for tree in range(np.uint64(bins.shape[2])):
        pair = ZERO
        for i in range(many):
            for j in range(i + ONE, many):
                first, wide = pair_start[table], widths[tree * many + j]
                for row in range(end - start):
                    sums[start + row, pair] += pairs[first + np.uint64(bins[row, i, tree]) * wide + np.uint64(bins[row, j, tree])]
                pair += ONE
                table += ONE


@inlined
def _add_leaves(
    bins: NDArray[np.uint16],
    start: np.uint64,
    end: np.uint64,
    bits: NDArray[np.uint64],
    bits_start: NDArray[np.uint64],
    leaf_start: NDArray[np.uint64],
    value: NDArray[np.float64],
    shares: NDArray[np.float64],
    within: NDArray[np.float64],
    first: NDArray[np.uint64],
    least: int,
    sums: NDArray[np.float64],
) -> None:
    many, columns, padded = np.uint64(bins.shape[1]), np.uint64(shares.shape[1]), np.uint64(within.shape[1])
    flat_shares, flat_within = shares.reshape(-1), within.reshape(-1)
    most, trees = ZERO, np.uint64(bins.shape[2])
    for tree in range(trees):
        most = max(most, _words(leaf_start, np.uint64(tree)))
    at, pattern = np.empty(many, np.uint64), np.empty(most << WORD_BITS, np.uint8)
    some, more = np.empty(most, np.uint64), np.empty(most, np.uint64)
    hits = np.empty((most << WORD_BITS) + ONE, np.uint32)
    # Two sums, as one is added to by single numbers and the other by eight: what is written in one width is slow to read in another.
    own, subsets = np.zeros((end - start) * padded), np.zeros((end - start) * padded)
    for tree in range(trees):
        leaf, words, ahead = leaf_start[tree], _words(leaf_start, np.uint64(tree)), min(tree + AHEAD, trees - ONE)
        for row in range(start, end):
            for j in range(many):
                at[j] = bits_start[tree * many + j] + np.uint64(bins[row - start, j, tree]) * words
                fetch(bits, bits_start[ahead * many + j] + np.uint64(bins[row - start, j, ahead]) * _words(leaf_start, ahead))
            # First what holds where, then what it adds up to: so no look-up waits for a branch that was guessed wrong.
            for word in range(words):
                some[word], more[word] = _count(bits, at, np.uint64(word), least, pattern)
            line = (row - start) * padded
            count = _add_own(some, more, pattern, words, leaf, value, flat_shares, first, own[line : line + columns], hits)
            # Sixteen columns in a pass: when it ends is guessed wrong each time.
            for column in range(ZERO, padded, EIGHT + EIGHT):
                left, right = get(subsets, line + column), get(subsets, line + column + EIGHT)
                for hit in range(count):
                    place = np.uint64(hits[hit])
                    share, within_at = (leaf + place) * columns + column, np.uint64(pattern[place]) * padded + column
                    worth = value[leaf + place]
                    left = add_product(left, get(flat_shares, share), get(flat_within, within_at), worth)
                    right = add_product(right, get(flat_shares, share + EIGHT), get(flat_within, within_at + EIGHT), worth)
                put(subsets, line + column, left)
                put(subsets, line + column + EIGHT, right)
    for row in range(start, end):
        for column in range(columns):
            sums[row, column] += own[(row - start) * padded + column] + subsets[(row - start) * padded + column]


@inlined
def _words(leaf_start: NDArray[np.uint64], tree: np.uint64) -> np.uint64:
    """Return how many words have a bit for each leaf of a tree."""
    words: np.uint64 = (leaf_start[tree + ONE] - leaf_start[tree] + np.uint64(63)) >> WORD_BITS
    return words


@inlined
def _count(
    bits: NDArray[np.uint64], at: NDArray[np.uint64], word: np.uint64, least: int, pattern: NDArray[np.uint8]
) -> tuple[np.uint64, np.uint64]:
    """Return a bit for each leaf where at least `least` features hold, and where more do; write to `pattern` which of them hold."""
    one, two, three, four, marks = ZERO, ZERO, ZERO, ZERO, no_bytes()
    for j in range(np.uint64(at.shape[0])):
        held = bits[at[j] + word]
        four |= three & held
        three |= two & held
        two |= one & held
        one |= held
        marks = mark(marks, held, np.uint64(j))
    put_bytes(pattern, word << WORD_BITS, marks)
    return (two, three) if least == 2 else (three, four)  # noqa: PLR2004 - pairs or triples


@inlined
def _add_own(
    some: NDArray[np.uint64],
    more: NDArray[np.uint64],
    pattern: NDArray[np.uint8],
    words: np.uint64,
    leaf: np.uint64,
    value: NDArray[np.float64],
    shares: NDArray[np.float64],
    first: NDArray[np.uint64],
    added: NDArray[np.float64],
    hits: NDArray[np.uint32],
) -> np.uint64:
    """Add what leaves answer for the set of exactly those features that hold; write down where `more` do, and return how often."""
    columns, count = np.uint64(added.shape[0]), ZERO
    for word in range(words):
        left, also, base = some[word], more[word], word << WORD_BITS
        while left != ZERO:
            bit = lowest_bit(left)
            left &= left - ONE
            place = base | bit
            column = first[pattern[place]]
            added[column] += value[leaf + place] * shares[(leaf + place) * columns + column]
            # Written in any case, and kept if it is one: a branch would be guessed wrong.
            hits[count] = np.uint32(place)
            count += (also >> bit) & ONE
    return count
