"""What a file is understood as, from its first bytes."""

from typing import Any

import pytest

from libs.chassis.errors import InvalidError
from libs.contracts.datasets import DatasetKind, FindingCode
from libs.market.datasets.column_names import check_columns
from libs.market.datasets.head import Preview, preview_csv
from libs.market.datasets.times import check_zone

CANDLES = DatasetKind.CANDLES


def preview(text: str, *, kind: DatasetKind = CANDLES, columns: dict[str, str] | None = None, tz: str | None = None) -> Preview:
    return preview_csv(text.encode(), whole=True, kind=kind, columns=columns or {}, tz=tz)


def roles(seen: Preview) -> dict[str, str]:
    return {column.source: column.role for column in seen.columns}


def codes(seen: Preview) -> list[str]:
    return [f"{finding.severity} {finding.code}" for finding in seen.findings]


@pytest.mark.parametrize(
    ("header", "row", "time"),
    [
        ("time,open,high,low,close,volume", "2024-01-02T15:30:00Z,1,2,1,2,5", "2024-01-02T15:30:00Z"),
        ("Date,Open,High,Low,Close,Volume", "2024-01-02,1,2,1,2,5", "2024-01-02"),
        ("Open time,Open,High,Low,Close,Volume,Close time", "1704209400000,1,2,1,2,5,1704209459999", "2024-01-02T15:30:00Z"),
        ("unix,date,symbol,open,high,low,close,Volume BTC", "1704209400,2024-01-02 15:30:00,BTCUSD,1,2,1,2,5", "2024-01-02T15:30:00Z"),
        ("<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>", "2024.01.02\t15:30:00\t1\t2\t1\t2\t5", "2024-01-02T15:30:00Z"),
        ("Gmt time;O;H;L;C;V", "13.01.2024 15:30:00.000;1;2;1;2;5", "2024-01-13T15:30:00Z"),
        ("Datum;Eröffnung;Hoch;Tief;Schluss;Volumen", "13.01.2024;1,0;2,0;1,0;2,0;5", "2024-01-13"),
        ("ts|o|h|l|c|v", "20240102 153000|1|2|1|2|5", "2024-01-02T15:30:00Z"),
        (",open,high,low,close,volume,timestamp", "0,1,2,1,2,5,2024-01-02 15:30:00+00:00", "2024-01-02T15:30:00Z"),
        (",open,high,low,close,volume", "2024-01-02 15:30:00+00:00,1,2,1,2,5", "2024-01-02T15:30:00Z"),
        ("Date,Close/Last,Volume,Open,High,Low", '01/13/2024,2,"5",1,2,1', "2024-01-13"),
        ("https://www.example.com\ntime,open,high,low,close,volume", "2024-01-02 15:30,1,2,1,2,5", "2024-01-02T15:30:00Z"),
        ("sep=;\ntime;open;high;low;close;volume", "2024-01-02 15:30;1;2;1;2;5", "2024-01-02T15:30:00Z"),
        ("\ufefftime,open,high,low,close,volume", "Jan 2 2024 3:30 pm,1,2,1,2,5", "2024-01-02T15:30:00Z"),
    ],
)
def test_columns_are_known_by_what_sources_call_them(header: str, row: str, time: str) -> None:
    seen = preview(f"{header}\n{row}\n")

    assert codes(seen) == []
    [first] = seen.rows
    assert {name: first[name] for name in ("time", "open", "high", "low", "close", "volume")} == {
        "time": time, "open": 1.0, "high": 2.0, "low": 1.0, "close": 2.0, "volume": 5.0,
    }  # fmt: skip


def test_further_numbers_are_features_and_texts_are_left_out() -> None:
    seen = preview("time,open,high,low,close,volume,Adj Close,Sentiment Score,note,1d return\n2024-01-02,1,2,1,2,5,1.5,,n,0.1\n")

    assert [column.name for column in seen.columns if column.role == "feature"] == ["adj_close", "sentiment_score", "x_1d_return"]
    assert {column.source: column.understood for column in seen.columns}["note"] == "left out: it holds text"
    assert seen.rows[0]["sentiment_score"] is None


def test_what_the_user_calls_a_column_goes_before_known_names() -> None:
    seen = preview("when,open,high,low,close,last,volume\n2024-01-02,1,2,1,2,3,5\n", columns={"time": "when", "close": "last"})

    assert seen.rows[0]["close"] == 3.0
    assert codes(preview("time,open,high,low,close,volume\n2024-01-02,1,2,1,2,5\n", columns={"close": "Clos"})) == ["error missing_column"]


