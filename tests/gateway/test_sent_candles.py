"""Where candles of requests should be, and when: what is refused, and what an honest market without trades may send."""

import pytest
from pydantic import ValidationError

from libs.contracts.own_candles import SECONDS
from libs.contracts.sent_candles import CandleColumns
from services.gateway.domain.signals.sent_candles import misplaced, mistimed
from services.gateway.inbound.faces.trading_ai.candles import columns_sent

OPENED_MS = 1_700_000_040_000


def candles(*minutes: float) -> CandleColumns:
    """Return candles that open so many minutes after a moment."""
    return CandleColumns.of([(OPENED_MS + round(each * 60_000), 1.0, 1.0, 1.0, 1.0, 1.0) for each in minutes])


@pytest.mark.parametrize("minutes", [(0, 2, 4, 7), (0, 5, 12, 17, 29), (0, 2, 4, 6, 8), (0, 30)])
def test_minutes_in_which_nothing_was_traded_are_holes(minutes: tuple[float, ...]) -> None:
    assert misplaced("1m", candles(*minutes)) is None


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        ((0, 5, 10, 15), "most candles are 300 s apart, none nearer, a candle of 1m lasts 60 s; are these of another timeframe? Send them as 5m."),
        ((0, 5, 10, 15, 40), "Send them as 5m."),
        (tuple(range(0, 22, 2)), "most candles are 120 s apart, none nearer, a candle of 1m lasts 60 s; are these of another timeframe?"),
    ],
)  # fmt: skip
def test_candles_of_another_timeframe_are_told_by_the_gap_that_most_have(minutes: tuple[float, ...], words: str) -> None:
    wrong = misplaced("1m", candles(*minutes))

    assert wrong is not None
    assert wrong.endswith(words)


@pytest.mark.parametrize("name", ["1m", "1h", "1d"])
def test_a_candle_that_opens_after_the_moment_is_refused_but_for_what_clocks_differ(name: str) -> None:
    opened = CandleColumns.of([(OPENED_MS + number * 1000 * SECONDS[name], 1.0, 1.0, 1.0, 1.0, 1.0) for number in range(3)])
    last = opened.timestamp[-1]

    assert mistimed({name: opened}, at_ms=last - 5_000) is None
    assert f"timeframe_data.{name}.2: timestamp {last} lies in the future" in str(mistimed({name: opened}, at_ms=last - 5_001))


def sent(count: int, **changes: object) -> list[dict[str, object]]:
    """Return so many candles as somebody sends them."""
    usual = {"open": 1.5, "high": 2.0, "low": 1.0, "close": 1.2, "volume": 3.0}
    return [{"timestamp": OPENED_MS + number * 60_000, **usual, **changes} for number in range(count)]


def test_a_timestamp_may_be_a_whole_number_with_a_point_as_javascript_and_pandas_write_it() -> None:
    rows = sent(3)

    assert columns_sent([row | {"timestamp": float(str(row["timestamp"]))} for row in rows]) == columns_sent(rows)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"high": 1.1}, "open 1.5 or close 1.2 lies outside"),
        ({"timestamp": OPENED_MS + 0.5}, "got a number with a fractional part"),
        ({"timestamp": True}, "Must be a number"),
        ({"close": "1"}, "Must be a number"),
    ],
)
def test_candles_are_looked_at_from_the_first_that_is_wrong_a_hundred_at_most(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        columns_sent([*sent(300), *sent(300, **wrong)])

    problems = refused.value.errors()
    assert {each["loc"][0] for each in problems} == set(range(300, 400))
    assert words in problems[0]["msg"]
