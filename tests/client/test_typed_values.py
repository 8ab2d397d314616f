"""What is typed and what is in files, before anything is sent: candles of CSV and JSON, values of parameters."""

import json
from pathlib import Path

import pytest

from modelbourse.cli.candle_files import CANDLES_MOST, read_candles
from modelbourse.cli.errors import CommandError
from modelbourse.cli.ranges import parameters_of

HOUR_MS = 3_600_000
START_MS = 1_697_230_800_000


def candle(number: int) -> dict[str, float]:
    return {"timestamp": START_MS + number * HOUR_MS, "open": 10.0, "high": 12.0, "low": 9.0, "close": 11.0, "volume": 5.0}


@pytest.mark.parametrize(
    "times", [["2023-10-13T21:00:00Z", "2023-10-13 22:00"], ["1697230800", "1697234400"], ["1697230800000", "1697234400000"]]
)
def test_a_csv_is_read_whichever_way_it_tells_the_time_and_its_timeframe_is_seen(tmp_path: Path, times: list[str]) -> None:
    file = tmp_path / "btc.csv"
    newest_first = "".join(f"{at},10,12,9,11,5\n" for at in reversed(times))
    file.write_text("Date,Open,High,Low,Close,Volume\n" + newest_first)

    assert read_candles([str(file)], timeframe=None) == {"1h": [candle(0), candle(1)]}


def test_a_json_of_several_timeframes_is_read_and_of_long_ones_the_newest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "btc.json"
    file.write_text(json.dumps({"timeframe_data": {"1h": [candle(number) for number in range(CANDLES_MOST + 5)], "4h": [candle(0)]}}))

    found = read_candles([str(file)], timeframe=None)

    assert (len(found["1h"]), found["1h"][0], found["4h"]) == (CANDLES_MOST, candle(5), [candle(0)])
    assert "the newest 1000 are sent" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Date,Open,High,Low,Close\n2023-10-13,1,2,1,2\n", "candle 1 has no volume; it has date, open"),
        ("Date,Open,High,Low,Close,Volume\nyesterday,1,2,1,2,5\n", "candle 1 cannot be read"),
        ("Date,Open,High,Low,Close,Volume\n2023-10-13,1,2,1,2,5\n", "say their timeframe by --timeframe"),
        ("[1, 2]", "it holds no candles"),
        ("{", "it is no JSON"),
        (json.dumps({"1hour": [candle(0)]}), "there is no timeframe '1hour'"),
    ],
)
def test_a_file_that_cannot_be_used_says_which_candle_and_why(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "candles"
    file.write_text(text)

    with pytest.raises(CommandError, match=problem):
        read_candles([str(file)], timeframe=None)


def test_values_are_one_several_or_from_here_to_there() -> None:
    found = parameters_of(["period=7:28:7", "oversold=20,25", "std_dev=1.9:2.1:0.1", "overbought=70"])

    assert found == {"period": [7, 14, 21, 28], "oversold": [20, 25], "std_dev": [1.9, 2.0, 2.1], "overbought": 70}
    assert isinstance(found["overbought"], int)


@pytest.mark.parametrize("given", ["period", "period=", "period=a", "period=9:7", "period=1:9:0", "period=1:2:3:4", "period=1:9999", "=7"])
def test_what_is_no_value_is_refused_with_how_it_is_written(given: str) -> None:
    with pytest.raises(CommandError, match=r"from:to:step|larger step") as refused:
        parameters_of([given])

    assert refused.value.status == 2
