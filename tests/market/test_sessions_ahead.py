"""A day or a week ahead on candles shorter than a day: sessions of the symbol's calendar, over holidays and short days."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from libs.market.sessions import closes_between
from libs.market.sessions_ahead import NOT_YET, candles_ahead
from libs.quant.candles import Candles
from libs.quant.targets import parse_target
from tests.quant.walks import walk

NEW_YORK = ZoneInfo("America/New_York")


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * 10**9


def hourly(calendar: str = "XNYS", *, first: str = "2024-10-28", last: str = "2024-12-20", without: tuple[str, ...] = ()) -> Candles:
    """Return hourly candles of a calendar; over the holes that are left by those `without` no target reaches."""
    time = closes_between(calendar, "1h", after=moment(first), until=moment(last))
    missing = np.isin(time, [moment(each) for each in without])
    walked = walk(3000).part(0, len(time))
    columns = {name: getattr(walked, name)[~missing] for name in ("open", "high", "low", "close", "volume")}
    segment = np.cumsum(np.concatenate(([0], missing[:-1])))[~missing].astype(np.int32)
    given = {"symbol": "ACME", "timeframe": "1h", "source": "test", "source_hash": "", "adjustment": "none", "synthetic": False}
    return Candles(**given, bars_per_year=1764.0, time=time[~missing], segment=segment, calendar=calendar, **columns)  # type: ignore[arg-type]  # plain names


def looked_at(candles: Candles, target: str, at: str) -> str:
    due = candles_ahead(candles, target=parse_target(target))[int(np.searchsorted(candles.time, moment(at)))]
    return str(due) if due < 0 else f"{datetime.fromtimestamp(int(candles.time[due]) / 10**9, NEW_YORK):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("target", "at", "told"),
    [
        ("close_next_day", "2024-11-19 10:30", "2024-11-20 10:30"),
        ("close_next_day", "2024-11-22 16:00", "2024-11-25 16:00"),  # over a weekend
        ("close_next_day", "2024-11-01 11:30", "2024-11-04 11:30"),  # over the end of summer time
        ("close_next_day", "2024-11-27 11:30", "2024-11-29 11:30"),  # over Thanksgiving
        ("close_next_day", "2024-11-27 15:30", "2024-11-29 13:00"),  # into a short session
        ("return_next_2_days", "2024-11-27 15:30", "2024-12-02 15:30"),
        ("close_next_week", "2024-11-19 10:30", "2024-11-26 10:30"),
        ("close_next_week", "2024-11-21 10:30", "2024-11-27 10:30"),  # a holiday: the session before
        ("close_next_day", "2024-12-19 16:00", str(NOT_YET)),
    ],
)
def test_a_day_is_the_next_session_at_the_same_time_and_a_week_the_same_weekday(target: str, at: str, told: str) -> None:
    assert looked_at(hourly(), target, at) == told


def test_round_the_clock_a_day_is_as_many_candles_as_hours() -> None:
    candles = hourly("24/7")

    due = candles_ahead(candles, target=parse_target("close_next_day"))

    assert due[:-24].tolist() == list(range(24, len(candles)))
    assert (due[-24:] == NOT_YET).all()


def test_no_target_reaches_over_a_hole() -> None:
    candles = hourly(without=("2024-11-20 10:30",))

    assert looked_at(candles, "close_next_day", "2024-11-19 11:30") == "-1"
    assert looked_at(candles, "close_next_day", "2024-11-20 11:30") == "2024-11-21 11:30"


def test_an_empty_morning_has_no_candle_to_look_at() -> None:
    candles = hourly(without=("2024-11-20 10:30", "2024-11-20 11:30"))
    whole = Candles(
        **{name: getattr(candles, name) for name in Candles.__dataclass_fields__} | {"segment": np.zeros(len(candles), np.int32)}
    )

    assert looked_at(whole, "close_next_day", "2024-11-19 11:30") == "-1"
    assert looked_at(whole, "close_next_day", "2024-11-19 12:30") == "2024-11-20 12:30"
