"""Good files and those with oddities: what is made of them, and what is said of them."""

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from libs.market.datasets.canonical import read_candles, read_facts
from libs.market.resample import Bars, resample
from libs.market.sessions import closes_between
from tests.market.datasets.files import HEADER, candles, check, ns, only, text_of, told

ARRAYS = ("time", "open", "high", "low", "close", "volume", "segment")


def test_a_good_file_becomes_candles_without_a_finding() -> None:
    checked = check(text_of(candles(500)), calendar="24/7")

    assert told(checked) == []
    result = checked.result
    assert (result.status, result.rows, result.added, result.revised, result.timeframe) == ("ready", 500, 500, 0, "1h")
    assert (result.calendar, result.calendar_guessed, result.tz) == ("24/7", False, "UTC")
    assert result.end is not None
    assert result.end.isoformat() == "2024-03-01T00:00:00+00:00"
    assert len(result.preview) == 20
    assert checked.file is not None
    own, further = read_candles(checked.file, symbol="ACME")
    assert own.time.tolist() == closes_between("24/7", "1h", after=0, until=ns("2024-03-01"))[-500:].tolist()
    assert (own.segment == 0).all()
    assert further == {}


def test_a_canonical_file_is_not_taken_for_candles_that_open_when_these_close() -> None:
    kept = check(text_of(candles(50)), calendar="24/7").file
    assert kept is not None

    sent_again = check(kept.read_bytes())

    assert [(each.code, "its times are when candles close" in each.message) for each in sent_again.result.errors] == [("unreadable", True)]


@pytest.mark.parametrize("calendar", ["24/7", "24/5", "XNYS", "XHKG", "us_futures"])
@pytest.mark.parametrize("timeframe", ["15m", "1h", "4h", "1d", "1w"])
def test_candles_that_keep_a_calendar_have_no_findings(calendar: str, timeframe: str) -> None:
    lines = candles(60 if timeframe == "1w" else 400, calendar=calendar, timeframe=timeframe)

    checked = check(text_of(lines), calendar=calendar, timeframe=timeframe)

    assert told(checked) == []
    assert checked.file is not None
    own, _ = read_candles(checked.file, symbol="ACME")
    expected = closes_between(calendar, timeframe, after=ns("2023-01-01"), until=ns("2024-03-01"))[-len(lines) :]
    np.testing.assert_array_equal(own.time, expected)


@pytest.mark.parametrize(
    ("calendar", "timeframe", "guessed"),
    [
        ("24/7", "1h", "24/7"),
        ("24/7", "1d", "24/7"),
        ("24/7", "5m", "24/7"),
        ("XNYS", "1h", "XNYS"),
        ("XNYS", "1d", "XNYS"),
        ("24/5", "1h", "24/5"),
        ("us_futures", "1h", "us_futures"),
    ],
)
def test_the_calendar_is_told_by_the_times(calendar: str, timeframe: str, guessed: str) -> None:
    checked = check(text_of(candles(250, calendar=calendar, timeframe=timeframe)))

    assert (checked.result.calendar, checked.result.calendar_guessed) == (guessed, True)
    assert told(checked) == []


def test_days_without_a_clock_are_sessions() -> None:
    lines = [f"{line[:10]}{line[20:]}" for line in candles(100, calendar="XNYS", timeframe="1d")]

    checked = check(text_of(lines))

    assert (told(checked), checked.result.calendar) == ([], "XNYS")
    assert checked.file is not None
    assert read_candles(checked.file, symbol="ACME")[0].time[-1] == ns("2024-02-29T21:00")


def test_midnight_in_new_york_is_that_days_session() -> None:
    lines = [f"{line[:10]} 00:00:00{line[20:]}" for line in candles(100, calendar="XNYS", timeframe="1d")]

    checked = check(text_of(lines), tz="America/New_York", calendar="XNYS")

    assert told(checked) == []
    assert checked.result.end is not None
    assert checked.result.end.isoformat() == "2024-02-29T21:00:00+00:00"


