"""Reads labels that were sent for a model, and puts them to the rows that they are of."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, TypeAlias

import numpy as np

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.model_monitoring import FIRST_YEAR, LABELS_FORMAT, LAST_YEAR
from libs.contracts.names import did_you_mean, listed
from libs.contracts.training import Artifact
from services.training.snapshots.sides import Sides

GONE: Final = "The file of labels is no longer there: send the labels again."
NO_COLUMNS: Final = "The file of labels must have the column value, and timestamp or prediction_id; it has {columns}."
BY_ID: Final = "{count:,} labels name a prediction by its id alone, and the rows of now have none: they were left out."
NO_CSV: Final = "The file of labels is no CSV in UTF-8 with the columns {columns}: {error}."
NO_NUMBER: Final = "The label {text!r} is no number, and the model answers numbers."
NO_CLASS: Final = "The label {text!r} is none of {classes}.{near}"
NO_MOMENT: Final = "Line {line} of the labels has the timestamp {text!r}: it must be as 2026-01-31T14:30:00Z."
OF_SEVERAL: Final = (
    "{count:,} labels are of several rows of now each, and were left out: name the symbol (product, item), too, or the row's id."
)
NO_ROW: Final = "{count:,} labels are of no row of now, and were left out."


Key: TypeAlias = str | tuple[int, str]
"""What names a row: its id; or its moment and symbol, which is empty where a label names none."""
Labels: TypeAlias = dict[Key, str]


def read_labels(artifact: Artifact, *, artifacts: Artifacts) -> Labels:
    """Read a file of labels; of two of one row the later counts. Raise InvalidError, which names field and row, for what is none."""
    try:
        rows = csv.DictReader(io.StringIO(artifacts.get(artifact.sha256).decode("utf-8-sig")))
        columns = tuple(rows.fieldnames or ())
        if "value" not in columns or not {"timestamp", "prediction_id"} & set(columns):
            raise _refused(NO_COLUMNS.format(columns=listed(columns) or "none"))
        found: Labels = {}
        for number, row in enumerate(rows, start=2):
            value = (row["value"] or "").strip()
            if moment := (row.get("timestamp") or "").strip():
                found[_nanoseconds(moment, line=number), (row.get("symbol") or "").strip()] = value
            else:
                found[(row.get("prediction_id") or "").strip()] = value
    except ArtifactMissingError as error:
        raise InvalidError(GONE, details={"labels": [GONE]}) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(NO_CSV.format(columns=LABELS_FORMAT, error=error)) from error
    return found


def labelled(sides: Sides, labels: Labels) -> Sides:
    """Return the sides with the labels at the rows of now, where they count before what the data tells."""
    current = sides.current
    truth, used = current.truth.copy(), set[Key]()
    named = list(_keys(sides))
    rows = Counter(key for keys in named for key in dict.fromkeys(keys) if key in labels)
    several = {key for key, count in rows.items() if count > 1}
    for row, keys in enumerate(named):
        if (key := next((each for each in keys if each in labels and each not in several), None)) is not None:
            truth[row] = _value(labels[key], classes=sides.classes)
            used.add(key)
    left = labels.keys() - used - several
    unknown = sum(isinstance(each, str) for each in left) if current.ids is None else 0
    notes = [BY_ID.format(count=unknown)] if unknown else []
    if several:
        notes.append(OF_SEVERAL.format(count=len(several)))
    if len(left) > unknown:
        notes.append(NO_ROW.format(count=len(left) - unknown))
    return sides.with_current(replace(current, truth=truth), *notes)


def _keys(sides: Sides) -> Iterator[tuple[Key, ...]]:
    """Yield what each row of now may be named by, the most exact first."""
    current = sides.current
    ids = [""] * len(current) if current.ids is None else current.ids.tolist()
    moments = [None] * len(current) if current.time is None else current.time.tolist()
    symbols = [""] * len(current) if current.symbols is None else current.symbols.tolist()
    for name, moment, symbol in zip(ids, moments, symbols, strict=True):
        named = (str(name),) if name else ()
        yield named if moment is None else (*named, (moment, str(symbol)), (moment, ""))


def _value(text: str, *, classes: tuple[str, ...]) -> float:
    if not classes:
        try:
            return float(text)
        except ValueError as error:
            raise _refused(NO_NUMBER.format(text=text[:40])) from error
    places: Mapping[str, int] = {name: place for place, name in enumerate(classes)}
    if text not in places and (number := _as_whole(text)) in places:
        return float(places[number])
    if text not in places:
        raise _refused(NO_CLASS.format(text=text[:40], classes=listed(classes), near=did_you_mean(text, classes)))
    return float(places[text])


def _as_whole(text: str) -> str:
    """Return a number as it is written shortest: 1 for 1.0; other words as they are."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _nanoseconds(text: str, *, line: int) -> int:
    try:
        moment = datetime.fromisoformat(text)
        aware = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _refused(NO_MOMENT.format(line=line, text=text[:40])) from error
    # Nanoseconds since 1970 have no room for other years.
    if not FIRST_YEAR <= aware.year <= LAST_YEAR:
        raise _refused(NO_MOMENT.format(line=line, text=text[:40]))
    return int(np.datetime64(aware.replace(tzinfo=None), "ns").astype(np.int64))


def _refused(message: str) -> InvalidError:
    return InvalidError(message, details={"labels": [message]})
