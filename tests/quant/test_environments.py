"""Environments: a step is what a backtest does, rewards are what their papers say, and nothing that comes later is seen."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.backtest import backtest, buy_and_hold
from libs.quant.candles import Candles
from libs.quant.environments.episodes import PROFIT, REASON, STAKE, Act, Episodes, constant, play_episodes, unthinking
from libs.quant.environments.market import Scale, TradedMarket, market_of
from libs.quant.environments.rewards import REWARDS
from libs.quant.environments.stepping import BUY, DISCRETE, HOLD, HOLDING, SELL, SHORT, SIGNED, WEIGHTS, Bars, Rules, Singles
from tests.quant.walks import candles_of, changed_after, of_closes, walk

STATES = ("price_history", "volume_history", "rsi_14", "position", "balance")
BALANCE = 10_000.0


def world(*candles: Candles, states: tuple[str, ...] = STATES, window: int = 5) -> tuple[TradedMarket, Bars]:
    market = market_of(candles, states=states, window=window)
    return market, Scale(np.zeros(market.seen.shape[1]), np.ones(market.seen.shape[1])).bars(market)


def rules(market: TradedMarket, *, first: int = 0, **changes: Any) -> Rules:
    usual = Rules(
        balance=BALANCE, commission=0.001, slippage=0.0005, borrowing=0.1 / market.bars_per_year, reward=REWARDS["profit"], acting=DISCRETE,
        sees_position=True, sees_balance=True, first=first, last=len(market), length=0,
    )  # fmt: skip
    return usual._replace(**changes)


def saying(*actions: float | tuple[float, ...]) -> Act:
    """Return whoever says these, one after the other."""
    left = iter(actions)
    return lambda seen: np.tile(np.atleast_1d(np.float32(next(left))), (len(seen), 1))


def test_an_episode_by_hand_is_filled_at_the_next_open_with_costs_on_both_sides() -> None:
    """Bought at 100: 10,000 / 100.1 shares; sold at 120 by the decision at the close of 110."""
    opens, closes = np.array([90.0, 100.0, 105.0, 120.0, 130.0]), np.array([95.0, 104.0, 110.0, 125.0, 140.0])
    candles = candles_of(opens, np.maximum(opens, closes), np.minimum(opens, closes), closes, np.ones(5))
    market, bars = world(candles, states=("position", "balance"))

    played = play_episodes(bars, rules(market, slippage=0.0), saying(BUY, HOLD, SELL, HOLD), number=1)

    shares = 10_000 / 100.1
    end = shares * 120 * 0.999
    assert played.equity[0].tolist() == pytest.approx([10_000, shares * 104, shares * 110, end, end])
    assert played.rewards.tolist() == pytest.approx([(end - 10_000) / 100])
    assert (played.steps.tolist(), len(played.trades[0])) == ([4], 1)
    assert played.trades[0][0][PROFIT] == pytest.approx(end - 10_000)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 40), st.integers(1, 3), st.integers(0, 10**6))
def test_choices_come_to_what_the_backtest_of_the_same_positions_comes_to(seed: int, segments: int, choice: int) -> None:
    candles = walk(120, seed=seed, segments=segments)
    candles = replace(candles, stale_open=np.random.default_rng(seed).random(120) < 0.1)
    market, bars = world(candles)
    first, chosen = int(market.decides.argmax()), np.random.default_rng(choice).integers(0, 4, size=120)
    positions, held = np.zeros(120, dtype=np.int8), 0
    for bar in range(first, 120):
        held = 0 if market.ends[bar] else {HOLD: held, BUY: 1, SELL: 0, SHORT: -1}[int(chosen[bar])] if market.decides[bar] else held
        positions[bar] = held

    played = play_episodes(bars, rules(market, first=first), saying(*chosen[market.decides].tolist()), number=1)

    told = backtest(candles.part(first, 120), positions[first:], commission=0.001, slippage=0.0005, borrow_rate=0.1)
    np.testing.assert_allclose(played.equity[0] / BALANCE, told.equity, rtol=1e-12)
    (rows,) = played.trades
    np.testing.assert_allclose(rows[:, PROFIT] / rows[:, STAKE], told.trades.net_return, rtol=1e-9, atol=1e-12)
    assert rows[:, REASON].tolist() == told.trades.reason.tolist()


@pytest.mark.parametrize(("acting", "action"), [(WEIGHTS, 1.0), (SIGNED, 1.0), (HOLDING, 0.0), (DISCRETE, float(BUY))])
def test_all_of_the_equity_all_the_time_is_buying_and_holding(acting: int, action: float) -> None:
    candles = walk(120, segments=2)
    market, bars = world(candles, states=("position", "balance"))

    played = play_episodes(bars, rules(market, acting=acting), constant(np.array([action], dtype=np.float32)), number=1)

    held = buy_and_hold(candles, commission=0.001, slippage=0.0005)
    np.testing.assert_allclose(played.equity[0] / BALANCE, held.equity, rtol=1e-12)


def test_weights_of_a_portfolio_are_what_is_held_of_each_and_never_more_than_there_is() -> None:
    market, bars = world(walk(60, symbol="ONE"), walk(60, seed=8, symbol="TWO"), states=("position", "balance"))
    seen: list[Singles] = []

    def act(looked: Singles) -> Singles:
        seen.append(looked.copy())
        return np.array([[0.0, -0.5], [3.0, 1.0]], dtype=np.float32)

    played = play_episodes(bars, rules(market, acting=WEIGHTS), act, number=2)

    after = np.array(seen)[1:]
    np.testing.assert_allclose(after[:, 0, :2], [[0.5, 0.25]] * len(after), atol=0.02)
    np.testing.assert_allclose(after[:, 1, :2], [[0.5, 0.5]] * len(after), atol=0.02)
    np.testing.assert_allclose(after.sum(axis=2), 1.0, atol=1e-5)
    assert (after >= -1e-6).all()
    assert (played.equity > 0).all()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 40), st.sampled_from([WEIGHTS, SIGNED]), st.integers(1, 3))
def test_what_trades_earned_is_what_the_account_has_more_whatever_was_bought_and_sold_of_them(
    seed: int, acting: int, segments: int
) -> None:
    candles = [walk(80, seed=seed + each, segments=segments, symbol=f"S{each}") for each in range(1 if acting == SIGNED else 3)]
    market, bars = world(*candles, states=("position", "balance"))

    act = unthinking(choices=0, actions=len(candles), seed=seed)
    played = play_episodes(bars, rules(market, acting=acting), act, number=2)

    for equity, rows in zip(played.equity, played.trades, strict=True):
        assert rows[:, PROFIT].sum() == pytest.approx(equity[-1] - BALANCE, rel=1e-9)


def test_differential_ratios_are_the_derivative_of_the_moving_ratios() -> None:
    """Moody and Saffell: D = d(ratio after a step of size η) / dη at η = 0, of the moments as they were before the step."""
    rng = np.random.default_rng(1)
    candles = of_closes(*(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 40)))).tolist())
    market, bars = world(candles, states=("position", "balance"))
    told = {name: _rewards(bars, rules(market, reward=REWARDS[name], commission=0.0, slippage=0.0)) for name in ("sharpe_ratio", "sortino")}
    returns = np.diff(market.closes[:, 0]) / market.closes[:-1, 0]
    returns[0] = 0.0  # bought at the next open, which is the next close here

    for name, downside in (("sharpe_ratio", False), ("sortino", True)):
        mean, second, expected = 0.0, 1e-4, []
        for value in returns:
            square = min(value, 0.0) ** 2 if downside else value**2
            moved = [(mean + step * (value - mean), second + step * (square - second)) for step in (1e-6, -1e-6)]
            ratios = [a / np.sqrt(b if downside else b - a * a) for a, b in moved]
            expected.append((ratios[0] - ratios[1]) / 2e-6)
            mean, second = mean + 0.01 * (value - mean), second + 0.01 * (square - second)
        np.testing.assert_allclose(told[name], expected, rtol=1e-5, atol=1e-5)


def _rewards(bars: Bars, terms: Rules) -> list[float]:
    """Return each step's reward of holding, by the sums of ever longer episodes."""
    sums = [play_episodes(bars, terms._replace(last=last), constant(np.array([BUY], dtype=np.float32)), number=1) for last in range(2, 41)]
    # An episode's last close sells at no cost: its sum is that of its steps.
    return np.diff([0.0, *(float(each.rewards[0]) for each in sums)]).tolist()


