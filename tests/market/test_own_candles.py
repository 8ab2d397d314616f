"""Candles of one's own, as the market gives them: before the packaged ones, of all coarser timeframes, from a file that is what it should be."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.contracts.own_candles import SECONDS
from libs.market.candles import Market
from libs.market.catalogue import INSTRUMENTS, NoCandlesError, UnknownSymbolError
from libs.market.costs import usual_costs
from libs.market.own import catalogue_of, check_instrument, coarser_than, instrument_of
from libs.market.windows import common_days
from libs.quant.costs import USUAL
from tests.market.own import Rows, put

HOUR = 3_600 * 10**9


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(str(tmp_path / "artifacts"))


def market_of(artifacts: Artifacts, *own: object, lake: Path | None = None) -> Market:
    return Market(lake, synthetic_allowed=False, artifacts=artifacts, own=own)  # type: ignore[arg-type]  # what `put` returns


def test_own_candles_are_those_of_the_file_with_their_dataset_as_the_source(artifacts: Artifacts, tmp_path: Path) -> None:
    rows = Rows(columns={"sentiment_score": np.arange(600.0)})
    own = put(artifacts, rows, version=3, warnings=2)

    candles = market_of(artifacts, own, lake=tmp_path / "lake").candles("ACME", "1h")

    arrays = rows.arrays()
    for name in ("time", "open", "high", "low", "close", "volume", "segment"):
        np.testing.assert_array_equal(getattr(candles, name), arrays[name])
    np.testing.assert_array_equal(candles.columns["sentiment_score"], arrays["sentiment_score"])
    np.testing.assert_array_equal(candles.filled_at, arrays["time"] - HOUR)
    assert candles.source == f"dataset_1, version 3 (sha256 {own.sha256[:12]}, 2 kinds of warning in its health check)"
    assert (candles.source_hash, candles.adjustment, candles.synthetic) == (own.sha256, "none", False)
    assert candles.bars_per_year == 24 * 365


def test_a_symbol_of_ones_own_goes_before_the_packaged_one_of_the_same_name_and_timeframe_and_nowhere_else(artifacts: Artifacts) -> None:
    own = put(artifacts, Rows(symbol="AAPL", timeframe="1d", bars=300))
    weekly = put(artifacts, Rows(symbol="MSFT", timeframe="1w", bars=60), dataset_id="dataset_2")
    market = market_of(artifacts, own, weekly)

    assert market.candles("AAPL", "1d").source.startswith("dataset_1")
    assert market.candles("MSFT", "1w").source.startswith("dataset_2")
    assert market.candles("MSFT", "1d").source == INSTRUMENTS["MSFT"].source
    assert market.with_own(()).candles("AAPL", "1d").source == INSTRUMENTS["AAPL"].source
    with pytest.raises(UnknownSymbolError):
        market.with_own(()).candles("ACME", "1d")


@pytest.mark.parametrize("timeframe", ["4h", "1d", "1w"])
def test_coarser_candles_are_made_of_finer_ones_and_say_so(artifacts: Artifacts, timeframe: str) -> None:
    own = put(artifacts, Rows())
    market = market_of(artifacts, own)

    fine, coarse = market.candles("ACME", "1h"), market.candles("ACME", timeframe)

    assert "made of 1h" in coarse.source
    first = int(np.searchsorted(fine.time, coarse.filled_at[1], side="right"))
    parts = fine.part(first, int(np.searchsorted(fine.time, coarse.time[1])) + 1)
    assert len(parts) == {"4h": 4, "1d": 24, "1w": 168}[timeframe]
    assert (coarse.open[1], coarse.close[1]) == (parts.open[0], parts.close[-1])
    assert (coarse.high[1], coarse.low[1]) == (parts.high.max(), parts.low.min())
    assert coarse.volume[1] == pytest.approx(parts.volume.sum())
    assert coarse.time[1] == parts.time[-1]


def test_of_several_datasets_of_a_symbol_the_nearest_that_is_fine_enough_is_used(artifacts: Artifacts) -> None:
    minutes = put(artifacts, Rows(timeframe="15m"), dataset_id="dataset_m")
    hours = put(artifacts, Rows(timeframe="1h"), dataset_id="dataset_h")
    own = catalogue_of([hours, minutes])

    chosen = {timeframe: found.dataset_id if (found := own.behind("ACME", timeframe=timeframe)) else None for timeframe in SECONDS}

    assert chosen == {"1m": None, "5m": None, "15m": "dataset_m", "30m": "dataset_m"} | dict.fromkeys(coarser_than("1h"), "dataset_h")


def test_what_was_known_at_a_coarser_candles_close_is_what_it_has(artifacts: Artifacts) -> None:
    values = np.arange(600.0)
    values[3::4] = np.nan  # The last hour of each four has no value: the one before it counts.
    time = Rows().arrays()["time"]
    late = time.copy()
    late[6] = time[12]  # Known only six hours later: in the candle that is closed by then.
    own = put(artifacts, Rows(columns={"score": values}, known_at={"score": late}))

    column = market_of(artifacts, own).candles("ACME", "4h").columns["score"]

    assert column[:5].tolist() == [2.0, 5.0, 10.0, 14.0, 18.0]


def test_a_timeframe_that_is_finer_than_the_data_is_refused_and_told_what_can_be_made(artifacts: Artifacts) -> None:
    market = market_of(artifacts, put(artifacts, Rows()))

    with pytest.raises(NoCandlesError, match=r"of them 1h and 4h and 1d and 1w can be made, not 15m") as refused:
        market.candles("ACME", "15m")

    assert list(refused.value.details) == ["timeframe"]


def test_more_candles_than_can_be_read_are_refused_before_any_is_and_coarser_ones_are_not(artifacts: Artifacts) -> None:
    years = put(artifacts, Rows(timeframe="1m")).model_copy(update={"start": date(2020, 1, 1)})
    own = catalogue_of([years])

    with pytest.raises(
        NoCandlesError, match=r"about 2,1\d\d,\d\d\d candles of 1m .* at most 2,000,000 can be read: use a longer timeframe"
    ):
        check_instrument("ACME", timeframe="1m", own=own)

    assert check_instrument("ACME", timeframe="5m", own=own).own


def test_days_outside_of_the_dataset_are_refused_and_told_its_window(artifacts: Artifacts) -> None:
    market = market_of(artifacts, put(artifacts, Rows()))

    with pytest.raises(NoCandlesError, match=r"ACME has 1h candles from 2024-01-01 to 2024-01-25, none from 2025-01-01 on"):
        market.candles("ACME", "1h", start=date(2025, 1, 1))
    part = market.candles("ACME", "1h", start=date(2024, 1, 2), end=date(2024, 1, 3))
    assert len(part) == 48


def test_an_unknown_symbol_is_told_the_own_one_that_is_meant(artifacts: Artifacts) -> None:
    own = catalogue_of([put(artifacts, Rows())])

    with pytest.raises(UnknownSymbolError, match="Did you mean 'ACME'") as near:
        check_instrument("ACMEE", timeframe="1h", own=own, synthetic_allowed=True)
    with pytest.raises(UnknownSymbolError, match="Known are ACME, AAPL") as far:
        check_instrument("XYZZY", timeframe="1h", own=own)

    assert (near.value.nearest, far.value.known[0]) == (["ACME"], "ACME")


def test_days_in_common_are_those_of_own_and_packaged_candles(artifacts: Artifacts) -> None:
    own = catalogue_of([put(artifacts, Rows(timeframe="1d", bars=300))])

    days = common_days(["ACME", "NVDA"], timeframe="1d", start=None, end=None, own=own)

    assert days == (date(2024, 1, 1), date(2024, 10, 26))
    with pytest.raises(NoCandlesError, match="ACME from 2024-01-01"):
        common_days(["ACME", "AAPL"], timeframe="1d", start=None, end=None, own=own)


def test_a_damaged_file_in_the_lake_is_fetched_again_and_one_that_is_gone_from_the_store_is_said_to_be(
    artifacts: Artifacts, tmp_path: Path
) -> None:
    own, lake = put(artifacts, Rows()), tmp_path / "lake"
    whole = market_of(artifacts, own, lake=lake).candles("ACME", "1h")
    (kept,) = lake.rglob("*.parquet")
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes()[:-50])

    again = market_of(artifacts, own, lake=lake).candles("ACME", "1h")

    np.testing.assert_array_equal(again.close, whole.close)
    assert kept.stat().st_mode & 0o222 == 0
    stored = next((tmp_path / "artifacts").rglob(own.sha256))
    stored.write_bytes(b"something else")
    assert len(market_of(artifacts, own, lake=lake).candles("ACME", "1h")) == 600
    with pytest.raises(ArtifactDamagedError):
        market_of(artifacts, own).candles("ACME", "1h")
    stored.unlink()
    with pytest.raises(ArtifactMissingError):
        market_of(artifacts, own).candles("ACME", "1h")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 40), st.integers(1, 6), st.lists(st.integers(1, 199), max_size=4, unique=True), st.sampled_from(["1h", "4h", "1d"]))
@example(seed=3, holes=6, cuts=[120], timeframe="1d")
def test_however_a_file_is_cut_into_groups_of_rows_the_same_candles_are_made_of_it(
    artifacts: Artifacts, seed: int, holes: int, cuts: list[int], timeframe: str
) -> None:
    random = np.random.default_rng(seed)
    values = np.where(random.random(200) < 0.3, np.nan, random.normal(size=200))
    rows = Rows(bars=200, columns={"score": values}, missing=tuple(np.unique(random.integers(1, 199, holes)).tolist()))
    late = rows.arrays()["time"][0] + (np.arange(200) + random.integers(-2, 30, 200)) * HOUR
    own = put(artifacts, replace(rows, known_at={"score": late}), groups=tuple(sorted(cuts)))
    whole = put(artifacts, replace(rows, known_at={"score": late}))

    made, same = (market_of(artifacts, each).candles("ACME", timeframe) for each in (own, whole))

    assert len(made) > 0
    for name in ("time", "open", "high", "low", "close", "volume", "segment", "opened"):
        np.testing.assert_array_equal(getattr(made, name), getattr(same, name))
    np.testing.assert_array_equal(made.columns["score"], same.columns["score"])


def test_an_append_is_another_version_and_both_can_be_read(artifacts: Artifacts) -> None:
    first, second = put(artifacts, Rows(bars=500)), put(artifacts, Rows(bars=600), version=2)
    market = market_of(artifacts)

    before, after = (market.with_own([own]).candles("ACME", "1h") for own in (first, second))

    assert (len(before), len(after)) == (500, 600)
    np.testing.assert_array_equal(after.close[:500], before.close)
    assert (before.source[:20], after.source[:20]) == ("dataset_1, version 1", "dataset_1, version 2")


def test_trading_something_of_ones_own_costs_what_its_calendar_suggests_until_the_request_says_more(artifacts: Artifacts) -> None:
    crypto, shares = put(artifacts, Rows(symbol="APPL")), put(artifacts, Rows(calendar="XNYS"))

    classes = [instrument_of(each).asset_class for each in (crypto, shares)]

    assert classes == ["crypto", "equity"]
    assert [usual_costs(each.symbol, calendar=each.calendar) for each in (crypto, shares)] == [USUAL["crypto"], USUAL["equity"]]


def test_the_bars_of_an_exchange_open_with_their_session(artifacts: Artifacts) -> None:
    candles = market_of(artifacts, put(artifacts, Rows(calendar="XNYS", bars=70))).candles("ACME", "1h")

    lengths = (candles.time - candles.filled_at) / HOUR

    assert lengths[:8].tolist() == [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 1.0]
    with pytest.raises(InvalidError):
        market_of(artifacts).candles("ACME", "1h")
