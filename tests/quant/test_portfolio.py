"""A portfolio with one cash: by hand, against a slow plain reading of the rules, and against the loop of one symbol."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.market.candles import Market
from libs.quant.backtest import backtest
from libs.quant.candles import Candles
from libs.quant.decisions import Decisions
from libs.quant.fills import END, GAP, RUIN, SIGNAL, STOP_LOSS, TAKE_PROFIT, TRAILING_STOP
from libs.quant.lines import Lines
from libs.quant.portfolio import PortfolioRun, play_portfolio
from libs.quant.strategies import decisions_of
from libs.quant.sweeps import play_many
from libs.quant.trading_terms import Sizing, Slippage, Stops, TradingTerms
from tests.quant.slow_portfolio import SlowPortfolio
from tests.quant.walks import HOUR, candles_of, walk

REASONS = {
    SIGNAL: "signal", GAP: "gap", END: "end", RUIN: "ruin", STOP_LOSS: "stop_loss", TAKE_PROFIT: "take_profit", TRAILING_STOP: "trailing_stop",
}  # fmt: skip


def bars(*rows: tuple[float, float, float, float], volume: float = 1000.0) -> Candles:
    """Return candles of (open, high, low, close)."""
    opens, high, low, close = np.array(rows, dtype=np.float64).T
    return candles_of(opens, high, low, close, np.full(len(rows), volume))


def decided(length: int, **at: int) -> Decisions:
    """Return decisions that are met at one bar each."""
    names = ("enter_long", "exit_long", "enter_short", "exit_short")
    return Decisions(*(np.arange(length) == at.get(name, -1) for name in names))


def one(candles: Candles, terms: TradingTerms, **at: int) -> PortfolioRun:
    return play_portfolio([(candles, decided(len(candles), **at))], terms, capital=1000.0)


FLAT = (100.0, 100.0, 100.0, 100.0)


@pytest.mark.parametrize(
    ("stops", "bar", "price", "reason"),
    [
        (Stops(loss=0.05), (100, 101, 94, 96), 95, STOP_LOSS),
        (Stops(loss=0.05), (90, 97, 89, 96), 90, STOP_LOSS),  # it opens beyond the stop
        (Stops(loss=0.05), (100, 101, 95, 96), 95, STOP_LOSS),  # touching is enough
        (Stops(profit=0.1), (100, 112, 99, 105), 110, TAKE_PROFIT),
        (Stops(profit=0.1), (115, 116, 110, 112), 115, TAKE_PROFIT),  # it opens beyond the target
        (Stops(loss=0.05, profit=0.1), (100, 112, 94, 105), 95, STOP_LOSS),  # both in one bar: the worst comes first
        (Stops(trailing=0.1), (110, 120, 107, 118), 108, TRAILING_STOP),  # raised by the bar's own high to 108
        (Stops(trailing=0.1), (110, 120, 109, 118), 118, END),
        (Stops(loss=0.02, trailing=0.1), (100, 101, 97, 98), 98, STOP_LOSS),  # the nearer one
        (Stops(profit=0.1, trailing=0.05), (106, 130, 104, 105), 104.5, TRAILING_STOP),  # raised to the target at most
    ],
)
def test_a_stop_inside_the_bar_ends_a_long_position(
    stops: Stops, bar: tuple[float, float, float, float], price: float, reason: int
) -> None:
    run = one(bars(FLAT, FLAT, bar), TradingTerms(stops=stops), enter_long=0)

    assert (run.trades.exit_price.tolist(), run.trades.reason.tolist()) == ([pytest.approx(price)], [reason])
    assert run.equity[-1] == pytest.approx(10 * price)


def test_a_short_is_stopped_above_its_entry_and_takes_its_profit_below() -> None:
    stops = TradingTerms(direction="short", stops=Stops(loss=0.05, profit=0.1, trailing=0.08))

    lost = one(bars(FLAT, FLAT, (100, 106, 99, 100)), stops, enter_short=0)
    won = one(bars(FLAT, (100, 100, 96, 96), (95, 97, 89, 96)), stops, enter_short=0)
    came_back = one(bars(FLAT, (100, 100, 94, 95), (95, 102, 95, 101)), stops, enter_short=0)

    assert (lost.trades.exit_price[0], lost.trades.reason[0]) == (pytest.approx(105), STOP_LOSS)
    assert (won.trades.exit_price[0], won.trades.reason[0]) == (pytest.approx(90), TAKE_PROFIT)
    assert (came_back.trades.exit_price[0], came_back.trades.reason[0]) == (pytest.approx(94 * 1.08), TRAILING_STOP)


def test_costs_are_paid_on_both_sides_and_told_in_money() -> None:
    candles = bars(FLAT, FLAT, (110, 110, 110, 110))

    run = one(candles, TradingTerms(commission=0.01, slippage=Slippage(rate=0.02), sizing=Sizing(value=0.5)), enter_long=0, exit_long=1)

    shares = 500 / (102 * 1.01)
    assert run.trades.shares[0] == pytest.approx(shares)
    assert run.trades.commission[0] == pytest.approx(0.01 * shares * (102 + 110 * 0.98))
    assert run.trades.slippage[0] == pytest.approx(shares * (2 + 2.2))
    assert run.trades.profit[0] == pytest.approx(shares * 110 * 0.98 * 0.99 - 500) == run.equity[-1] - 1000
    assert run.turnover == pytest.approx(shares * (102 + 110 * 0.98) / run.equity.mean())
    assert run.exposure.tolist() == pytest.approx([0, shares * 100 / run.equity[1], 0])
    assert run.signals == 2


def test_a_signal_the_other_way_reverses_at_the_same_open() -> None:
    candles = bars(FLAT, FLAT, (110, 110, 110, 110), (99, 99, 99, 99))
    both = Decisions(*(np.arange(4) == at for at in (0, 1, 1, 0)))

    run = play_portfolio([(candles, both)], TradingTerms(direction="both"), capital=1000.0)

    assert run.trades.direction.tolist() == [1, -1]
    assert run.trades.entry_price.tolist() == [100, 110]
    assert run.equity.tolist() == pytest.approx([1000, 1000, 1100, 1210])
    assert run.signals == 2


def test_what_the_volume_does_not_allow_is_not_bought_and_sold_over_the_next_opens() -> None:
    candles = bars(*[FLAT] * 5, volume=50.0)
    terms = TradingTerms(slippage=Slippage(model="volume_share", impact=0.1, limit=0.1))
    thinner = replace(candles, volume=np.array([50, 50, 30, 50, 50.0]))

    run = one(thinner, terms, enter_long=0, exit_long=1)

    # 5 of 50 are bought at 100 * (1 + 0.1 * 0.1²), 3 of 30 sold at the first open, 2 of 50 at the next with a fifth less impact.
    assert run.trades.shares.tolist() == [5]
    assert (run.trades.entry_bar[0], run.trades.exit_bar[0]) == (1, 3)
    assert run.trades.profit[0] == pytest.approx(-5 * 0.1 - 3 * 0.1 - 2 * 100 * 0.1 * 0.04**2)


@pytest.mark.parametrize(("method", "value", "stake"), [("fraction", 0.25, 250), ("fixed", 300, 300), ("fixed", 5000, 1000)])
def test_a_position_is_as_large_as_the_sizing_says_and_no_larger_than_the_cash(method: str, value: float, stake: float) -> None:
    run = one(bars(FLAT, FLAT, FLAT), TradingTerms(sizing=Sizing(method, value)), enter_long=0)  # type: ignore[arg-type]

    assert run.trades.stake.tolist() == [pytest.approx(stake)]


def test_a_volatility_target_halves_what_is_twice_as_volatile_and_waits_until_it_is_known() -> None:
    candles = walk(60, seed=3)
    terms = TradingTerms(sizing=Sizing("volatility_target", 0.2))
    spread = np.std(np.diff(np.log(candles.close[20:41])), ddof=1) * np.sqrt(candles.bars_per_year)

    early, late = one(candles, terms, enter_long=10), one(candles, terms, enter_long=40)
    warmed = play_portfolio([(candles, decided(60, enter_long=40))], terms, capital=1000.0, first=[40])

    assert (early.missed, len(early.trades)) == (1, 0)
    assert late.trades.stake[0] == pytest.approx(1000 * 0.2 / spread)
    assert warmed.trades.stake[0] == pytest.approx(late.trades.stake[0])
    assert warmed.trades.entry_bar.tolist() == [1]


def test_several_symbols_share_one_cash_in_the_order_given() -> None:
    flat = bars(FLAT, FLAT, FLAT, FLAT)
    first, second, third = (replace(flat, symbol=name) for name in "ABC")
    terms = TradingTerms(sizing=Sizing(value=0.6))
    enters = decided(4, enter_long=0)

    run = play_portfolio([(first, enters), (second, enters), (third, decided(4, enter_long=1))], terms, capital=1000.0)

    # 60 % for A, what is left for B, nothing for C.
    assert dict(zip(run.trades.symbol.tolist(), run.trades.stake.tolist(), strict=True)) == pytest.approx({"A": 600, "B": 400})
    assert run.missed == 1
    assert run.exposure.tolist() == pytest.approx([0, 1, 1, 0])


def test_money_from_a_sale_buys_at_the_same_moment_and_other_clocks_are_joined() -> None:
    sold = bars(FLAT, FLAT, (120, 120, 120, 120), FLAT)
    bought = replace(bars(*[FLAT] * 3), symbol="B", time=(np.arange(3, dtype=np.int64) + 2) * HOUR)

    run = play_portfolio(
        [(bought, decided(3, enter_long=0)), (sold, decided(4, enter_long=0, exit_long=1))], TradingTerms(), capital=1000.0
    )

    assert run.equity.tolist() == pytest.approx([1000, 1000, 1200, 1200])
    assert run.trades.stake.tolist() == pytest.approx([1000, 1200])


def test_a_short_that_loses_everything_ruins_the_account_for_good() -> None:
    candles = bars(FLAT, FLAT, (150, 260, 150, 250), (50, 50, 50, 50))

    run = one(candles, TradingTerms(direction="short"), enter_short=0)

    assert run.equity.tolist() == pytest.approx([1000, 1000, 0, 0])
    assert (run.trades.reason.tolist(), run.trades.profit.tolist()) == ([RUIN], [pytest.approx(-1000)])


def decisions(random: np.random.Generator, length: int) -> Decisions:
    return Decisions(*(random.random(length) < 0.2 for _ in range(4)))


TERMS = st.builds(
    TradingTerms,
    direction=st.sampled_from(["long", "short", "both"]),
    commission=st.sampled_from([0.0, 0.001, 0.05]),
    slippage=st.builds(
        Slippage,
        st.sampled_from(["fixed", "volume_share"]),
        st.sampled_from([0.0, 0.01]),
        st.sampled_from([0.1, 5.0]),
        st.sampled_from([0.001, 0.1]),
    ),
    sizing=st.sampled_from([Sizing(value=1.0), Sizing(value=0.4), Sizing("fixed", 700.0), Sizing("volatility_target", 0.3)]),
    stops=st.builds(Stops, *(st.sampled_from([None, 0.005, 0.02, 0.1]) for _ in range(3))),
    borrow_rate=st.sampled_from([0.0, 0.5, 500.0]),
)


def agrees(parts: list[tuple[Candles, Decisions]], terms: TradingTerms) -> None:
    run, slow = play_portfolio(parts, terms, capital=1000.0), SlowPortfolio(parts, terms, 1000.0).play()

    trades = run.trades
    each = (trades.part, trades.entry_bar, trades.exit_bar, trades.direction, [REASONS[reason] for reason in trades.reason.tolist()])
    assert list(zip(*(list(column) for column in each), strict=True)) == [trade[:5] for trade in slow.trades]
    np.testing.assert_allclose(trades.shares, [trade[5] for trade in slow.trades], rtol=1e-9)
    np.testing.assert_allclose(trades.profit, [trade[6] for trade in slow.trades], rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(run.equity, slow.equity, rtol=1e-9, atol=1e-7)
    assert run.equity[-1] == pytest.approx(1000.0 + trades.profit.sum(), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 3), st.integers(1, 90), TERMS)
def test_the_fast_portfolio_does_what_the_slow_one_does(seed: int, symbols: int, length: int, terms: TradingTerms) -> None:
    random = np.random.default_rng(seed)
    parts = []
    for symbol in range(symbols):
        candles = walk(length, seed=seed + symbol, segments=int(random.integers(1, 4)), symbol=f"S{symbol}")
        parts.append((replace(candles, stale_open=random.random(length) < 0.2), decisions(random, length)))

    agrees(parts, terms)


@pytest.mark.parametrize("strategy", ["stochastic", "macd"])
def test_the_fast_one_does_on_real_candles_what_the_slow_one_does(strategy: str) -> None:
    candles = Market(None, synthetic_allowed=False).candles("BTC-USD", "15m").part(0, 3000)
    terms = TradingTerms(
        direction="both",
        commission=0.001,
        slippage=Slippage(rate=0.0005),
        sizing=Sizing(value=0.5),
        stops=Stops(0.02, 0.04, 0.03),
        borrow_rate=0.1,
    )

    agrees([(candles, decisions_of(strategy, Lines(candles), parameters={}))], terms)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 80), st.sampled_from([(0, 0.3), (0, 1.0), (-1, 1.0)]))
def test_without_stops_one_symbol_is_played_as_it_always_was(seed: int, length: int, kind: tuple[int, float]) -> None:
    lowest, size = kind
    random = np.random.default_rng(seed)
    candles = replace(walk(length, seed=seed, segments=2), stale_open=random.random(length) < 0.3)
    wanted = random.integers(lowest, 2, length).astype(np.int8)
    terms = TradingTerms("both", 0.001, Slippage(rate=0.0002), Sizing(value=size), borrow_rate=0.05)

    before = backtest(candles, wanted, commission=0.001, slippage=0.0002, borrow_rate=0.05, size=size)
    now = play_portfolio([(candles, Decisions(wanted == 1, wanted != 1, wanted == -1, wanted != -1))], terms, capital=1.0).relative()

    np.testing.assert_allclose(now.equity, before.equity, rtol=1e-12, atol=1e-12)
    for name in ("entered", "left", "bars", "direction", "entry_price", "reason"):
        np.testing.assert_array_equal(getattr(now.trades, name), getattr(before.trades, name))
    np.testing.assert_allclose(now.trades.net_return, before.trades.net_return, rtol=1e-9, atol=1e-12)


def test_a_sweeps_points_come_to_what_each_comes_to_alone() -> None:
    candles, random = walk(400, seed=5), np.random.default_rng(1)
    points, terms = [decisions(random, 400) for _ in range(70)], TradingTerms("both", 0.001, stops=Stops(loss=0.03))

    sweep = play_many(candles, iter(points), terms, capital=500.0, curves=True)

    for place in (0, 3, 69):
        run = play_portfolio([(candles, points[place])], terms, capital=500.0)
        returns = np.diff(np.concatenate([[500.0], run.equity])) / np.concatenate([[500.0], run.equity[:-1]])
        highest = np.maximum.accumulate(np.concatenate([[500.0], run.equity]))[1:]
        assert (sweep.final_equity[place], sweep.trades[place], sweep.signals[place]) == (run.equity[-1], len(run.trades), run.signals)
        assert sweep.wins[place] == (run.trades.profit > 0).sum()
        assert sweep.sharpe_ratio[place] == pytest.approx(returns.mean() / returns.std(ddof=1) * np.sqrt(candles.bars_per_year))
        assert sweep.downside[place] == pytest.approx(np.sqrt(np.mean(np.minimum(returns, 0) ** 2)))
        assert sweep.max_drawdown[place] == pytest.approx((1 - run.equity / highest).max())
        assert sweep.equity is not None
        np.testing.assert_allclose(sweep.equity[place], run.equity, rtol=1e-6)
