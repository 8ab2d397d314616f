"""Generated candles: the same for ever, like real ones bar by bar, and always labelled."""

import numpy as np
import pytest

from libs.market.candles import Market
from libs.market.synthetic import donor_of


@pytest.mark.parametrize(("timeframe", "bars"), [("1d", 2870), ("1h", 12552), ("15m", 12672)])
@pytest.mark.parametrize("symbol", ["NIFTY50", "BANKNIFTY", "RELIANCE"])
def test_a_generated_symbol_is_labelled_and_always_the_same(symbol: str, timeframe: str, bars: int) -> None:
    first, second = (Market(lake=None, synthetic_allowed=True).candles(symbol, timeframe) for _ in range(2))

    assert first.synthetic
    assert first.source == f"synthetic (block bootstrap of {donor_of(symbol, timeframe=timeframe)} {timeframe})"
    assert len(first) == bars
    assert first.source_hash == second.source_hash
    np.testing.assert_array_equal(first.close, second.close)


def test_symbols_differ_from_one_another() -> None:
    market = Market(lake=None, synthetic_allowed=True)

    hashes = {market.candles(symbol, "1d").source_hash for symbol in ("NIFTY50", "BANKNIFTY", "RELIANCE", "TSLA")}

    assert len(hashes) == 4


def test_its_bars_move_as_the_donors_do_but_have_no_drift() -> None:
    market = Market(lake=None, synthetic_allowed=True)
    generated, donor = market.candles("NIFTY50", "1d"), market.candles(donor_of("NIFTY50", timeframe="1d"), "1d")

    moves, real = np.diff(np.log(generated.close)), np.diff(np.log(donor.close))

    assert moves.std() == pytest.approx(real.std(), rel=0.15)
    assert abs(moves.mean()) < 3 * moves.std() / np.sqrt(len(moves))
    ranges, real_ranges = (np.log(candles.high / candles.low).mean() for candles in (generated, donor))
    assert ranges == pytest.approx(real_ranges, rel=0.15)


def test_it_trades_on_weekdays_alone() -> None:
    candles = Market(lake=None, synthetic_allowed=True).candles("NIFTY50", "1h")

    weekdays = ((candles.time - 1) // (86_400 * 10**9) + 3) % 7
    assert set(weekdays.tolist()) == {0, 1, 2, 3, 4}
