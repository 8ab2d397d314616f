"""Labelled texts as they are learned from: which rows are used, what labels there are, and which part each row is in."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from libs.contracts.names import did_you_mean, listed
from libs.contracts.texts import PreprocessingSettings, TextConfig, in_order
from libs.contracts.texts import TextData as DataFile
from libs.texts.near import MOST, exact_groups, joined_groups, named_groups, near_groups
from libs.texts.reading import Texts, Wanted, read_texts
from services.training.learners.errors import ClassMissingError, NotEnoughDataError, TrainingRefusedError
from services.training.texts.parting import parted
from services.training.texts.tokens import Integers

LABELS_MOST: Final = 20
FEWEST_OF_A_LABEL: Final = 3
PARTS: Final = ("train", "validation", "test")
LABEL_FIELD: Final = "config.preprocessing.label_column"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Corpus:
    """Texts with the places of their labels in `labels`; `places` says where each stands in its file.

    `groups` numbers near-duplicates (and rows of one group that were told to stay together), which are in one part. Parts are row numbers,
    ascending. `near` counts rows that are like another one.
    """

    texts: tuple[str, ...]
    targets: Integers
    labels: tuple[str, ...]
    symbols: tuple[str, ...] | None
    places: tuple[int, ...]
    groups: Integers
    train: Integers
    validation: Integers
    test: Integers
    near: int
    notes: tuple[str, ...]

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each part."""
        return {name: len(getattr(self, name)) for name in PARTS}

    def some(self, rows: Integers) -> list[str]:
        """Return these rows' texts."""
        return [self.texts[row] for row in rows.tolist()]


def open_corpus(path: Path, *, data: DataFile, config: TextConfig) -> Corpus:
    """Read the file and split its rows. The same file and settings, the same parts.

    Rows without a text or a label are left out, and counted in the notes. Raise InvalidError for a file that cannot be read, and its kind
    TrainingRefusedError for one from which nothing can be learned.
    """
    wanted, settings, given = config.preprocessing, config.data, _read(path, data=data, config=config)
    assert given.labels is not None
    used = [row for row, text in enumerate(given.texts) if text.strip() and given.labels[row]]
    labels = _labels([given.labels[row] for row in used], asked=wanted.labels)
    texts = tuple(given.texts[row] for row in used)
    targets = np.array([labels.index(given.labels[row]) for row in used], dtype=np.int64)
    near = near_groups(texts)
    counts = np.bincount(near)
    groups = near if given.groups is None else joined_groups(near, named_groups([given.groups[row] for row in used]))
    (train, validation, test), of_split = parted(
        [labels[target] for target in targets],
        sides=[given.splits[row] for row in used] if given.splits is not None and settings.heed_split else None,
        column=given.names.get("split", ""),
        places=[given.places[row] for row in used],
        unit=given.unit,
        settings=settings,
        groups=groups,
    )
    corpus = Corpus(
        texts=texts,
        targets=targets,
        labels=labels,
        symbols=None if given.symbols is None else tuple(given.symbols[row] for row in used),
        places=tuple(given.places[row] for row in used),
        groups=groups,
        train=train,
        validation=validation,
        test=test,
        near=int((counts[near] > 1).sum()),
        notes=(*_notes(given, used=len(used), wanted=wanted, heeded=settings.heed_split), *of_split, *_not_compared(texts)),
    )
    _check(corpus, wants_validation=settings.val_split > 0 and not of_split)
    return corpus


def _read(path: Path, *, data: DataFile, config: TextConfig) -> Texts:
    wanted, settings = config.preprocessing, config.data
    columns = Wanted(
        text=_asked(wanted.text_column, "text_column"),
        label=_asked(wanted.label_column, "label_column"),
        symbol=wanted.symbol_column,
        group=settings.group_column,
        split=settings.split_column if settings.heed_split else None,
        labelled=True,
    )
    return read_texts(path, format=settings.format or data.format, encoding=settings.encoding or data.encoding, wanted=columns)


