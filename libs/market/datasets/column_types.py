"""The types of a table's columns, told by all of their cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from libs.contracts.datasets import FindingCode
from libs.market.datasets.canonical import NO_MOMENT
from libs.market.datasets.findings import quoted
from libs.market.datasets.notes import WHERE, Notes
from libs.market.datasets.recognise import ColumnType, Read
from libs.market.datasets.values import shown_cell, texts_of, to_floats, to_moments

_INTEGER: Final = r"^-?(?:0|[1-9]\d{0,17})$"
_NAMED: Final = r"^[+-]?0\d"
_BOOLEAN: Final = r"(?i)^(?:true|false)$"
_LARGEST: Final = 2**63 - 1
_ORDER: Final[tuple[ColumnType, ...]] = ("boolean", "integer", "number")
# Texts without which a row teaches nothing.
_NEEDED: Final = frozenset({"text", "label"})


def widest(first: str, second: str) -> ColumnType | None:
    """Return the type that holds values of both; None where none does but text, which would not give back what it was made of."""
    if first == second or {first, second} == {"integer", "number"}:
        kinds: dict[str, ColumnType] = {"time": "time", "text": "text", "boolean": "boolean", "integer": "integer", "number": "number"}
        return kinds["number" if first != second else first]
    return "text" if first == "text" else None


@dataclass(slots=True)
class Types:
    """What the columns can be after the cells that were seen; `reads` are the columns by name."""

    comma: bool
    reads: Mapping[str, Read]
    _possible: dict[str, set[ColumnType]] = field(default_factory=dict)
    _filled: set[str] = field(default_factory=set)
    _first: int | None = None
    _last: int | None = None

    @property
    def span(self) -> tuple[int | None, int | None]:
        """Return the first and the last time, in nanoseconds since 1970."""
        return self._first, self._last

    def is_empty(self, name: str) -> bool:
        """Tell whether no cell of the column has a value."""
        return name not in self._filled

    def of(self, name: str) -> ColumnType:
        """Return the narrowest type that holds every value; text where nothing else does."""
        read = self.reads[name]
        if read.reading is not None and read.column.type == "time":
            return "time"
        possible = self._possible.get(name, set())
        return next((kind for kind in _ORDER if kind in possible), "text") if not self.is_empty(name) else "text"

    def see(self, columns: Mapping[str, Sequence[Any]], *, notes: Notes, start: int) -> None:
        """Look at a block, which begins with row `start`."""
        for name, cells in columns.items():
            read = self.reads[name]
            if read.reading is not None and read.column.type == "time":
                self._see_times(name, cells, read=read, notes=notes, start=start)
            elif read.column.role in {"text", "label", "symbol"}:
                self._see_texts(name, cells[0], notes=notes, start=start)
            else:
                self._see_values(name, cells[0])

    def _see_times(self, name: str, cells: Sequence[Any], *, read: Read, notes: Notes, start: int) -> None:
        assert read.reading is not None
        moments, wrong, _ = to_moments(cells, read.reading)
        notes.rows(
            FindingCode.UNPARSED_TIME,
            wrong,
            start=start,
            message=lambda row: f"{WHERE}: {name} is {quoted(shown_cell(cells[0], row=row))}, which is no moment as the other times are.",
            about=name,
        )
        there = moments[moments != NO_MOMENT]
        if len(there):
            self._filled.add(name)
            if name == "time":
                first, last = int(there.min()), int(there.max())
                self._first = first if self._first is None else min(first, self._first)
                self._last = last if self._last is None else max(last, self._last)

    def _see_texts(self, name: str, cells: Any, *, notes: Notes, start: int) -> None:
        from pyarrow import compute  # noqa: PLC0415 - 50 MB that a process which reads no dataset need not carry

        texts = as_texts(cells)
        empty = np.asarray(compute.equal(compute.utf8_trim_whitespace(texts.fill_null("")), "").to_numpy(zero_copy_only=False))
        if not empty.all():
            self._filled.add(name)
        if self.reads[name].column.role in _NEEDED:
            message = f"{WHERE}: {name} is empty: leave the row out, or write what it is."
            notes.rows(FindingCode.EMPTY, empty, start=start, message=lambda _: message, about=name)

    def _see_values(self, name: str, cells: Any) -> None:
        import pyarrow as pa  # noqa: PLC0415 - as above
        from pyarrow import compute  # noqa: PLC0415 - as above

        if not pa.types.is_string(cells.type):
            told: set[ColumnType] = _declared(cells)
            filled = cells.null_count < len(cells)
        else:
            texts = texts_of(cells).drop_null()
            filled, told = len(texts) > 0, set()
            if filled:
                told = {kind for kind, pattern in (("integer", _INTEGER), ("boolean", _BOOLEAN)) if _all(texts, pattern)}  # type: ignore[misc] # names of types
                wrong = to_floats(texts, comma=self.comma)[1]
                # 007 is a name: a number would not give it back.
                told |= {"number"} if (wrong is None or not wrong.any()) and not _any(texts, _NAMED) else set()
            elif bool(compute.any(compute.not_equal(cells.fill_null(""), "")).as_py()):
                told, filled = set(), True  # words for nothing, such as NA: a column of nothing else is one of texts
        if filled:
            self._filled.add(name)
            self._possible[name] = self._possible.get(name, told) & told


def _all(texts: Any, pattern: str) -> bool:
    from pyarrow import compute  # noqa: PLC0415 - as above

    return bool(compute.all(compute.match_substring_regex(texts, pattern)).as_py())


def _any(texts: Any, pattern: str) -> bool:
    from pyarrow import compute  # noqa: PLC0415 - as above

    return bool(compute.any(compute.match_substring_regex(texts, pattern)).as_py())


def _declared(cells: Any) -> set[ColumnType]:
    """Return what a column can be whose type the file says."""
    import pyarrow as pa  # noqa: PLC0415 - as above
    from pyarrow import compute  # noqa: PLC0415 - as above

    kind = cells.type
    if pa.types.is_boolean(kind):
        return {"boolean"}
    if pa.types.is_uint64(kind) and (compute.max(cells).as_py() or 0) > _LARGEST:
        return {"number"}
    if pa.types.is_integer(kind):
        return {"integer", "number"}
    return {"number"} if pa.types.is_floating(kind) or pa.types.is_decimal(kind) else set()


def as_texts(cells: Any) -> Any:
    """Return an arrow array as one of strings."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    return cells if pa.types.is_string(cells.type) else cells.cast(pa.string())


def cells_as(kind: str, cells: Any, *, count: int, comma: bool) -> Any:
    """Return cells as an arrow array of a column's type, null where there is no value; None of them are nulls throughout."""
    import pyarrow as pa  # noqa: PLC0415 - as above
    from pyarrow import compute  # noqa: PLC0415 - as above

    types = {
        "time": pa.timestamp("ns", tz="UTC"),
        "number": pa.float64(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "text": pa.string(),
    }
    if cells is None or pa.types.is_null(cells.type):
        return pa.nulls(count, types[kind])
    if kind == "text":
        texts = as_texts(cells)
        return compute.if_else(compute.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if not pa.types.is_string(cells.type):
        return cells.cast(types[kind], safe=False)
    if kind == "number":
        values, _ = to_floats(cells, comma=comma)
        return pa.array(values, mask=np.isnan(values))
    texts = texts_of(cells)
    return (compute.utf8_lower(texts) if kind == "boolean" else texts).cast(types[kind])