def test_a_fall_below_the_highest_is_penalised_by_as_much_as_it_grew() -> None:
    market, bars = world(of_closes(100.0, 100.0, 110.0, 99.0, 104.0), states=("balance",))
    terms = rules(market, commission=0.0, slippage=0.0, reward=REWARDS["drawdown_penalised"])

    played = play_episodes(bars, terms, constant(np.array([BUY], dtype=np.float32)), number=1)

    assert played.rewards.tolist() == pytest.approx([4.0 - 10.0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.integers(30, 115), st.integers(51, 99), st.sampled_from([1, 2]), st.sampled_from([DISCRETE, WEIGHTS, SIGNED]))
def test_another_future_leaves_earlier_observations_and_rewards_as_they_were(
    seed: int, bar: int, other: int, segments: int, acting: int
) -> None:
    candles = walk(120, seed=seed, segments=segments)
    paths: list[tuple[list[Singles], Episodes]] = []
    for each in (candles, changed_after(candles, bar, seed=other)):
        market, bars = world(each)
        seen: list[Singles] = []
        random = unthinking(choices=4 if acting == DISCRETE else 0, actions=1, seed=seed)

        def act(looked: Singles, seen: list[Singles] = seen, random: Act = random) -> Singles:
            seen.append(looked.copy())
            return random(looked)

        first = int(market.decides.argmax())
        paths.append((seen, play_episodes(bars, rules(market, first=first, acting=acting), act, number=1)))
        known = int(market.decides[first : bar + 1].sum())

    (before, was), (after, is_now) = paths
    np.testing.assert_array_equal(before[:known], after[:known])
    np.testing.assert_array_equal(was.equity[0, : bar - first + 1], is_now.equity[0, : bar - first + 1])


def test_scales_are_those_of_the_bars_that_are_learnt_from() -> None:
    market, _ = world(walk(120), states=("rsi_14",))

    scale = Scale.of(market.seen[:60], names=market.names)

    assert scale.mean[0] == pytest.approx(np.nanmean(market.seen[:60]))
    assert np.isfinite(scale.bars(market).seen).all()
