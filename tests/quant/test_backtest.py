"""Backtests: by hand, against a slow plain reading of the rules, and fast."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.backtest import backtest, buy_and_hold, portfolio, positions_from_classes, positions_from_returns
from libs.quant.candles import Candles
from libs.quant.fills import END, GAP, RUIN, SIGNAL
from libs.quant.labels import BUY, HOLD, SELL
from tests.quant.walks import HOUR, candles_of, of_closes, walk

RULES = st.fixed_dictionaries(
    {
        "commission": st.floats(0, 0.05),
        "slippage": st.floats(0, 0.05),
        "borrow_rate": st.floats(0, 100),
        "size": st.sampled_from([1.0, 0.5, 0.1]),
    }
)


def lowest(costs: dict[str, float]) -> int:
    """Return the lowest position that may be wanted: a short one takes all of the equity."""
    return -1 if costs["size"] == 1.0 else 0


def slowly(
    candles: Candles, wanted: list[int], *, commission: float, slippage: float, borrow_rate: float, size: float
) -> tuple[list[float], list[tuple[int, int, int, float]]]:
    """Play the rules in plain Python: equity at each close, and trades as (entered, left, direction, net return)."""
    equity, trades = [], []
    cash, shares, held, staked, idle, entered = 1.0, 0.0, 0, 1.0, 0.0, 0

    def leave(bar: int, quote: float) -> None:
        nonlocal cash, shares, held
        price = quote * (1 - slippage * held)
        cash = max(0.0, cash + shares * price - abs(shares) * price * commission)
        trades.append((entered, bar, held, (cash - idle) / staked - 1))
        shares, held = 0.0, 0

    for bar in range(len(candles)):
        last = bar + 1 == len(candles) or candles.segment[bar + 1] != candles.segment[bar]
        first = bar == 0 or candles.segment[bar] != candles.segment[bar - 1]
        goal = 0 if first else wanted[bar - 1]
        quote = candles.close[bar] if candles.stale_open[bar] else candles.open[bar]
        if goal != held and held:
            leave(bar, quote)
        if goal and not held and cash > 0:
            price = quote * (1 + slippage * goal)
            staked, idle, entered, held = size * cash, (1 - size) * cash, bar, goal
            shares = goal * staked / (price * (1 + commission))
            cash -= shares * price + abs(shares) * price * commission
        if last and held:
            leave(bar, candles.close[bar])
        if held < 0:
            cash -= -shares * candles.close[bar] * borrow_rate / candles.bars_per_year
        worth = cash + shares * candles.close[bar]
        if held and worth <= 0:
            trades.append((entered, bar, held, -1.0))
            cash, shares, held, worth = 0.0, 0.0, 0, 0.0
        equity.append(worth)
    return equity, trades


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 9999),
    st.integers(1, 80),
    st.integers(1, 3),
    RULES,
)
def test_the_fast_loop_does_what_the_slow_one_does(seed: int, bars: int, segments: int, costs: dict[str, float]) -> None:
    random = np.random.default_rng(seed)
    candles = replace(walk(bars, seed=seed, segments=segments), stale_open=random.random(bars) < 0.3)
    wanted = random.integers(lowest(costs), 2, bars)

    result = backtest(candles, wanted.astype(np.int8), **costs)

    equity, trades = slowly(candles, wanted.tolist(), **costs)
    np.testing.assert_allclose(result.equity, equity, rtol=1e-12, atol=1e-12)
    assert len(result.trades) == len(trades)
    np.testing.assert_allclose(result.trades.net_return, [trade[3] for trade in trades], rtol=1e-9, atol=1e-12)
    assert result.trades.entered.tolist() == [candles.time[trade[0]] for trade in trades]
    assert result.trades.left.tolist() == [candles.time[trade[1]] for trade in trades]
    assert result.trades.direction.tolist() == [trade[2] for trade in trades]


def test_a_short_position_takes_all_of_the_equity() -> None:
    with pytest.raises(ValueError, match="all of the equity"):
        backtest(of_closes(100, 100), np.array([-1, 0], dtype=np.int8), commission=0.0, slippage=0.0, size=0.5)


def test_a_long_trade_by_hand() -> None:
    prices = np.array([100.0, 102.0, 110.0, 121.0])
    candles = candles_of(prices, prices + 1, prices - 1, prices + 0.5, np.ones(4))

    result = backtest(candles, np.array([1, 1, 0, 0], dtype=np.int8), commission=0.001, slippage=0.002)

    bought, sold = 102 * 1.002, 121 * 0.998
    shares = 1 / (bought * 1.001)
    assert result.equity.tolist() == pytest.approx([1.0, shares * 102.5, shares * 110.5, shares * sold * 0.999])
    assert result.trades.net_return.tolist() == pytest.approx([shares * sold * 0.999 - 1])


def test_a_short_trade_by_hand() -> None:
    result = backtest(of_closes(100, 100, 80, 90), np.array([-1, -1, 0, 0], dtype=np.int8), commission=0.0, slippage=0.0)

    assert result.equity.tolist() == pytest.approx([1.0, 1.0, 1.2, 1.1])
    assert result.trades.net_return.tolist() == pytest.approx([0.1])


def test_turning_round_costs_both_sides_and_makes_two_trades() -> None:
    result = backtest(of_closes(100, 100, 100, 100), np.array([1, -1, -1, -1], dtype=np.int8), commission=0.01, slippage=0.0)

    assert result.trades.direction.tolist() == [1, -1]
    assert result.equity[-1] == pytest.approx((0.99 / 1.01) * (1 - 0.02 / 1.01))


def test_a_short_that_loses_everything_stays_ruined() -> None:
    result = backtest(of_closes(100, 100, 250, 50, 50), np.full(5, -1, dtype=np.int8), commission=0.0, slippage=0.0)

    assert result.equity.tolist() == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert result.trades.net_return.tolist() == [-1.0]


def test_buying_and_holding_pays_the_same_costs_once() -> None:
    result = buy_and_hold(of_closes(100, 100, 150, 200), commission=0.01, slippage=0.0)

    assert result.equity[-1] == pytest.approx(2.0 * 0.99 / 1.01)
    assert len(result.trades) == 1


def test_hold_is_flat_and_sell_is_short_only_where_allowed() -> None:
    said = np.array([BUY, HOLD, SELL])

    assert positions_from_classes(said).tolist() == [1, 0, -1]
    assert positions_from_classes(said, short_selling=False).tolist() == [1, 0, 0]
    assert positions_from_returns(np.array([0.02, 0.001, -0.02]), threshold=0.01).tolist() == [1, 0, -1]
    assert positions_from_returns(np.array([0.02, -0.02]), short_selling=False).tolist() == [1, 0]


def test_a_portfolio_shares_the_capital_on_one_clock() -> None:
    first, second = walk(60, seed=1), walk(60, seed=2).part(20, 50)
    parts = [buy_and_hold(candles, commission=0.0, slippage=0.0) for candles in (first, second)]

    joined = portfolio(parts)

    waiting = np.ones(20)
    together = (parts[0].equity[:50] + np.concatenate([waiting, parts[1].equity])) / 2
    np.testing.assert_allclose(joined.equity[:50], together)
    assert joined.trades.left.tolist() == sorted(joined.trades.left.tolist())
    assert len(joined.trades) == 2
    assert joined.bars_per_year == 6240.0


def test_each_trade_says_when_at_which_price_for_how_long_and_why_it_ended() -> None:
    prices = np.array([100.0, 102.0, 104.0, 110.0, 121.0, 130.0])
    candles = candles_of(prices, prices + 1, prices - 1, prices + 0.5, np.ones(6), segment=np.array([0, 0, 0, 0, 1, 1]))

    trades = backtest(candles, np.array([1, -1, -1, 0, 1, 0], dtype=np.int8), commission=0.0, slippage=0.0).trades

    assert trades.symbol.tolist() == ["WALK"] * 3
    assert trades.direction.tolist() == [1, -1, 1]
    assert trades.entry_price.tolist() == [102.0, 104.0, 130.0]
    assert trades.exit_price.tolist() == [104.0, 110.5, 130.5]
    assert trades.bars.tolist() == [1, 2, 1]
    assert trades.reason.tolist() == [SIGNAL, GAP, END]
    assert trades.gross_return.tolist() == pytest.approx([104 / 102 - 1, 1 - 110.5 / 104, 130.5 / 130 - 1])
    assert trades.net_return.tolist() == pytest.approx(trades.gross_return.tolist())
    ruined = backtest(of_closes(100, 100, 250, 50, 50), np.full(5, -1, dtype=np.int8), commission=0.01, slippage=0.0).trades
    assert (ruined.reason.tolist(), ruined.bars.tolist(), ruined.gross_return.tolist()) == ([RUIN], [2], [-1.0])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 59), st.integers(1, 60)), min_size=1, max_size=4),
    st.integers(0, 9999),
    st.fixed_dictionaries({"commission": st.floats(0, 0.05), "slippage": st.floats(0, 0.05), "borrow_rate": st.floats(0, 100)}),
)
def test_what_trades_earned_sums_to_the_return_and_no_cost_earns_anything(
    spans: list[tuple[int, int]], seed: int, costs: dict[str, float]
) -> None:
    random = np.random.default_rng(seed)
    walks = [
        walk(120, seed=seed + number, segments=2, symbol=f"S{number}").part(first, first + bars)
        for number, (first, bars) in enumerate(spans)
    ]

    played = [backtest(each, random.integers(-1, 2, len(each)).astype(np.int8), **costs) for each in walks]
    joined = portfolio(played, absent=int(random.integers(0, 48)) * HOUR)

    trades = joined.trades
    assert trades.profit.sum() == pytest.approx(joined.equity[-1] - 1, abs=1e-12)
    assert (trades.gross_return - trades.net_return >= -1e-12).all()
    assert set(trades.symbol.tolist()) <= {each.symbol for each in walks}


def test_a_symbol_that_ends_leaves_its_capital_to_those_that_go_on() -> None:
    ends, third = of_closes(100, 100, 200).part(0, 3), of_closes(100, 100, 100, 200, 300)
    falls = of_closes(100, 100, 50, 50, 50)
    parts = [buy_and_hold(candles, commission=0.0, slippage=0.0) for candles in (ends, third, falls)]

    joined = portfolio(parts, absent=0)

    # 1, 1 and 1 become 2, 1 and 0.5; the 2 are divided as 1 to 0.5, and then the first of these doubles and trebles.
    np.testing.assert_allclose(joined.equity, np.array([3, 3, 3.5, 3.5 * 2.5 / 1.5, 3.5 * 3.5 / 1.5]) / 3)


def test_where_those_that_go_on_have_lost_all_the_capital_of_the_one_that_ended_is_kept() -> None:
    ruined = backtest(of_closes(100, 100, 250, 50, 50), np.full(5, -1, dtype=np.int8), commission=0.0, slippage=0.0)
    ends = buy_and_hold(of_closes(100, 100, 150), commission=0.0, slippage=0.0)

    assert portfolio([ruined, ends], absent=0).equity.tolist() == [1.0, 1.0, 0.75, 0.75, 0.75]


def test_an_open_that_is_no_price_is_not_filled_at() -> None:
    candles = replace(
        candles_of(*(np.array([[100.0, 100, 110], [100, 110, 110], [100, 100, 110], [100, 110, 110]])), np.ones(3)),
        stale_open=np.array([False, True, False]),
    )

    result = backtest(candles, np.array([1, 0, 0], dtype=np.int8), commission=0.0, slippage=0.0)

    assert result.equity.tolist() == [1.0, 1.0, 1.0]  # The rise on the day of the fill is not earned: its open was yesterday's close.


def test_a_short_position_costs_what_lenders_take() -> None:
    candles = of_closes(100, 100, 100, 100)
    wanted = np.array([-1, -1, 0, 0], dtype=np.int8)

    result = backtest(candles, wanted, commission=0.0, slippage=0.0, borrow_rate=62.4)  # of 6240 bars a year: a hundredth a bar

    assert result.equity == pytest.approx([1.0, 0.99, 0.98, 0.98])
    assert result.trades.net_return == pytest.approx([-0.02])
    assert backtest(candles, -wanted, commission=0.0, slippage=0.0, borrow_rate=62.4).equity[-1] == 1.0


def test_no_trade_leaves_the_capital_alone() -> None:
    result = backtest(walk(30), np.zeros(30, dtype=np.int8), commission=0.01, slippage=0.01)

    assert (result.equity == 1.0).all()
    assert len(result.trades) == 0


def test_positions_must_be_as_many_as_candles() -> None:
    with pytest.raises(ValueError, match="3 positions for 4 candles"):
        backtest(of_closes(1, 2, 3, 4), np.zeros(3, dtype=np.int8), commission=0.0, slippage=0.0)


def test_a_million_candles_are_played() -> None:
    candles = walk(1_000_000)
    wanted = np.random.default_rng(0).integers(-1, 2, len(candles)).astype(np.int8)

    result = backtest(candles, wanted, commission=0.0005, slippage=0.0002)

    assert len(result.equity) == len(candles)
    assert np.isfinite(result.equity).all()
