"""Texts and tables: types told by all cells, rows in the file's order, appends."""

import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from libs.market.datasets.canonical import read_facts, read_groups
from libs.market.datasets.check import Checked
from libs.market.datasets.notes import Notes
from libs.market.datasets.parquet_source import open_parquet
from tests.market.datasets.files import check, only

TABLE = b"id,size,ok,name,when_at,code\n1,0.5,true,x,2024-01-02,007\n2,3,false,,2024-01-03T10:00:00Z,08\n"


def rows_of(checked: Checked) -> list[dict[str, Any]]:
    assert checked.file is not None, checked.result.findings
    return [row for group in read_groups(checked.file) for row in pa.table(dict(group)).to_pylist()]


def types_of(checked: Checked) -> dict[str, str]:
    assert checked.file is not None
    return {name: kind for name, _, kind in read_facts(checked.file).columns}


def test_a_table_has_the_types_of_its_cells() -> None:
    checked = check(b"id,size,ok,name,code\n1,0.5,true,x,007\n2,3,False,,08\n", kind="table")

    assert types_of(checked) == {"id": "integer", "size": "number", "ok": "boolean", "name": "text", "code": "text"}
    assert rows_of(checked) == [
        {"id": 1, "size": 0.5, "ok": True, "name": "x", "code": "007"},
        {"id": 2, "size": 3.0, "ok": False, "name": None, "code": "08"},
    ]
    assert (checked.result.status, checked.result.rows) == ("ready", 2)


def test_types_are_told_by_all_rows() -> None:
    lines = ["a,b", *(f"{number},{number}" for number in range(70_000)), "0.5,x"]

    checked = check("\n".join(lines).encode(), kind="table")

    assert types_of(checked) == {"a": "number", "b": "text"}


def test_texts_may_have_lines_and_commas_and_must_not_be_empty() -> None:
    good = b'text,label,published_at\n"Up, and\nup",good,2024-01-02T10:00:00Z\nDown,bad,2024-01-01\n'

    checked = check(good.replace(b"2024-01-01\n", b"2024-01-01T00:00:00Z\n"), kind="text")
    empty = check(b"text,label\nUp,good\n ,bad\nx,\n", kind="text")

    assert [row["text"] for row in rows_of(checked)] == ["Up, and\nup", "Down"]
    assert checked.result.start is not None
    assert checked.result.start.isoformat() == "2024-01-01T00:00:00+00:00"
    assert [finding.first for finding in empty.result.errors] == ["line 3", "line 4"]
    assert "Line 3: text is empty" in empty.result.errors[0].message


def test_a_file_of_texts_without_labels_is_refused() -> None:
    assert "There is no column for label" in only(check(b"text\nUp\n", kind="text"), "missing_column").message


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_table_in_parts_is_the_same_file(cut: int) -> None:
    lines = ["a,b,c", "1,x,", "2,y,", "3.5,z,7", "4,w,8"]
    whole = check("\n".join(lines).encode(), kind="table")

    first = check("\n".join(lines[: cut + 1]).encode(), kind="table")
    second = check("\n".join([lines[0], *lines[cut + 1 :]]).encode(), kind="table", base=first.file)

    assert whole.file is not None
    assert second.file is not None
    assert second.file.read_bytes() == whole.file.read_bytes()
    assert (second.result.rows, second.result.added) == (4, 4 - cut)


def test_an_append_of_another_type_or_other_columns_is_refused() -> None:
    base = check(b"a,b\n1,x\n", kind="table").file

    other = check(b"a,b\nhello,x\n", kind="table", base=base)
    fewer = check(b"a\n1\n", kind="table", base=base)

    assert "The column a has values of type integer in the dataset" in only(other, "unparsed_number").message
    assert "The dataset has a column b" in only(fewer, "missing_column").message


def test_a_parquet_table_keeps_its_types() -> None:
    sink = io.BytesIO()
    table = pa.table({"a": pa.array([1, None]), "b": [True, False], "c": ["1", "2"], "d": pa.array(["x", "x"]).dictionary_encode()})
    parquet.write_table(table, sink)

    checked = check(sink.getvalue(), kind="table")

    assert types_of(checked) == {"a": "integer", "b": "boolean", "c": "integer", "d": "text"}
    assert rows_of(checked)[1] == {"a": None, "b": False, "c": 2, "d": "x"}


def test_texts_that_are_long_and_take_no_room_in_a_parquet_file_are_spelled_out_a_few_at_a_time(tmp_path: Path) -> None:
    texts, kinds = [f"{name} " * 5_000 for name in "abcd"] * 1_000, (pa.string(), pa.large_string(), pa.string_view())
    coded = pa.array(texts).dictionary_encode()
    table = pa.table({"a.b": coded, "a": coded} | {str(kind): pa.array(["x", None] * 2_000, kind) for kind in kinds})
    file = tmp_path / "texts.parquet"
    parquet.write_table(table, file)

    source = open_parquet(file)
    blocks = list(source.blocks(Notes(), places={0, 2, 3, 4}, report=lambda _done, _rows: None))
    checked = check(file.read_bytes(), kind="table")

    assert max(sum(column.nbytes for column in block) for block in blocks) < 10_000_000
    assert [sum(len(block[place]) for block in blocks) for place in range(5)] == [4_000] * 5
    assert all(block[1].null_count == len(block[1]) for block in blocks)
    assert (checked.result.rows, set(types_of(checked).values())) == (4_000, {"text"})
    assert checked.file is not None
    groups = [sum(column.nbytes for column in group.values()) for group in read_groups(checked.file)]
    assert max(groups) < 40_000_000 < sum(groups)


def test_too_many_rows_of_a_table_are_refused() -> None:
    assert "There are more than 1 rows" in only(check(b"a\n1\n2\n", kind="table", rows_most=1), "too_many_rows").message
