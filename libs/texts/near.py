"""Groups of texts that are the same but for some words: what must not stand on both sides of a split.

Texts are compared as sets of word shingles (Broder 1997); candidates are found by MinHash and locality-sensitive hashing (Leskovec,
Rajaraman and Ullman 2014, chapter 3) and then compared exactly, so that no two are called alike which are not.
"""

import re
import unicodedata
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

ALIKE: Final = 0.8
"""Jaccard similarity of shingles from which on texts are near-duplicates: one word changed in twenty, or two set before ten."""
BANDS: Final = 12
BAND: Final = 5
"""Hashes of a band: texts that are alike by 0.8 share one of the bands with a probability of 0.99, by 0.5 of 0.32."""
BUCKET_MOST: Final = 8
"""Texts that a band's value leads to at most: of a hundred thousand stories of one pattern not every pair is compared."""
MOST: Final = 200_000
"""Distinct texts that are compared by shingles; of more, only those that are the same but for case and punctuation are grouped."""
_WORDS: Final = re.compile(r"\w+")
_LINK: Final = re.compile(r"https?://\S+|www\.\S+")
_LETTERS: Final = 10_000  # of a long text its beginning tells


def normalised(text: str) -> str:
    """Return a text without case, punctuation, links and differences of writing: what reprints have in common."""
    return " ".join(_WORDS.findall(_LINK.sub(" ", unicodedata.normalize("NFKC", text).casefold())))


def exact_groups(texts: Sequence[str]) -> Integers:
    """Return for each text the number of its group: texts that are the same but for case and punctuation. Empty texts stand alone."""
    return _numbered([normalised(text) or (place,) for place, text in enumerate(texts)])


def near_groups(texts: Sequence[str], *, alike: float = ALIKE) -> Integers:
    """Return for each text the number of its group: near-duplicates, and whatever is near to one of them. Numbers go from 0 upwards.

    The same texts in the same order have the same numbers, whatever the machine.
    """
    plain = [normalised(text) for text in texts]
    first: dict[str, int] = {}
    for place, text in enumerate(plain):
        first.setdefault(text, place)
    joined = Joined(len(texts))
    for place, text in enumerate(plain):
        if text:
            joined.join(place, first[text])
    distinct = [place for text, place in first.items() if text]
    if 1 < len(distinct) <= MOST:
        _join_alike([plain[place] for place in distinct], places=distinct, joined=joined, alike=alike)
    return joined.numbers()


def joined_groups(first: Integers, second: Integers) -> Integers:
    """Return groups of rows that share a group in either of two groupings, or are linked by rows that do."""
    joined = Joined(len(first))
    for groups in (first, second):
        order = np.argsort(groups, kind="stable")
        same = groups[order][1:] == groups[order][:-1]
        for left, right in zip(order[:-1][same].tolist(), order[1:][same].tolist(), strict=True):
            joined.join(left, right)
    return joined.numbers()


def named_groups(names: Sequence[str]) -> Integers:
    """Return for each name of a group its number; rows without a name stand alone."""
    return _numbered([name or (place,) for place, name in enumerate(names)])


@dataclass(slots=True)
class Joined:
    """Rows that belong together, as a forest of which the root of each tree is its lowest row (Tarjan 1975)."""

    size: int
    _above: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._above = list(range(self.size))

    def root(self, row: int) -> int:
        """Return the lowest row that this one belongs to."""
        above = self._above
        while above[row] != row:
            above[row] = above[above[row]]
            row = above[row]
        return row

    def join(self, one: int, other: int) -> None:
        """Let two rows, and whatever belongs to them, belong together."""
        low, high = sorted((self.root(one), self.root(other)))
        self._above[high] = low

    def numbers(self) -> Integers:
        """Return each row's number of its group, from 0 in the order of the groups' first rows."""
        roots = np.fromiter((self.root(row) for row in range(self.size)), dtype=np.int64, count=self.size)
        return np.unique(roots, return_inverse=True)[1].astype(np.int64)


def _numbered(keys: Sequence[Hashable]) -> Integers:
    numbers: dict[Hashable, int] = {}
    return np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), dtype=np.int64, count=len(keys))


def _join_alike(texts: Sequence[str], *, places: Sequence[int], joined: Joined, alike: float) -> None:
    from datasketch import MinHash  # noqa: PLC0415 - a second that reading need not take

    buckets: dict[tuple[int, bytes], list[int]] = {}
    blank = MinHash(num_perm=BANDS * BAND, seed=1)
    for number, text in enumerate(texts):
        of_text, sketch, candidates = _shingles(text), blank.copy(), set[int]()
        sketch.update_batch([shingle.encode() for shingle in sorted(of_text)])
        for band in range(BANDS):
            bucket = buckets.setdefault((band, sketch.hashvalues[band * BAND : (band + 1) * BAND].tobytes()), [])
            candidates.update(bucket)
            if len(bucket) < BUCKET_MOST:
                bucket.append(number)
        for other in sorted(candidates):
            if joined.root(places[other]) != joined.root(places[number]) and jaccard(of_text, _shingles(texts[other])) >= alike:
                joined.join(places[other], places[number])


@lru_cache(maxsize=4096)  # those of all texts would take ten times the texts' memory, and few are asked for again
def _shingles(text: str) -> frozenset[str]:
    """Return pairs of neighbouring words; of a single word itself."""
    words = text[:_LETTERS].split()
    return frozenset(f"{one} {other}" for one, other in pairwise(words)) or frozenset(words)


def jaccard(one: frozenset[Any], other: frozenset[Any]) -> float:
    """Return which share of what two sets hold is in both, from 0 to 1."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0
