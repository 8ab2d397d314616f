"""Generated candles: the same for ever, like real ones bar by bar, and always labelled."""

import numpy as np
import pytest

from libs.market.candles import Market
from libs.market.synthetic import donor_of

SYMBOLS = ("NIFTY50", "BANKNIFTY", "RELIANCE", "TSLA", "INFY", "SBIN")


@pytest.mark.parametrize(("timeframe", "bars"), [("1d", 2870), ("1h", 12552), ("15m", 12672)])
@pytest.mark.parametrize("symbol", ["NIFTY50", "BANKNIFTY", "RELIANCE"])
def test_a_generated_symbol_is_labelled_and_always_the_same(symbol: str, timeframe: str, bars: int) -> None:
    first, second = (Market(lake=None, synthetic_allowed=True).candles(symbol, timeframe) for _ in range(2))

    assert first.synthetic
    assert first.source == f"synthetic (GARCH walk, as wild as {donor_of(symbol, timeframe=timeframe)} {timeframe})"
    assert len(first) == bars
    assert first.source_hash == second.source_hash
    np.testing.assert_array_equal(first.close, second.close)


def test_symbols_differ_from_one_another() -> None:
    market = Market(lake=None, synthetic_allowed=True)

    hashes = {market.candles(symbol, "1d").source_hash for symbol in ("NIFTY50", "BANKNIFTY", "RELIANCE", "TSLA")}

    assert len(hashes) == 4


@pytest.mark.parametrize("timeframe", ["1d", "1h", "15m"])
def test_its_bars_move_as_the_donors_do_but_have_no_drift(timeframe: str) -> None:
    market = Market(lake=None, synthetic_allowed=True)
    generated, donor = market.candles("NIFTY50", timeframe), market.candles(donor_of("NIFTY50", timeframe=timeframe), timeframe)

    moves, real = (candles.close[1:] / candles.close[:-1] - 1 for candles in (generated, donor))

    assert moves.std() == pytest.approx(real.std(), rel=0.15)
    assert abs(moves.mean()) < 3 * moves.std() / np.sqrt(len(moves))
    ranges, real_ranges = (np.log(candles.high / candles.low).mean() for candles in (generated, donor))
    assert ranges == pytest.approx(real_ranges, rel=0.15)
    # Fat tails, and storms that follow storms.
    assert np.mean((moves - moves.mean()) ** 4) / moves.var() ** 2 > 4
    assert np.corrcoef(np.abs(moves[1:]), np.abs(moves[:-1]))[0, 1] > 3 / np.sqrt(len(moves))


@pytest.mark.parametrize("timeframe", ["1d", "1h", "15m"])
def test_no_stretch_of_it_comes_again_at_another_time_or_in_another_symbol(timeframe: str) -> None:
    market = Market(lake=None, synthetic_allowed=True)
    of = {name: market.candles(name, timeframe) for name in SYMBOLS}
    series = {name: np.diff(np.log(candles.close)) for name, candles in of.items()} | {
        f"{name}'s donor": np.diff(np.log(market.candles(donor_of(name, timeframe=timeframe), timeframe).close)) for name in SYMBOLS[:1]
    }

    # Scaled, and upside down, too: two moves set against the one before them.
    shapes = [np.round(np.column_stack([moves[1:-1], moves[2:]]) / moves[:-2, None], 7) for moves in series.values() if (moves != 0).all()]
    whole = np.concatenate(shapes)

    assert len(np.unique(whole, axis=0)) == len(whole)
    names = list(of)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            assert abs(np.corrcoef(series[one], series[other])[0, 1]) < 5 / np.sqrt(len(series[one]))


@pytest.mark.parametrize("symbol", ["NIFTY50", "BANKNIFTY", "RELIANCE", "TSLA"])
def test_the_past_does_not_tell_where_it_goes(symbol: str) -> None:
    moves = np.diff(np.log(Market(lake=None, synthetic_allowed=True).candles(symbol, "1h").close))

    for lag in (1, 2, 3, 5, 10, 20, 60, 250):
        assert abs(np.corrcoef(np.sign(moves[lag:]), np.sign(moves[:-lag]))[0, 1]) < 4 / np.sqrt(len(moves)), lag


def test_it_trades_on_weekdays_alone() -> None:
    candles = Market(lake=None, synthetic_allowed=True).candles("NIFTY50", "1h")

    weekdays = ((candles.time - 1) // (86_400 * 10**9) + 3) % 7
    assert set(weekdays.tolist()) == {0, 1, 2, 3, 4}
