"""Reads labels that were sent for a model, and puts them to the rows that they are of."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.model_monitoring import LABELS_FORMAT
from libs.contracts.names import did_you_mean, listed
from libs.contracts.training import Artifact
from services.training.snapshots.sides import Sides

GONE: Final = "The file of labels is no longer there: send the labels again."
NO_COLUMNS: Final = "The file of labels must have the column value, and timestamp or prediction_id; it has {columns}."
BY_ID: Final = "{count:,} labels name a prediction by its id alone and no moment, by which rows are known here: they were left out."
NO_CSV: Final = "The file of labels is no CSV in UTF-8 with the columns {columns}: {error}."
NO_NUMBER: Final = "The label {text!r} is no number, and the model answers numbers."
NO_CLASS: Final = "The label {text!r} is none of {classes}.{near}"
NO_MOMENT: Final = "Line {line} of the labels has the timestamp {text!r}: it must be as 2026-01-31T14:30:00Z."
NO_ROW: Final = "{count:,} labels are of no row of now, and were left out."


@dataclass(slots=True)
class Labels:
    """Values by moment (nanoseconds since 1970) and symbol, which is empty where a label names none; how many name an id alone."""

    values: dict[tuple[int, str], str] = field(default_factory=dict)
    by_id: int = 0


def read_labels(artifact: Artifact, *, artifacts: Artifacts) -> Labels:
    """Read a file of labels; of two of one row the later counts. Raise InvalidError, which names field and row, for what is none."""
    try:
        rows = csv.DictReader(io.StringIO(artifacts.get(artifact.sha256).decode("utf-8-sig")))
        columns = tuple(rows.fieldnames or ())
        if "value" not in columns or not {"timestamp", "prediction_id"} & set(columns):
            raise _refused(NO_COLUMNS.format(columns=listed(columns) or "none"))
        found = Labels()
        for number, row in enumerate(rows, start=2):
            if not (moment := (row.get("timestamp") or "").strip()):
                found.by_id += 1
                continue
            found.values[_nanoseconds(moment, line=number), (row.get("symbol") or "").strip()] = (row["value"] or "").strip()
    except ArtifactMissingError as error:
        raise InvalidError(GONE, details={"labels": [GONE]}) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise _refused(NO_CSV.format(columns=LABELS_FORMAT, error=error)) from error
    return found


def labelled(sides: Sides, labels: Labels) -> Sides:
    """Return the sides with the labels at the rows of now, where they count before what the data tells."""
    current = sides.current
    notes = [BY_ID.format(count=labels.by_id)] if labels.by_id else []
    truth, used = current.truth.copy(), set[tuple[int, str]]()
    if current.time is not None:
        symbols = [""] * len(current) if current.symbols is None else [str(each) for each in current.symbols.tolist()]
        for row, (moment, symbol) in enumerate(zip(current.time.tolist(), symbols, strict=True)):
            for key in ((moment, symbol), (moment, "")):
                if key in labels.values:
                    truth[row] = _value(labels.values[key], classes=sides.classes)
                    used.add(key)
                    break
    if left := len(labels.values.keys() - used):
        notes.append(NO_ROW.format(count=left))
    return sides.with_current(replace(current, truth=truth), *notes)


def _value(text: str, *, classes: tuple[str, ...]) -> float:
    if not classes:
        try:
            return float(text)
        except ValueError as error:
            raise _refused(NO_NUMBER.format(text=text[:40])) from error
    places: Mapping[str, int] = {name: place for place, name in enumerate(classes)}
    if text not in places:
        raise _refused(NO_CLASS.format(text=text[:40], classes=listed(classes), near=did_you_mean(text, classes)))
    return float(places[text])


def _nanoseconds(text: str, *, line: int) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _refused(NO_MOMENT.format(line=line, text=text[:40])) from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "ns").astype(np.int64))


def _refused(message: str) -> InvalidError:
    return InvalidError(message, details={"labels": [message]})
