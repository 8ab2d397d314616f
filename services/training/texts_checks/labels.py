"""Looks at the labels: missing and unknown ones, contradictions, and how unevenly they are spread."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from libs.contracts.names import did_you_mean, listed
from libs.contracts.text_checks import TextFinding, TextFindingCode
from libs.contracts.texts import LABELS_MOST
from services.training.texts_checks.looked import Looked, rows_of, shortened

FEW: Final = 10
"""Rows of a label below which little is learned of it, and next to nothing measured."""
TOO_FEW: Final = 3
"""Rows of a label below which there is none for each part of a split: no training takes it."""
UNEVEN: Final = 10
"""How many times as frequent as the rarest label the most frequent one may be before it is told."""


def unknown_labels(looked: Looked, *, allowed: Sequence[str] | None) -> Iterator[TextFinding]:
    """Find rows without a label, or with one that is not among those that there may be; and more labels than a model tells apart."""
    labels = looked.texts.labels
    if labels is None:
        return
    missing = [row for row, label in enumerate(labels) if not label]
    if missing:
        yield looked.finding(
            TextFindingCode.LABEL_UNKNOWN,
            rows=missing,
            severity="error" if len(missing) == len(labels) else "warning",
            message="{rows} without a label.",
            suggestion="Label them, or remove them: trainings leave them out.",
            why=lambda _: "no label",
        )
    distinct = Counter(label for label in labels if label)
    if allowed is not None:
        known = frozenset(allowed)
        rows = [row for row, label in enumerate(labels) if label and label not in known]
        if rows:
            names = listed([repr(shortened(label)) for label in distinct if label not in known])
            yield looked.finding(
                TextFindingCode.LABEL_UNKNOWN,
                rows=rows,
                severity="error",
                message=f"{{rows}} with a label that is none of {listed(list(allowed))}: {names}.",
                suggestion=f"Correct them.{did_you_mean(labels[rows[0]], allowed)}",
            )
    elif len(distinct) > LABELS_MOST:
        rare = frozenset(label for label, _ in distinct.most_common()[LABELS_MOST:])
        yield looked.finding(
            TextFindingCode.LABEL_UNKNOWN,
            rows=[row for row, label in enumerate(labels) if label in rare],
            severity="error",
            message=f"{len(distinct):,} labels; a model tells {LABELS_MOST} apart. {{rows}} have others than the most frequent ones.",
            suggestion="Name the column that holds the labels, or join labels.",
        )


def alike_labels(looked: Looked) -> Iterator[TextFinding]:
    """Find labels that differ in case and spaces alone: `Positive` beside `positive`."""
    counts = Counter(label for label in looked.texts.labels or () if label)
    by_word: dict[str, list[str]] = {}
    for label, _ in counts.most_common():
        by_word.setdefault(" ".join(label.casefold().split()), []).append(label)
    others = {label: kinds[0] for kinds in by_word.values() for label in kinds[1:]}
    if others:
        told = listed([f"{shortened(label)!r} beside {shortened(usual)!r}" for label, usual in others.items()])
        yield looked.finding(
            TextFindingCode.LABEL_UNKNOWN,
            rows=[row for row, label in enumerate(looked.texts.labels or ()) if label in others],
            severity="warning",
            message=f"{{rows}} with a label that differs from a more frequent one in case or spaces alone: {told}.",
            suggestion="Write each label in one way: a model would take them for different ones.",
        )


def conflicting_labels(looked: Looked) -> Iterator[TextFinding]:
    """Find the same text with different labels."""
    labels = looked.texts.labels
    if labels is None or not len(looked.labelled):
        return
    by_group: dict[int, dict[str, int]] = {}
    for row in looked.labelled.tolist():
        by_group.setdefault(int(looked.exact[row]), {}).setdefault(labels[row], row)
    torn = {group: firsts for group, firsts in by_group.items() if len(firsts) > 1}
    if torn:
        rows = [row for row in looked.labelled.tolist() if int(looked.exact[row]) in torn]

        def other(row: int) -> str:
            label, where = next((label, first) for label, first in torn[int(looked.exact[row])].items() if label != labels[row])
            return f"{shortened(label)} in {looked.where(where)}"

        yield looked.finding(
            TextFindingCode.LABEL_CONFLICT,
            rows=rows,
            severity="warning",
            message="{rows} whose text has another label elsewhere.",
            suggestion="Decide on one label each, or remove them: no model can be right about both.",
            why=other,
        )


def imbalance(looked: Looked) -> Iterator[TextFinding]:
    """Find a single label, labels of few rows, and a rarest label that is far rarer than the most frequent one."""
    labels = looked.texts.labels
    counts = Counter(labels[row] for row in looked.labelled.tolist()) if labels is not None else Counter[str]()
    if not counts or len(counts) > LABELS_MOST:
        return
    (most, many), (least, few) = counts.most_common()[0], counts.most_common()[-1]
    sparse = [label for label, count in counts.items() if count < FEW]
    if len(counts) > 1 and not sparse and many < UNEVEN * few:
        return
    alone = len(counts) == 1
    if alone:
        message = f"All rows have the label {shortened(most)!r}: there is nothing to tell apart."
        suggestion = "Add rows with other labels, or name the column that holds the labels."
    else:
        usual = f"whoever always says {shortened(most)!r} is right in {many / counts.total():.0%}"
        message = f"{shortened(most)!r} has {rows_of(many)}, {shortened(least)!r} {few:,}: {usual}."
        suggestion = "Add rows of the rare labels, set class_weights to balanced, and judge by macro F1, not by accuracy."
    rare = frozenset([] if alone else sparse or [least])
    yield looked.finding(
        TextFindingCode.IMBALANCE,
        rows=[row for row in looked.labelled.tolist() if labels is not None and labels[row] in rare],
        count=max(len(rare), 1),
        looked=len(counts),
        severity="error" if alone or few < TOO_FEW else "warning",
        message=message,
        suggestion=suggestion,
    )


def majority_share(labels: Sequence[str]) -> float:
    """Return how often whoever always says the most frequent label is right, 0 to 1."""
    return float(np.unique(np.asarray(labels, dtype=str), return_counts=True)[1].max() / len(labels))
