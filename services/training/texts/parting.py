"""Which rows are learned from, which choose the best epoch, and which it is measured on: as a column of the file says, else by shares."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from libs.contracts.names import did_you_mean, listed
from libs.contracts.text_config import DataSettings
from libs.texts.splitting import crossing, split
from services.training.learners.errors import TrainingRefusedError
from services.training.texts.tokens import Integers

PARTS: Final = ("train", "validation", "test")
SIDES: Final = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""What files call the parts."""


def parted(
    labels: Sequence[str], *, sides: Sequence[str] | None, column: str, places: Sequence[int], unit: str, settings: DataSettings,
    groups: Integers,
) -> tuple[list[Integers], tuple[str, ...]]:  # fmt: skip
    """Return the row numbers of train, validation and test, and what is to be known of them.

    `sides` is what `column` of the file says of each row; without it rows are split by the shares, stratified by label, those of one group
    on one side. `places` are the rows' numbers in the file, in `unit`. Raise TrainingRefusedError for a row whose side is missing, or is
    no word for one.
    """
    shares = (settings.train_split, settings.val_split, settings.test_split)
    if sides is None:
        return split(labels, shares=shares, seed=settings.random_seed, groups=groups), ()
    said = _sides(sides, column=column, places=places, unit=unit)
    train, validation, test = (np.flatnonzero(said == part) for part in PARTS)
    if missing := [name for name, rows in (("train", train), ("test", test)) if not len(rows)]:
        why = f"The column `{column}` has no rows for {missing[0]}: there must be some to learn from and some to measure on."
        raise _refused(why)
    notes = [f"The parts are those of the file's column `{column}`."]
    if not len(validation) and settings.val_split > 0 and len(train):
        held = settings.val_split / (settings.train_split + settings.val_split)
        kept, taken = split(
            [labels[row] for row in train.tolist()], shares=(1 - held, held), seed=settings.random_seed, groups=groups[train]
        )
        train, validation = train[kept], train[taken]
        notes.append(f"It has no validation rows: {len(validation):,} of its train rows were taken for it, by the shares.")
    parts = [train, validation, test]
    if len(both := crossing(groups, sides=parts)):
        notes.append(f"{len(both):,} rows have one that is alike, or of their group, in another part of `{column}`: figures may flatter.")
    return parts, tuple(notes)


def _sides(words: Sequence[str], *, column: str, places: Sequence[int], unit: str) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    found = [SIDES.get(word.strip().casefold()) for word in words]
    if None not in found:
        return np.array(found, dtype=np.str_)
    unsaid = [row for row, side in enumerate(found) if side is None]
    word = words[unsaid[0]].strip()
    where, more = f"{unit} {places[unsaid[0]]:,}", f" and {len(unsaid) - 1:,} more" if len(unsaid) > 1 else ""
    what = f"says {word[:40]!r} in {where}{more}, which is none of {listed(list(SIDES))}.{did_you_mean(word, SIDES)}" if word else (
        f"says nothing in {where}{more}: each row needs one of {listed(PARTS)}."
    )  # fmt: skip
    why = f"The column `{column}` {what}"
    raise _refused(why)


def _refused(why: str) -> TrainingRefusedError:
    message = f"{why} Set config.data.heed_split to false to split by shares."
    return TrainingRefusedError(message, details={"config.data.split_column": [message]})
