"""Coarser candles out of finer ones, against a slow and obvious loop."""

from typing import Any

import numpy as np
import pytest

from libs.market.resample import Bars, can_make, resample
from libs.market.sessions import INTRADAY, closes_between

ARRAYS = ("time", "open", "high", "low", "close", "volume")


def ns(moment: str) -> int:
    return int(np.datetime64(moment, "ns").astype(np.int64))


def bars_at(closes: Any, *, segment: Any = None) -> Bars:
    random = np.random.default_rng(7)
    count = len(closes)
    close = 100 + random.normal(size=count).cumsum() * 0.1
    open_ = close + random.normal(size=count) * 0.05
    return Bars(
        time=np.asarray(closes, dtype=np.int64),
        open=open_,
        high=np.maximum(open_, close) + 0.01,
        low=np.minimum(open_, close) - 0.01,
        close=close,
        volume=random.integers(1, 100, count).astype(float),
        segment=np.zeros(count, dtype=np.int32) if segment is None else np.asarray(segment, dtype=np.int32),
        columns={"sentiment": random.normal(size=count)},
    )


def slow(bars: Bars, *, calendar: str, of: str, timeframe: str) -> list[dict[str, float]]:
    """Walk through the coarser bars that there are by the calendar, and take those whose every part is there."""
    place = {int(close): number for number, close in enumerate(bars.time)}
    after = int(bars.time[0]) - 40 * 86_400 * 10**9
    found, previous = [], after
    for close in closes_between(calendar, timeframe, after=after, until=int(bars.time[-1])).tolist():
        parts = [place.get(part) for part in closes_between(calendar, of, after=previous, until=close).tolist()]
        previous = close
        if not parts or None in parts or len({int(bars.segment[part]) for part in parts}) > 1:
            continue
        high, low = max(bars.high[part] for part in parts), min(bars.low[part] for part in parts)
        row = {"time": close, "open": bars.open[parts[0]], "high": high, "low": low, "close": bars.close[parts[-1]]}
        found.append(row | {"volume": sum(bars.volume[part] for part in parts), "sentiment": bars.columns["sentiment"][parts[-1]]})
    return found


@pytest.mark.parametrize("calendar", ["24/7", "24/5", "XNYS", "XHKG"])
@pytest.mark.parametrize(
    ("of", "timeframe", "first", "last"),
    [
        ("5m", "15m", "2024-11-26T15:05", "2024-12-03T02:10"),
        ("15m", "1h", "2024-11-26T15:05", "2024-12-10T02:10"),
        ("1h", "4h", "2024-11-20T15:05", "2024-12-20T03:10"),
        ("1h", "1d", "2024-10-26T15:05", "2024-12-28T03:10"),
        ("30m", "1w", "2024-10-26T15:05", "2024-12-28T03:10"),
        ("1d", "1w", "2024-01-03T00:00", "2024-12-28T03:10"),
    ],
)
def test_coarser_bars_are_those_of_the_obvious_loop(calendar: str, of: str, timeframe: str, first: str, last: str) -> None:
    closes = closes_between(calendar, of, after=ns(first), until=ns(last))
    there = np.ones(len(closes), dtype=bool)
    there[len(closes) // 2 : len(closes) // 2 + 3] = False  # a hole
    segment = np.where(np.arange(len(closes)) < len(closes) // 2, 0, 1)
    bars = bars_at(closes[there], segment=segment[there])

    made = resample(bars, calendar=calendar, of=of, timeframe=timeframe)

    expected = slow(bars, calendar=calendar, of=of, timeframe=timeframe)
    assert len(expected) > 5
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(made, name), [row[name] for row in expected], rtol=1e-13, err_msg=name)
    np.testing.assert_array_equal(made.columns["sentiment"], [row["sentiment"] for row in expected])
    assert len(np.unique(made.segment)) == 2


def test_bars_that_are_not_whole_are_left_out_at_both_ends() -> None:
    bars = bars_at(closes_between("24/7", "15m", after=ns("2024-01-01T00:15"), until=ns("2024-01-01T03:45")))

    made = resample(bars, calendar="24/7", of="15m", timeframe="1h")

    assert made.time.tolist() == [ns("2024-01-01T02:00"), ns("2024-01-01T03:00")]
    assert made.open[0] == bars.open[3]


def test_a_bar_after_the_close_is_in_no_day() -> None:
    closes = closes_between("XNYS", "1h", after=ns("2024-01-02"), until=ns("2024-01-04")).tolist()
    late = closes[6] + INTRADAY["1h"]
    bars = bars_at(sorted([*closes, late]))

    made = resample(bars, calendar="XNYS", of="1h", timeframe="1d")

    assert len(made) == 2
    assert made.volume[0] == bars.volume[:7].sum()
    assert made.volume[1] == bars.volume[8:].sum()


def test_too_few_bars_make_none() -> None:
    bars = bars_at(closes_between("24/7", "1h", after=ns("2024-01-01"), until=ns("2024-01-01T03:00")))

    assert len(resample(bars, calendar="24/7", of="1h", timeframe="4h")) == 0
    assert len(resample(bars_at([]), calendar="24/7", of="1h", timeframe="4h")) == 0
    assert resample(bars, calendar="24/7", of="1h", timeframe="1h") is bars


def test_bars_can_be_made_coarser_and_never_finer() -> None:
    assert can_make("1w", of="1m")
    assert can_make("1h", of="1h")
    assert not can_make("1h", of="1d")
    assert not can_make("3h", of="1m")
    with pytest.raises(ValueError, match="bars of 1h cannot be made of bars of 1d"):
        resample(bars_at([]), calendar="24/7", of="1d", timeframe="1h")
