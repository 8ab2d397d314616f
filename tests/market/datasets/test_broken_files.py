"""Forty broken files and more, each refused with a sentence that says what is wrong, where, and what to do."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.market.datasets.files import HEADER, candles, check, text_of

GOOD = candles(30)


def with_line(number: int, line: str) -> bytes:
    """Return a good file with another line in the place of one, counted as an editor does."""
    lines = [HEADER, *GOOD]
    lines[number - 1] = line
    return ("\n".join(lines) + "\n").encode()


def with_cell(number: int, column: int, cell: str) -> bytes:
    cells = GOOD[number - 2].split(",")
    cells[column] = cell
    return with_line(number, ",".join(cells))


def parquet_of(**columns: Any) -> bytes:
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink)
    return sink.getvalue()


def times(pattern: str, count: int = 30) -> bytes:
    """Return a file of candles of an hour whose times are written another way."""
    lines = [f"{pattern.format(hour=hour % 24, day=1 + hour // 24)},1,2,1,2,5" for hour in range(count)]
    return text_of(lines)


HOURS = parquet_of(time=np.arange(30) * 3600 + 1_704_067_200, **{name: [1.0] * 30 for name in HEADER.split(",")[1:]})
BROKEN: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "empty", "The file is empty"),
    "blank lines": (b"\n\n\n", "empty", "The file is empty"),
    "a header alone": (f"{HEADER}\n".encode(), "empty", "The file has a header and no rows"),
    "no header": (text_of(GOOD[1:], header=GOOD[0]), "missing_column", "The first line holds values and no names"),
    "gzip": (b"\x1f\x8b\x08\x00\x00", "unreadable", "The file is packed (gzip): unpack it"),
    "a zip archive": (b"PK\x03\x04xxxx", "unreadable", "The file is packed (a zip archive, as files of Excel are)"),
    "UTF-16": ("\n".join([HEADER, *GOOD]).encode("utf-16"), "encoding", "save it as UTF-8"),
    "latin letters": (with_line(5, "2024-01-01,é").replace("é".encode(), b"\xe9"), "encoding", "Line 5 has bytes that are no UTF-8"),
    "latin letters far down": (text_of(candles(9_000)) + b"\xe9\xe9\xe9", "encoding", "Line 9,002 has bytes that are no UTF-8"),
    "a byte of zero": (with_cell(7, 5, "\0"), "encoding", "Line 7 has a byte that is zero"),
    "a web page": (b"<!doctype html>\n<html><body>Not found</body></html>\n", "unreadable", "The file is a web page or XML: send CSV or Parquet"),
    "JSON": (b'[{"time": 1, "open": 2}]', "unreadable", "The file is JSON: send CSV or Parquet"),
    "a file of Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1", "unreadable", "The file is a file of Excel"),
    "a row that never ends": (f"{HEADER}\n{'1' * 300_000},1,1,1,1,1\n".encode(), "unreadable", "The first row is longer than 256 KB"),
    "columns of other names": (text_of(GOOD, header="a,b,c,d,e,f"), "missing_column", "There is no column for time, open"),
    "no close": (text_of([line.rpartition(",")[0] for line in GOOD], header="time,open,high,low,volume"), "missing_column", "no column for close"),
    "no time": (text_of([line.partition(",")[2] for line in GOOD], header="open,high,low,close,volume"), "missing_column", "no column for time"),
    "no volume": (text_of([line.rpartition(",")[0] for line in GOOD], header="time,open,high,low,close"), "missing_column", "a column of zeros"),
    "two closes": (text_of([f"{line},1" for line in GOOD], header=f"{HEADER},close"), "unreadable", "Two columns are called 'close'"),
    "two names that are one": (text_of([f"{line},1,2" for line in GOOD], header=f"{HEADER},Adj Close,adj_close"), "unreadable", "would be called adj_close"),
    "a name that is ours": (text_of([f"{line},1" for line in GOOD], header=f"{HEADER},segment"), "unreadable", "would be called segment"),
    "known at without what": (text_of([f"{line},2024-01-01" for line in GOOD], header=f"{HEADER},mood__known_at"), "missing_column", "says when mood was known"),
    "too many columns": (text_of(["1" + ",1" * 300], header=",".join(f"c{n}" for n in range(301))), "unreadable", "a dataset has 200 at most"),
    "a row too short": (with_line(9, "2024-01-01T00:00:00Z,1,2"), "unreadable", "Line 9 has 3 cells, and the header has 6 columns"),
    "a row too long": (with_line(9, f"{GOOD[7]},1,1"), "unreadable", "Line 9 has 8 cells"),
    "a quotation mark that does not end": (with_cell(6, 1, '"1'), "unreadable", "cell"),
    "a price that is text": (with_cell(12, 4, "twelve"), "unparsed_number", "Line 12: close is 'twelve', which is no finite number"),
    "a price that is missing": (with_cell(12, 4, ""), "unparsed_number", "Line 12: close is empty: leave the row out"),
    "a price that is no number": (with_cell(12, 1, "NaN"), "unparsed_number", "Line 12: open is empty"),
    "an infinite price": (with_cell(12, 2, "inf"), "unparsed_number", "Line 12: high is 'inf', which is no finite number"),
    "a price beyond all numbers": (with_cell(12, 2, "1e999"), "unparsed_number", "Line 12: high is '1e999'"),
    "a currency sign": (with_cell(3, 4, "$100"), "unparsed_number", "Line 3: close is '$100'"),
    "a volume that is missing": (with_cell(4, 5, ""), "unparsed_number", "Line 4: volume is empty: write 0"),
    "a volume in millions": (with_cell(4, 5, "1.2M"), "unparsed_number", "Line 4: volume is '1.2M'"),
    "a feature that is text": (text_of([f"{line},{'x' if n == 8 else 1}" for n, line in enumerate(GOOD)], header=f"{HEADER},mood"), "unparsed_number", "Line 10: mood is 'x'"),
    "a negative volume": (with_cell(4, 5, "-3"), "nonpositive_price", "Line 4: volume is -3: it is zero or above"),
    "a price of zero": (with_cell(8, 3, "0"), "nonpositive_price", "Line 8: low is 0: a price is above zero"),
    "a negative price": (with_cell(8, 3, "-1.5"), "nonpositive_price", "Line 8: low is -1.5"),
    "high below low": (with_cell(10, 2, "1"), "high_below_low", "the high is below the low"),
    "a close outside": (with_cell(10, 4, "150"), "high_below_low", "open or close lies outside of low and high"),
    "a time that is a word": (with_cell(10, 0, "noon"), "unparsed_time", "Line 10: 'noon' is no moment as the other times are"),
    "a time that is missing": (with_cell(10, 0, ""), "unparsed_time", "Line 10: the time is empty"),
    "a day that is not": (with_cell(10, 0, "2024-02-30T00:00:00Z"), "unparsed_time", "Line 10: '2024-02-30T00:00:00Z' is no moment"),
    "a month that is not": (with_cell(10, 0, "2024-13-01T00:00:00Z"), "unparsed_time", "Line 10: '2024-13-01T00:00:00Z' is no moment"),
    "a time without its zone": (with_cell(10, 0, "2024-02-28T00:00:00"), "unparsed_time", "with their own zone"),
    "times that are words": (times("hour {hour}"), "unparsed_time", "The times cannot be read"),
    "years of two digits": (times("0{day}/01/24 {hour:02}:00"), "unparsed_time", "The times cannot be read"),
    "an epoch in another unit": (text_of([f"{1_704_067_200 + 3600 * n}{'000000000000' if n == 5 else ''},1,2,1,2,5" for n in range(30)]), "unparsed_time", "Line 7: '1704085200000000000000' is no moment"),
    "an epoch that changes its unit": (
        text_of([f"{(1_704_067_200 + 3600 * n) * (10**6 if n > 9 else 10**3)},1,2,1,2,5" for n in range(30)]),
        "unparsed_time",
        "Line 2: '1704067200000' is no moment as the other times are (epoch microseconds)",
    ),
    "candles a month apart": (text_of([f"2023-{month:02}-01,1,2,1,2,5" for month in range(1, 13)]), "mixed_timeframe", "days apart: say the timeframe"),
    "candles of two hours": (text_of([f"2024-01-01T{hour:02}:00:00Z,1,2,1,2,5" for hour in range(0, 24, 2)]), "mixed_timeframe", "2 hours apart"),
    "one candle": (text_of(GOOD[:1]), "mixed_timeframe", "by which no timeframe can be told"),
    "hours, then days": (text_of([*candles(60, until="2024-01-10"), *candles(40, timeframe="1d")]), "mixed_timeframe", "candles are 1d apart"),
    "half hours among hours": (with_line(10, GOOD[8].replace(":00:00Z", ":30:00Z")), "mixed_timeframe", "begins before the one before it has ended"),
    "two candles of one time": (with_line(10, GOOD[7].rpartition(",")[0] + ",7777"), "duplicate", "There are several candles that close at"),
    "two symbols": (text_of([f"{line},{'AAPL' if n % 2 else 'MSFT'}" for n, line in enumerate(GOOD)], header=f"{HEADER},ticker"), "conflict", "several symbols, MSFT, AAPL: send a file for each"),
    "no Parquet file": (b"PAR1 no parquet at all PAR1", "unreadable", "no Parquet file, or is damaged"),
    "Parquet without rows": (parquet_of(time=pa.array([], pa.int64())), "empty", "columns and no rows"),
    "Parquet with an endless text": (
        parquet_of(time=[1_704_067_200] * 2, note=["", "x" * 300_000]),
        "unreadable",
        "Row 2: note is a text of 300,000 bytes; a text has 262,144 at most",
    ),
    "Parquet with lists": (parquet_of(time=[[1]]), "unreadable", "The column 'time' is of type list"),
    "Parquet with bytes": (parquet_of(time=[b"\xff"]), "unreadable", "The column 'time' is of type binary"),
    "damaged Parquet": (HOURS[:60] + bytes(200) + HOURS[260:], "unreadable", "The Parquet file is damaged"),
    "moments beyond all years": (
        parquet_of(time=pa.array([2**60, 2**61, 2**62], pa.timestamp("us")), **{name: [1.0] * 3 for name in HEADER.split(",")[1:]}),
        "unparsed_time",
        "Row 1: '1152921504606846976' is no moment",
    ),
    "Parquet without a close": (parquet_of(time=[1_704_067_200], open=[1.0]), "missing_column", "no column for high, low, close, volume"),
    "Parquet with an empty price": (
        parquet_of(time=np.arange(3) * 3600 + 1_704_067_200, open=[1.0, None, 1.0], high=[2.0] * 3, low=[1.0] * 3, close=[1.0] * 3, volume=[1] * 3),
        "unparsed_number", "Row 2: open is empty",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_a_sentence(name: str) -> None:
    content, code, sentence = BROKEN[name]

    checked = check(content)

    assert checked.result.status == "refused"
    assert checked.file is None
    messages = [finding.message for finding in checked.result.errors if finding.code == code]
    assert any(sentence in message for message in messages), [(finding.code, finding.message) for finding in checked.result.errors]
    assert checked.page is not None
    assert "It was refused." in checked.page.read_text()


WRONGLY_ASKED: dict[str, tuple[dict[str, Any], str, str]] = {
    "another timeframe": ({"timeframe": "1d"}, "mixed_timeframe", "said to be of 1d, and most are 1 hour apart"),
    "too many rows": ({"rows_most": 10}, "too_many_rows", "There are more than 10 rows"),
    "a column that is not there": ({"columns": {"close": "Closing"}}, "missing_column", "columns says that close is called 'Closing'"),
}


@pytest.mark.parametrize("name", WRONGLY_ASKED)
def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(name: str) -> None:
    given, code, sentence = WRONGLY_ASKED[name]

    checked = check(text_of(GOOD), **given)

    assert checked.result.status == "refused"
    assert [finding.code for finding in checked.result.errors] == [code]
    assert sentence in checked.result.errors[0].message


@pytest.mark.parametrize(
    ("local", "sentence"),
    [("2024-03-31 02:30", "twice or never in Europe/Berlin"), ("2023-10-29 02:30", "twice or never in Europe/Berlin")],
)
def test_a_local_time_that_clocks_skip_or_repeat_is_refused(local: str, sentence: str) -> None:
    day = local[:10]
    lines = [f"{day} {hour},1,2,1,2,5" for hour in ("00:30", "01:30", "02:30", "03:30")]

    checked = check(text_of(lines), tz="Europe/Berlin", timeframe="1h")

    [error] = checked.result.errors
    assert (error.code, error.first) == ("unparsed_time", "line 4")
    assert sentence in error.message


@pytest.mark.parametrize("between", ["\r\n", "\n\n", "\n"])
@pytest.mark.parametrize("header", [HEADER, HEADER.replace("time", '"time"'), f"https://example.com\n{HEADER}"])
def test_lines_are_counted_as_in_the_file(between: str, header: str) -> None:
    lines = [header, *GOOD[:8], GOOD[8].replace(",", ",x", 1), *GOOD[9:]]
    content = between.join(lines)

    checked = check(content.encode())

    line = next(number for number, each in enumerate(content.splitlines(), 1) if ",x" in each)
    assert [finding.first for finding in checked.result.errors] == [f"line {line}"]