def _notes(given: Texts, *, used: int, wanted: PreprocessingSettings, heeded: bool) -> Iterator[str]:
    """Yield what was read otherwise than asked."""
    yield from given.notes
    for role, asked in (("text", wanted.text_column), ("label", wanted.label_column)):
        if given.names[role] != asked:
            yield f"There is no column {asked!r}: `{given.names[role]}` was read as the {role}."
    if given.splits is not None and not heeded:
        yield f"The file's column `{given.names['split']}` was not heeded, as was asked: rows were split anew, by the shares."
    if left := len(given.texts) - used:
        yield f"{left:,} of {len(given.texts):,} rows have no text or no label, and were left out."


def _not_compared(texts: Sequence[str]) -> Iterator[str]:
    if len(texts) > MOST and (distinct := int(exact_groups(texts).max()) + 1) > MOST:
        told = "only texts that are the same but for case and punctuation were kept on one side of the split"
        yield f"There are {distinct:,} distinct texts; near-duplicates are looked for in {MOST:,} at most: {told}."


def _asked(name: str, setting: str) -> str | None:
    """Return a column's name; None for the usual one, in whose place others are read that say the same, such as `headline`."""
    return None if name == PreprocessingSettings.model_fields[setting].default else name


def _labels(words: Sequence[str], *, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the labels in their order. Raise TrainingRefusedError for what is no set of labels."""
    counts = Counter(words)
    if asked is not None:
        if unknown := [word for word in counts if word not in asked]:
            message = f"The data has the label {unknown[0]!r}, which is none of {listed(asked)}.{did_you_mean(unknown[0], asked)}"
            raise TrainingRefusedError(message, details={"config.preprocessing.labels": [message]})
        if missing := [word for word in asked if counts[word] < FEWEST_OF_A_LABEL]:
            raise _too_few(missing[0], counts[missing[0]])
        return asked
    if len(counts) > LABELS_MOST:
        some = listed([repr(each) for each in sorted(counts)], most=3)
        message = f"There are {len(counts):,} labels, such as {some}; {LABELS_MOST} are the most."
        raise TrainingRefusedError(message, details={LABEL_FIELD: [message]})
    if len(counts) < 2:  # noqa: PLR2004 - one is nothing to choose from
        message = f"There is one label, {next(iter(counts), '')!r}: there must be two to be told apart."
        raise ClassMissingError(message, details={LABEL_FIELD: [message]})
    if rare := [word for word, count in counts.items() if count < FEWEST_OF_A_LABEL]:
        raise _too_few(rare[0], counts[rare[0]])
    return in_order(list(counts))


def _too_few(label: str, count: int) -> ClassMissingError:
    message = f"The label {label!r} has {count} rows; each needs {FEWEST_OF_A_LABEL} at least, to learn from and to measure on."
    return ClassMissingError(message, details={LABEL_FIELD: [message]})


def _check(corpus: Corpus, *, wants_validation: bool) -> None:
    """Raise TrainingRefusedError where a part has nothing in it, or a label nothing to be learned from."""
    for name, count in corpus.rows.items():
        if not count and (name != "validation" or wants_validation):
            groups = int(corpus.groups.max()) + 1
            alike = groups < len(corpus.texts) / 2
            why = f"those that are alike or belong together stay in one part, and only {groups:,} differ: send more that do"
            message = f"No rows are left for {name} of {len(corpus.texts):,}: {why if alike else 'send more, or give it a larger share'}."
            raise NotEnoughDataError(message, details={"data_path": [message]})
    learned = np.bincount(corpus.targets[corpus.train], minlength=len(corpus.labels))
    if (missing := np.flatnonzero(learned == 0)).size:
        message = f"All rows of the label {corpus.labels[missing[0]]!r} look alike, so that none is left to learn from."
        raise ClassMissingError(message, details={LABEL_FIELD: [message]})
