"""Reads texts with their labels from JSON, JSON lines, CSV, Parquet and PhraseBank files, in bounded memory."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from libs.contracts.datasets import DatasetKind
from libs.contracts.text_config import DataFormat
from libs.market.datasets.column_names import role_of
from libs.texts.encodings import Encoding, tell_encoding
from libs.texts.json_rows import open_json
from libs.texts.line_rows import is_phrasebank, open_csv, open_phrasebank
from libs.texts.rows import Bounds, Texts, Wanted, as_word, check_format, check_header, missing_column, refused

__all__ = ["Bounds", "Texts", "Wanted", "read_texts"]

_HEAD: Final = 1 << 16
_ROLES: Final = ("text", "label", "time", "symbol", "group", "split")
# A column that says on which side of a split a row is; groups have no name of their own.
_BY_NAME: Final = {"group": (), "split": ("split", "subset", "partition")}
_Rows = Iterator[tuple[int, Any]]
# The columns that are wanted give the rows; formats that are read line by line give all columns.
_Opened = tuple[DataFormat, tuple[str, ...], Callable[[Collection[str]], _Rows]]


def read_texts(
    path: Path,
    *,
    format: str | None = None,  # noqa: A002 - the field's name
    encoding: str | None = None,
    wanted: Wanted | None = None,
    bounds: Bounds | None = None,
) -> Texts:
    """Return a file's rows; without a format or an encoding (a name of Python's) they are told by what the file holds.

    Columns that were named must be there; others are taken where they are called so (`headline` is a text, `sentiment` a label). Raise
    `InvalidError` under `data_path`, `format`, `encoding` or a column's field such as `text_column`: what is wrong, where, and what is
    allowed.
    """
    check_format(format)
    wanted, bounds = wanted or Wanted(), bounds or Bounds()
    found = Texts()
    with _opened(path, format=format, encoding=encoding, bounds=bounds, found=found) as (kind, header, rows):
        found.format, found.columns = kind, header
        if not header:
            message = "The file has no rows."
            raise refused(message)
        check_header(header)
        found.names = _chosen(header, wanted=wanted)
        _read(rows(found.names.values()), found=found, bounds=bounds)
    if not found.texts:
        message = "The file has columns and no rows."
        raise refused(message)
    return found


@contextmanager
def _opened(path: Path, *, format: str | None, encoding: str | None, bounds: Bounds, found: Texts) -> Iterator[_Opened]:  # noqa: A002 - as above
    with path.open("rb") as raw:
        magic = raw.read(4)
    if magic == b"PAR1":
        if format not in {None, "parquet"}:
            message = f"The file is Parquet, and format says {format}."
            raise refused(message, field="format")
        from libs.texts.parquet_rows import open_parquet_rows  # noqa: PLC0415 - arrow, which other formats need not load

        yield open_parquet_rows(path, bounds=bounds)
        return
    if format == "parquet":
        message = "The file is no Parquet file, or is damaged: write it again, or say its format."
        raise refused(message, field="format")
    told = tell_encoding(path, bounds=bounds, given=encoding)
    _tell(told, found=found)
    with told.open(path) as file:
        head = file.read(_HEAD)
        file.seek(0)
        kind = format or _told_by(head)
        if kind in {"json", "jsonl"}:
            if not head.lstrip().startswith(("[", "{")):
                message = f"The file is no JSON: it begins with {head.strip()[:40]!r}. Send an array of objects, or an object a line."
                raise refused(message, field="format" if format else "data_path")
            yield _with_all(*open_json(file, bounds=bounds))
        elif head.lstrip().startswith(("[{", "[\n", '{"')):
            message = f"The file is JSON, and format says {kind}."
            raise refused(message, field="format")
        elif kind == "phrasebank":
            yield _with_all("phrasebank", *open_phrasebank(file, bounds=bounds))
        else:
            yield _with_all("csv", *open_csv(file, bounds=bounds))


def _with_all(kind: DataFormat, header: tuple[str, ...], rows: _Rows) -> _Opened:
    return kind, header, lambda _: rows


def _told_by(head: str) -> DataFormat:
    if head.lstrip().startswith(("[", "{")):
        return "json"
    return "phrasebank" if is_phrasebank(head) else "csv"


def _tell(encoding: Encoding, *, found: Texts) -> None:
    found.encoding, found.encoding_assumed, found.undecodable = encoding.name, encoding.assumed, encoding.undecodable
    if encoding.assumed:
        found.notes.append(f"The file is no UTF-8 and has no mark of its encoding: it was read as {encoding.name}, which is a guess.")
    if encoding.undecodable:
        found.notes.append(f"{encoding.undecodable:,} places hold bytes that are no text in {encoding.name}; each was read as U+FFFD.")


def _chosen(header: Sequence[str], *, wanted: Wanted) -> dict[str, str]:
    """Return what the file calls the columns that are read."""
    chosen: dict[str, str] = {}
    for role in _ROLES:
        asked = getattr(wanted, role)
        if asked is not None and asked not in header:
            raise missing_column(asked, field=f"{role}_column", header=header)
        free, known = [name for name in header if name not in chosen.values()], _BY_NAME.get(role)
        by_name = (
            role_of(role, kind=DatasetKind.TEXT, header=free)
            if known is None
            else next((name for name in free if name.casefold() in known), None)
        )
        name = asked if asked is not None else by_name
        if name is not None:
            chosen[role] = name
    for role in ("text", "label") if wanted.labelled else ("text",):
        if role not in chosen:
            raise missing_column(role, field=f"{role}_column", header=header)
    return chosen


def _read(rows: _Rows, *, found: Texts, bounds: Bounds) -> None:
    columns: dict[str, list[str]] = {role: [] for role in found.names}
    letters = 0
    for place, row in rows:
        where = f"{found.unit} {place:,}"
        for role, name in found.names.items():
            word = as_word(row.get(name), column=name, place=where)
            most = bounds.text if role == "text" else bounds.cell
            if len(word) > most:
                message = f"The {role} of {where} has {len(word):,} letters; a {role} has {most:,} at most."
                raise refused(message)
            letters += len(word)
            columns[role].append(word)
        found.places.append(place)
        if len(found.places) > bounds.rows:
            message = f"The file has more than {bounds.rows:,} rows, the most that is read at once: send fewer."
            raise refused(message)
        if letters > bounds.all_letters:
            message = f"The rows have more than {bounds.all_letters:,} letters together, the most that is read at once: send fewer."
            raise refused(message)
    found.texts = columns["text"]
    found.labels = [word.strip() for word in columns["label"]] if "label" in columns else None
    found.times, found.symbols, found.groups = columns.get("time"), columns.get("symbol"), columns.get("group")
    found.splits = columns.get("split")
