"""Test data: texts with the labels that they should get, as an exported file is asked about them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean, listed
from libs.contracts.texts import TextManifest

ROWS_MOST: Final = 2000
"""Of more, so many are asked about, spread evenly over the file: parity shows on few."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file are called, and its format; None: as the model was trained, and as the file tells."""

    text: str | None = None
    label: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class TestRows:
    """Texts, the short ones first, and the place of each one's label among the model's; the file has `of_rows`."""

    __test__ = False  # It is no test of pytest's.

    texts: tuple[str, ...]
    labels: tuple[int, ...]
    of_rows: int


def read_test_rows(path: Path, *, manifest: TextManifest, columns: Columns | None = None) -> TestRows:
    """Return a file's rows. Raise InvalidError (`test_data`) for one without labels, or with one of no model's."""
    from libs.texts.reading import Wanted, read_texts  # noqa: PLC0415 - an export without test data reads none

    columns = columns or Columns()
    text, label = columns.text or _if_there(manifest.text_column), columns.label or _if_there(manifest.label_column)
    try:
        found = read_texts(path, format=columns.format, wanted=Wanted(text=text, label=label, labelled=True))
    except InvalidError as error:
        raise InvalidError(error.message, details={"test_data": [error.message]}) from error
    places = {label: place for place, label in enumerate(manifest.labels)}
    labels = [each.strip() for each in found.labels or ()]
    if unknown := sorted({label for label in labels if label not in places}):
        near = did_you_mean(unknown[0], manifest.labels)
        known = listed(manifest.labels, most=len(manifest.labels))
        message = f"The test data has the label '{unknown[0][:64]}', which the model does not have.{near} It has: {known}."
        raise InvalidError(message, details={"test_data": [message]})
    some = np.unique(np.linspace(0, len(labels) - 1, min(ROWS_MOST, len(labels))).astype(int)).tolist()
    # Texts of like length are asked together, so that little is filled up.
    some.sort(key=lambda row: len(found.texts[row]))
    return TestRows(tuple(found.texts[row] for row in some), tuple(places[labels[row]] for row in some), len(labels))


def _if_there(column: str) -> str | None:
    """Return the column that a model learned from, unless it is the one that is found by itself."""
    return None if column in {"text", "label"} else column
