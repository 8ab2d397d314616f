"""Test data: texts with the labels that they should get, as an exported file is asked about them."""

from dataclasses import dataclass
from pathlib import Path

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean, listed
from libs.contracts.texts import TextManifest

ROWS_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file are called, and its format; None: as the model was trained, and as the file tells."""

    text: str | None = None
    label: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class TestRows:
    """Texts and the place of each one's label among the model's."""

    __test__ = False  # It is no test of pytest's.

    texts: tuple[str, ...]
    labels: tuple[int, ...]


def read_test_rows(path: Path, *, manifest: TextManifest, columns: Columns | None = None) -> TestRows:
    """Return the first ROWS_MOST rows of a file. Raise InvalidError (`test_data`) for one without labels, or with one of no model's."""
    from libs.texts.reading import Wanted, read_texts  # noqa: PLC0415 - an export without test data reads none

    columns = columns or Columns()
    text, label = columns.text or _if_there(manifest.text_column), columns.label or _if_there(manifest.label_column)
    try:
        found = read_texts(path, format=columns.format, wanted=Wanted(text=text, label=label, labelled=True))
    except InvalidError as error:
        raise InvalidError(error.message, details={"test_data": [error.message]}) from error
    places = {label: place for place, label in enumerate(manifest.labels)}
    labels = [each.strip() for each in found.labels or ()][:ROWS_MOST]
    if unknown := sorted({label for label in labels if label not in places}):
        near = did_you_mean(unknown[0], manifest.labels)
        known = listed(manifest.labels, most=len(manifest.labels))
        message = f"The test data has the label '{unknown[0][:64]}', which the model does not have.{near} It has: {known}."
        raise InvalidError(message, details={"test_data": [message]})
    return TestRows(tuple(found.texts[:ROWS_MOST]), tuple(places[label] for label in labels))


def _if_there(column: str) -> str | None:
    """Return the column that a model learned from, unless it is the one that is found by itself."""
    return None if column in {"text", "label"} else column