@pytest.mark.parametrize(
    ("values", "understood", "first"),
    [
        (["13/01/2024 10:00", "02/01/2024 10:00"], "day first", "2024-01-13T10:00:00Z"),
        (["02/01/2024 10:00", "01/13/2024 10:00"], "month first", "2024-02-01T10:00:00Z"),
        (["02/01/2024 10:00"], "month first (guessed: no day is above 12)", "2024-02-01T10:00:00Z"),
        (["02.01.2024 10:00"], "day first", "2024-01-02T10:00:00Z"),
        (["1704209400000000"], "epoch microseconds", "2024-01-02T15:30:00Z"),
        (["1704209400000000000"], "epoch nanoseconds", "2024-01-02T15:30:00Z"),
        (["20240102153000"], None, "2024-01-02T15:30:00Z"),
        (["20240102"], "days without a clock", "2024-01-02"),
        (["2024-01-02T10:00:00+0100"], "with their own zone", "2024-01-02T09:00:00Z"),
        (["12/31/2024 12:05 AM"], "month first", "2024-12-31T00:05:00Z"),
    ],
)
def test_how_times_are_written_is_told_by_all_values(values: list[str], understood: str | None, first: str) -> None:
    rows = "".join(f"{value},1,2,1,2,5\n" for value in values)

    seen = preview(f"time,open,high,low,close,volume\n{rows}")

    assert seen.columns[0].understood == understood
    assert seen.rows[0]["time"] == first
    guessed = understood is not None and "guessed" in understood
    assert codes(seen) == (["warning unparsed_time"] if guessed else [])


def test_times_without_a_zone_are_in_the_zone_that_is_said() -> None:
    seen = preview("time,open,high,low,close,volume\n2024-07-02 15:30,1,2,1,2,5\n", tz="Europe/Berlin")

    assert seen.rows[0]["time"] == "2024-07-02T13:30:00Z"
    assert seen.columns[0].understood == "Europe/Berlin"


def test_texts_and_tables_keep_their_columns() -> None:
    text = preview("Headline,Sentiment,published_at\nUp,positive,2024-01-02T10:00:00Z\n", kind=DatasetKind.TEXT)
    table = preview("a,b,c,d\n1,0.5,true,x\n", kind=DatasetKind.TABLE)

    assert roles(text) == {"Headline": "text", "Sentiment": "label", "published_at": "time"}
    assert [(column.name, column.type) for column in table.columns] == [("a", "integer"), ("b", "number"), ("c", "boolean"), ("d", "text")]
    assert table.rows == ({"a": 1, "b": 0.5, "c": True, "d": "x"},)


def test_a_preview_is_small_whatever_the_file_says() -> None:
    seen = preview(f"text,label\n{'x' * 9_000},1e999\n", kind=DatasetKind.TEXT)
    table = preview("a\n1e999\n", kind=DatasetKind.TABLE)

    assert len(str(seen.rows[0]["text"])) == 2_001
    assert [column.type for column in table.columns] == ["text"]
    assert preview("time,open,high,low,close,volume\n2024-01-02,1e999,2,1,2,5\n").rows[0]["open"] is None
    assert codes(preview(f"time,{'x' * 200}\n1,2\n")) == ["error unreadable"]


def test_only_whole_lines_of_a_beginning_are_read() -> None:
    head = b"time,open,high,low,close,volume\n2024-01-02,1,2,1,2,5\n2024-01-03,1,2,\xc3"

    assert len(preview_csv(head, whole=False, kind=CANDLES, columns={}, tz=None).rows) == 1


@pytest.mark.parametrize(
    ("content", "code", "sentence"),
    [
        (b"", FindingCode.EMPTY, "The file is empty"),
        (b"time,open\n", FindingCode.EMPTY, "The file has a header and no rows"),
        (b"2024-01-02,1,2,1,2,5\n2024-01-03,1,2,1,2,5\n", FindingCode.MISSING_COLUMN, "The first line holds values and no names"),
        (b"\x1f\x8b\x08\x00", FindingCode.UNREADABLE, "packed (gzip)"),
        ("time,open\n".encode("utf-16"), FindingCode.ENCODING, "UTF-16"),
        (b"time,open\n2024-01-02,\xe9 1\n1,2\n3,4\n", FindingCode.ENCODING, "Line 2 has bytes that are no UTF-8"),
        (b"time,open\n1,\0\n", FindingCode.ENCODING, "Line 2 has a byte that is zero"),
    ],
)
def test_what_is_no_table_is_said_in_a_sentence(content: bytes, code: FindingCode, sentence: str) -> None:
    seen = preview_csv(content, whole=True, kind=CANDLES, columns={}, tz=None)

    [finding] = seen.findings
    assert (finding.code, finding.severity) == (code, "error")
    assert sentence in finding.message


@pytest.mark.parametrize(
    ("call", "field", "sentence"),
    [
        (lambda: check_columns({"opne": "Open"}, kind=CANDLES), "columns", "Did you mean 'open'?"),
        (lambda: check_columns({"A b": "x"}, kind=DatasetKind.TABLE), "columns", "small letters"),
        (lambda: check_zone("Europe/Berln"), "tz", "Did you mean 'Europe/Berlin'?"),
    ],
)
def test_a_request_with_a_wrong_name_is_refused_with_the_nearest(call: Any, field: str, sentence: str) -> None:
    with pytest.raises(InvalidError) as refused:
        call()

    assert sentence in refused.value.details[field][0]