def test_a_hole_is_a_gap_and_a_night_is_none() -> None:
    lines = candles(100, calendar="XNYS")

    checked = check(text_of([*lines[:20], *lines[23:50], *lines[60:]]), calendar="XNYS")

    gap = only(checked, "gap")
    assert (gap.count, gap.severity) == (13, "warning")
    assert "the longest hole has 10" in gap.message
    assert checked.file is not None
    own, _ = read_candles(checked.file, symbol="ACME")
    assert np.flatnonzero(np.diff(own.segment)).tolist() == [19, 46]


def test_hours_by_the_clock_are_no_gaps_in_new_york() -> None:
    hours = ["14:30", *(f"{hour}:00" for hour in range(15, 21))]  # as brokers cut them: a short one first
    lines = [f"2024-02-{day:02}T{hour}:00Z,1,2,1,2,5" for day in range(26, 30) for hour in hours]
    close = [line.replace("14:30", "14:00") for line in lines]

    checked = check(text_of(close), calendar="XNYS", timeframe="1h")

    assert "gap" not in "".join(told(checked))


def test_rows_that_are_there_twice_and_out_of_order_are_put_right() -> None:
    lines = candles(60)

    tidy, untidy = check(text_of(lines)), check(text_of([*reversed(lines), lines[3]]))

    assert told(untidy) == ["warning duplicate", "warning unsorted"]
    assert "(the newest is first)" in only(untidy, "unsorted").message
    assert only(untidy, "duplicate").count == 1
    assert tidy.file is not None
    assert untidy.file is not None
    assert tidy.file.read_bytes() == untidy.file.read_bytes()


def test_what_is_odd_is_a_warning_and_stays() -> None:
    lines = candles(300)
    cells = [line.split(",") for line in lines]
    for row in cells[100:140]:
        row[1:5] = ["80", "80", "80", "80"]
    for row in cells[200:]:
        row[1:5] = [f"{float(cell) * 2:.2f}" for cell in row[1:5]]
    cells[250][5] = "0"

    checked = check(text_of([",".join(row) for row in cells]), now=ns("2024-03-02"))

    assert checked.result.status == "ready"
    assert told(checked) == ["warning zero_volume", "warning flat_run", "warning jump", "warning stale"]
    assert "the longest has 40" in only(checked, "flat_run").message
    assert only(checked, "jump").count >= 1
    assert only(checked, "stale").count == 24
    assert only(checked, "zero_volume").count == 1
    patient = check(text_of([",".join(row) for row in cells]), now=ns("2024-03-02"), stale_after_bars=24)
    assert told(patient) == ["warning zero_volume", "warning flat_run", "warning jump"]


@pytest.mark.parametrize(("calendar", "timeframe", "until"), [("24/7", "1h", "2024-03-08T15:00"), ("XNYS", "1d", "2024-03-09")])
def test_a_candle_that_is_not_over_yet_is_taken_and_one_of_the_future_is_refused(calendar: str, timeframe: str, until: str) -> None:
    lines = candles(30, calendar=calendar, timeframe=timeframe, until=until)
    end = check(text_of(lines), calendar=calendar, now=ns(until)).result.end
    assert end is not None
    before = int(closes_between(calendar, timeframe, after=ns("2024-01-01"), until=ns(until))[-2])

    begun, future = (check(text_of(lines), calendar=calendar, now=moment) for moment in (before, before - 1))

    assert (begun.result.status, future.result.status, future.file) == ("ready", "refused", None)
    error = only(future, "unparsed_time")
    assert (error.count, error.first) == (1, end.isoformat().replace("+00:00", "Z"))
    assert f"1 candle of {timeframe} would close in the future" in error.message


def test_candles_outside_of_sessions_are_said_and_kept() -> None:
    checked = check(text_of([*candles(50, calendar="XNYS"), "2024-03-02T12:00:00Z,1,2,1,2,5"]), calendar="XNYS", now=ns("2024-03-02"))

    session = only(checked, "session")
    assert (session.count, session.first) == (1, "2024-03-02T13:00:00Z")
    assert checked.result.rows == 51


