"""Texts are read from each format and encoding, and what cannot be read is refused in words."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from libs.chassis.errors import InvalidError
from libs.texts.reading import Bounds, Texts, Wanted, read_texts

ROWS = [
    {"headline": "Müller & Co “beats” estimates, again", "sentiment": "positive", "published": "2024-01-02T10:00:00Z", "ticker": "MUL"},
    {"headline": "Profit falls\nsharply; shares follow", "sentiment": "negative", "published": "2024-01-03T10:00:00Z", "ticker": ""},
]


def as_csv(delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(ROWS)
    return text.getvalue()


def as_parquet() -> bytes:
    data = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(ROWS), data)
    return data.getvalue()


FILES: dict[str, tuple[bytes, str, str | None]] = {
    "an array": (json.dumps(ROWS).encode(), "json", "utf-8"),
    "a wrapped array": (json.dumps({"data": ROWS}, ensure_ascii=False).encode(), "json", "utf-8"),
    "an array behind other names": (json.dumps({"version": "1", "data": ROWS, "of": {"n": 2}}, indent=2).encode(), "json", "utf-8"),
    "lines": ("\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode(), "jsonl", "utf-8"),
    "csv": (as_csv().encode(), "csv", "utf-8"),
    "semicolons with a mark": (as_csv(";").encode("utf-8-sig"), "csv", "utf-8-sig"),
    "tabs in UTF-16": (as_csv("\t").encode("utf-16"), "csv", "utf-16"),
    "Windows": (as_csv(";").encode("cp1252"), "csv", "cp1252"),
    "Parquet": (as_parquet(), "parquet", None),
}


def read(folder: Path, content: bytes | str, **options: Any) -> Texts:
    path = folder / "texts"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_texts(path, **options)


@pytest.mark.parametrize("name", FILES)
def test_each_format_and_encoding_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    content, form, encoding = FILES[name]

    found = read(tmp_path, content)

    assert (found.format, found.encoding, found.encoding_assumed) == (form, encoding, encoding == "cp1252")
    assert found.texts == [row["headline"] for row in ROWS]
    assert (found.labels, found.symbols) == (["positive", "negative"], ["MUL", ""])
    assert found.names == {"text": "headline", "label": "sentiment", "time": "published", "symbol": "ticker"}
    assert found.columns == tuple(ROWS[0])
    # A guess is told.
    assert ["guess" in note for note in found.notes] == [True] * (encoding == "cp1252")


def test_lines_of_phrasebank_have_their_labels_behind_the_last_sign(tmp_path: Path) -> None:
    found = read(tmp_path, "Sales rose to EUR 5 mn , write to ir@nokia.com .@positive\nNothing changed .@neutral\n")

    assert (found.format, found.labels) == ("phrasebank", ["positive", "neutral"])
    assert found.texts[0] == "Sales rose to EUR 5 mn , write to ir@nokia.com ."


def test_bytes_that_are_no_utf8_among_many_that_are_stand_as_lost_letters(tmp_path: Path) -> None:
    found = read(tmp_path, 'text,label\n"Größe Übung für Öl",positive\n'.encode() * 1 + b"caf\xe9 closes,negative\n")

    assert (found.encoding, found.encoding_assumed, found.undecodable) == ("utf-8", False, 1)
    assert found.texts == ["Größe Übung für Öl", "caf\ufffd closes"]
    assert "1 place" in found.notes[0]


def test_numbers_are_labels_and_whole_ones_have_no_point(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps([{"text": "a", "label": label} for label in (1, -1.0, 0.5, True, None)]))

    assert found.labels == ["1", "-1", "0.5", "true", ""]


def test_halves_of_letters_that_json_can_spell_stand_as_lost_letters(tmp_path: Path) -> None:
    found = read(tmp_path, '[{"text": "a\\ud800b \\ud83d\\ude00", "label": "x"}]')

    assert found.texts == ["a\ufffdb \U0001f600"]


REFUSED: dict[str, tuple[bytes | str, dict[str, Any], str, str]] = {
    "a misspelt column": ('[{"body": "a"}]', {"wanted": Wanted(text="bdy")}, "text_column", "Did you mean 'body'?"),
    "no column of texts": ("name,label\na,b\n", {}, "text_column", "Column 'text' not found in dataset: it has name, label."),
    "no column of labels": ("text,at\na,b\n", {"wanted": Wanted(labelled=True)}, "label_column", "Column 'label' not found"),
    "a misspelt format": ("text\na\n", {"format": "jsn"}, "format", "Did you mean 'json'"),
    "another format": ("text,label\na,b\n", {"format": "json"}, "format", "is no JSON"),
    "an unknown encoding": ("text,label\na,b\n", {"encoding": "base64"}, "encoding", "is no encoding"),
    "nothing": (b"", {}, "data_path", "empty"),
    "no rows": ("[]", {}, "data_path", "no rows"),
    "a packed file": (b"\x1f\x8b\x08rest", {}, "data_path", "gzip"),
    "zeros": (b"text,label\na\x00b,positive\n", {}, "data_path", "Line 2 has a byte that is zero"),
    "deep nesting": ('[{"text": ' + "[" * 100_000 + "]" * 100_000 + "}]", {}, "data_path", "Row 1 is nested too deeply"),
    "deep lines": ('{"text": ' + "[" * 100_000 + "]" * 100_000 + "}", {}, "data_path", "Line 1 is nested too deeply"),
    "a giant number": ('[{"text": ' + "9" * 5_000 + "}]", {}, "data_path", "more digits than can be read"),
    "a giant line": ('{"text": "' + "a" * 2_000_000, {}, "data_path", "Line 1 is longer than 1,048,576 letters"),
    "a giant element": ('[{"text": "' + "a" * 2_000_000, {}, "data_path", "Row 1 is no JSON, or longer"),
    "a quote that is not closed": ('text,label\n"' + "a,b\n" * 60_000, {}, "data_path", "quotation mark"),
    "an array that was cut off": ('[{"text": "a"},', {}, "data_path", "does not end"),
    "rows without a comma": ('[{"text": "a"} {"text": "b"}]', {}, "data_path", "Behind row 1 stands '{': one comma"),
    "two commas": ('[{"text": "a"},, {"text": "b"}]', {}, "data_path", "Before row 2 stands a comma too many"),
    "a comma at the end": ('[{"text": "a"}, ]', {}, "data_path", "Before row 2 stands a comma too many"),
    "arrays pasted together": ('[{"text": "a"}]\n[{"text": "b"}]', {}, "data_path", "Behind the array stands '[{"),
    "a wrapped array with a rest": ('{"data": [{"text": "a"}]} {}', {}, "data_path", "Behind the array stands '} {}'"),
    "cells that are missing": ("text,label\na,b\nc\n", {}, "data_path", "Line 3 has one cell"),
    "rows that are words": ('["a", "b"]', {}, "data_path", "Row 1 is 'a': each row is an object"),
    "a list as a text": ('[{"text": ["a"]}]', {}, "data_path", "text of row 1 is a JSON list"),
    "endless names": (json.dumps([{"text": "a", "x" * 300: "b"}]), {}, "data_path", "names have 200 letters at most"),
    "endless columns": (json.dumps([{"text": "a", f"x{place}": "b"} for place in range(1_000)]), {}, "data_path", "1,001 columns"),
    "too many rows": ("text,label\n" + "a,b\n" * 4, {"bounds": Bounds(rows=3)}, "data_path", "more than 3 rows"),
    "a text that is too long": ("text,label\nabcdef,b\n", {"bounds": Bounds(text=5)}, "data_path", "The text of line 2 has 6 letters"),
    "a label that is no word": ("text,label\na,bcdefg\n", {"bounds": Bounds(cell=5)}, "data_path", "The label of line 2 has 6 letters"),
    "a file that is too large": ("text,label\nabcdef,b\n", {"bounds": Bounds(file=5)}, "data_path", "5 at most"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_by_its_field_in_a_sentence(tmp_path: Path, name: str) -> None:
    content, options, field, words = REFUSED[name]

    with pytest.raises(InvalidError) as error:
        read(tmp_path, content, **options)

    assert list(error.value.details) == [field]
    assert words in error.value.message


@pytest.mark.parametrize("column", ["text", "label"])
def test_a_small_parquet_file_of_endlessly_repeated_words_does_not_fill_the_memory(tmp_path: Path, column: str) -> None:
    repeated = pa.DictionaryArray.from_arrays(pa.array(np.zeros(50_000, dtype=np.int32)), pa.array(["x" * 1_500]))
    few = pa.DictionaryArray.from_arrays(pa.array(np.zeros(50_000, dtype=np.int32)), pa.array(["up"]))
    parquet.write_table(pa.table({"text": few, "label": few} | {column: repeated}), tmp_path / "bomb")
    assert (tmp_path / "bomb").stat().st_size < 20_000

    with pytest.raises(InvalidError, match="more than 1,000,000 letters together"):
        read_texts(tmp_path / "bomb", bounds=Bounds(all_letters=1_000_000))


def test_columns_of_a_parquet_file_that_nobody_asks_for_are_not_read(tmp_path: Path) -> None:
    # A cell that is too long to be read stands for what takes long to read, such as hundreds of numbers a row.
    parquet.write_table(pa.table({"body": ["x" * 300_000], "text": ["Profit rose"], "label": ["up"]}), tmp_path / "wide")

    found = read_texts(tmp_path / "wide")

    assert (found.texts, found.labels, found.columns) == (["Profit rose"], ["up"], ("body", "text", "label"))


def test_lines_with_a_list_called_as_wrappers_are_stay_lines(tmp_path: Path) -> None:
    found = read(tmp_path, '{"text": "a", "data": [{"x": 1}]}\n{"text": "b", "data": []}\n')

    assert (found.format, found.texts) == ("jsonl", ["a", "b"])
