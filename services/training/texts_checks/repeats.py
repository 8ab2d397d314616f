"""Looks for texts that are there several times, and for splits that part them."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from libs.contracts.text_checks import TextFinding, TextFindingCode
from libs.contracts.text_config import DataSettings
from libs.texts.near import exact_groups, joined_groups, named_groups
from libs.texts.splitting import crossing, split
from services.training.texts_checks.looked import Integers, Looked

SIDES_MOST: Final = 10  # words that a split column has at most: one with more is no split
_EXAMPLE_SEED: Final = 42


def repeated_texts(looked: Looked) -> Iterator[TextFinding]:
    """Find texts that are there before, and those that another one is nearly."""
    first = _firsts(looked.exact)
    again = np.flatnonzero(first != np.arange(len(first)))
    if len(again):
        yield looked.finding(
            TextFindingCode.DUPLICATE,
            rows=again,
            severity="warning",
            message="{rows} whose text is there before, but for case and punctuation.",
            suggestion="Keep one of each: copies count several times in training, and measure nothing in a test.",
            why=lambda row: f"as {looked.where(int(first[row]))}",
        )
    alike = _firsts(looked.near)
    near = np.flatnonzero((first == np.arange(len(first))) & (alike != np.arange(len(alike))))
    if len(near):
        yield looked.finding(
            TextFindingCode.NEAR_DUPLICATE,
            rows=near,
            severity="warning",
            message="{rows} with nearly the words of another one before (four of five pairs of neighbouring words are the same).",
            suggestion="Keep one of each, or let them be: trainings here keep them on one side of their split.",
            why=lambda row: f"like {looked.where(int(alike[row]))}",
        )


def _firsts(groups: Integers) -> Integers:
    """Return for each row the first one of its group."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], dtype=np.int64)


def leakage(looked: Looked) -> Iterator[TextFinding]:
    """Find near-duplicates, and rows of one group, on several sides: of the file's own split, else of one at random."""
    groups = looked.near
    if looked.texts.groups is not None:
        groups = joined_groups(groups, named_groups(looked.texts.groups))
    sides = _own_sides(looked)
    if sides is not None:
        yield from _of_own(looked, groups=groups, sides=sides)
    elif len(looked.labelled):
        yield from _at_random(looked, groups=groups)
        yield from _unfilled(looked, groups=groups)


def _own_sides(looked: Looked) -> dict[str, Integers] | None:
    words = looked.sides
    if words is None:
        return None
    numbers = exact_groups(words)
    names = {int(number): word for number, word in zip(numbers, words, strict=True) if word}
    if not 1 < len(names) <= SIDES_MOST:
        return None
    return {word: np.flatnonzero(numbers == number) for number, word in names.items()}


def _of_own(looked: Looked, *, groups: Integers, sides: dict[str, Integers]) -> Iterator[TextFinding]:
    rows = crossing(groups, sides=list(sides.values()))
    if not len(rows):
        return
    order = rows[np.argsort(groups[rows], kind="stable")]
    yield looked.finding(
        TextFindingCode.SPLIT_LEAKAGE,
        rows=rows,
        severity="error",
        message=f"{{rows}} whose text, nearly, is on another side of the split, too ({', '.join(sides)}): a test would measure memory.",
        suggestion="Split anew with near-duplicates on one side, as trainings here do it, or take them out of the test.",
        why=lambda row: f"in {next(name for name, of_side in sides.items() if row in of_side)}",
        shown=order.tolist(),
    )


def _unfilled(looked: Looked, *, groups: Integers) -> Iterator[TextFinding]:
    """Find that too few texts differ for each part of a training's split to have some: near-duplicates stay on one side."""
    rows, labels = looked.labelled, looked.texts.labels or []
    distinct = len(np.unique(groups[rows]))
    if distinct == len(rows):  # Too few rows are another matter, which their count tells.
        return
    shares = DataSettings()
    parts = split(
        [labels[row] for row in rows],
        shares=(shares.train_split, shares.val_split, shares.test_split),
        seed=shares.random_seed,
        groups=groups[rows],
    )
    if empty := [name for name, part in zip(("train", "validation", "test"), parts, strict=True) if not len(part)]:
        yield looked.finding(
            TextFindingCode.NEAR_DUPLICATE,
            rows=rows,
            severity="error",
            message=f"{{rows}} with a label are {distinct:,} texts that differ: near-duplicates stay in one part, so {empty[0]} has none.",
            suggestion="Send more texts that differ from each other.",
            why=lambda _: "",
        )


def _at_random(looked: Looked, *, groups: Integers) -> Iterator[TextFinding]:
    rows, labels = looked.labelled, looked.texts.labels or []
    shares = DataSettings()
    parts = split([labels[row] for row in rows], shares=(shares.train_split, shares.val_split, shares.test_split), seed=_EXAMPLE_SEED)
    leaked = crossing(groups[rows], sides=parts)
    tested = rows[np.intersect1d(leaked, np.concatenate(parts[1:]))]
    if len(tested):
        yield looked.finding(
            TextFindingCode.SPLIT_LEAKAGE,
            rows=tested,
            severity="info",
            message="{rows} would stand in validation or test with nearly their text in training, if the rows were split at random.",
            suggestion="Trainings here keep them on one side; whoever splits elsewhere should, too.",
            looked=sum(len(part) for part in parts[1:]),
        )