def test_further_columns_are_features_with_the_time_they_were_known() -> None:
    header = f"{HEADER},Sentiment Score,sentiment_score__known_at,note"
    lines = [f"{line},{'' if number == 1 else 0.5},2024-02-29T0{number % 10}:30:00Z,hello" for number, line in enumerate(candles(30))]

    checked = check(text_of(lines, header=header))

    assert told(checked) == []
    assert checked.file is not None
    own, further = read_candles(checked.file, symbol="ACME")
    assert list(further) == ["sentiment_score", "sentiment_score__known_at"]
    assert np.isnan(further["sentiment_score"]).tolist() == [number == 1 for number in range(30)]
    assert further["sentiment_score__known_at"][3] == ns("2024-02-29T03:30")
    assert read_facts(checked.file).further == ("sentiment_score",)
    assert len(own) == 30


def test_rounding_in_a_high_is_put_right() -> None:
    lines = candles(30)
    cells = lines[5].split(",")
    cells[2], cells[4] = "100.00000000000001", "100.00000000000003"
    cells[1], cells[3] = "99", "98"
    lines[5] = ",".join(cells)

    checked = check(text_of(lines))

    assert checked.result.status == "ready"
    assert checked.file is not None
    assert read_candles(checked.file, symbol="ACME")[0].high[5] == 100.00000000000003


def test_a_parquet_file_is_the_same_dataset_as_its_csv() -> None:
    lines = candles(200)
    rows = [line.split(",") for line in lines]
    columns: dict[str, Any] = {"time": pa.array(np.array([row[0][:-1] for row in rows], dtype="datetime64[ms]"), pa.timestamp("ms", "UTC"))}
    columns |= {name: [float(row[place]) for row in rows] for place, name in enumerate(HEADER.split(",")) if place}
    sink = io.BytesIO()
    parquet.write_table(pa.table(columns), sink, row_group_size=64)

    of_csv, of_parquet = check(text_of(lines)), check(sink.getvalue())

    assert told(of_parquet) == []
    assert of_csv.file is not None
    assert of_parquet.file is not None
    assert of_csv.file.read_bytes() == of_parquet.file.read_bytes()


def test_epochs_and_other_delimiters_are_the_same_dataset() -> None:
    lines = candles(50)
    rows = [line.split(",") for line in lines]
    epochs = [",".join([str(ns(row[0][:-1]) // 10**6), *row[1:]]) for row in rows]
    german = [
        ";".join([f"{row[0][8:10]}.{row[0][5:7]}.{row[0][:4]} {row[0][11:19]}", *(cell.replace(".", ",") for cell in row[1:])])
        for row in rows
    ]

    files = [
        check(content).file for content in (text_of(lines), text_of(epochs), text_of(german, header="Datum;Open;High;Low;Close;Volumen"))
    ]

    assert len({file.read_bytes() for file in files if file is not None}) == 1
    assert None not in files


def test_a_look_keeps_no_file() -> None:
    checked = check(text_of(candles(50)), dry_run=True)

    assert (checked.result.status, checked.file) == ("ready", None)
    assert checked.page is not None


def test_the_page_escapes_what_the_file_says() -> None:
    checked = check(text_of([f"{line},1" for line in candles(50)], header=f"{HEADER},<script>alert(1)</script>"), name="<b>mine</b>")

    assert checked.page is not None
    page = checked.page.read_text()
    assert "<script" not in page
    assert "<b>" not in page
    assert '<svg viewBox="0 0 960 280" role="img" aria-label=' in page
    assert page.count("<h1>") == 1
    assert '<html lang="en">' in page


def test_a_day_is_made_of_the_hours_of_a_file() -> None:
    checked = check(text_of(candles(7 * 30, calendar="XNYS")), calendar="XNYS")
    assert checked.file is not None
    own, further = read_candles(checked.file, symbol="ACME")

    days = resample(Bars(*(getattr(own, name) for name in ARRAYS), columns=further), calendar="XNYS", of="1h", timeframe="1d")

    np.testing.assert_array_equal(days.time, closes_between("XNYS", "1d", after=ns("2023-01-01"), until=ns("2024-03-01"))[-len(days) :])
    assert len(days) == 30
