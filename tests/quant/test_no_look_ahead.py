"""No look-ahead: whatever happens later, what was computed earlier stays the same to the last bit."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.backtest import backtest, positions_from_classes
from libs.quant.features import compute_features
from libs.quant.grammar import feature_names
from libs.quant.labels import HOLD, forward_return, triple_barrier
from libs.quant.lines import Lines
from libs.quant.portfolio import play_portfolio
from libs.quant.rule_values import met
from libs.quant.rules import parse_rule
from libs.quant.strategies import STRATEGIES, decisions_of
from libs.quant.trading_terms import Sizing, Slippage, Stops, TradingTerms
from tests.quant.walks import changed_after, walk

BARS = 160
NAMES = feature_names()
futures = st.tuples(st.integers(0, 50), st.integers(1, BARS - 2), st.integers(51, 99), st.sampled_from([1, 2]))


@settings(max_examples=25, deadline=None)
@given(futures)
def test_another_future_leaves_past_features_as_they_were(future: tuple[int, int, int, int]) -> None:
    seed, bar, other, segments = future
    candles = walk(BARS, seed=seed, segments=segments)

    before, after = compute_features(candles, NAMES), compute_features(changed_after(candles, bar, seed=other), NAMES)

    np.testing.assert_array_equal(before[: bar + 1], after[: bar + 1])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50), st.integers(1, BARS))
def test_a_series_that_ends_sooner_has_the_same_features(seed: int, bars: int) -> None:
    candles = walk(BARS, seed=seed)

    short = compute_features(candles.part(0, bars), NAMES)

    np.testing.assert_array_equal(short, compute_features(candles, NAMES)[:bars])


@settings(max_examples=25, deadline=None)
@given(futures, st.integers(1, 10))
def test_another_future_leaves_labels_that_were_known_as_they_were(future: tuple[int, int, int, int], horizon: int) -> None:
    seed, bar, other, segments = future
    candles = walk(BARS, seed=seed, segments=segments)
    changed = changed_after(candles, bar, seed=other)

    for label in (lambda c: triple_barrier(c, horizon=horizon, barrier=1.3), lambda c: forward_return(c, horizon=horizon)):
        before, after = label(candles), label(changed)
        known = (before.known_at >= 0) & (before.known_at <= bar)
        np.testing.assert_array_equal(before.values[known], after.values[known])
        np.testing.assert_array_equal(before.known_at[known], after.known_at[known])
        assert not ((after.known_at >= 0) & (after.known_at <= bar) & ~known).any()
        assert (before.known_at[before.known_at >= 0] > np.flatnonzero(before.known_at >= 0)).all()


@settings(max_examples=25, deadline=None)
@given(futures)
def test_another_future_leaves_decisions_and_equity_as_they_were(future: tuple[int, int, int, int]) -> None:
    seed, bar, other, segments = future
    candles = walk(BARS, seed=seed, segments=segments)
    random = np.random.default_rng(seed)
    decided, later = random.integers(0, 3, BARS), random.integers(0, 3, BARS)
    later[:bar] = decided[:bar]  # a decision on the close of `bar` moves money only after it

    before = backtest(candles, positions_from_classes(decided), commission=0.001, slippage=0.0005)
    after = backtest(changed_after(candles, bar, seed=other), positions_from_classes(later), commission=0.001, slippage=0.0005)

    np.testing.assert_array_equal(before.equity[: bar + 1], after.equity[: bar + 1])


def test_a_decision_earns_nothing_of_the_bar_it_was_made_on() -> None:
    candles = walk(50)
    for bar in (10, 30):
        wanted = np.full(50, HOLD)
        wanted[bar] = 0

        result = backtest(candles, positions_from_classes(wanted), commission=0.0, slippage=0.0)

        assert (result.equity[: bar + 1] == 1.0).all()
        assert result.equity[-1] == 1.0 * (1 / candles.open[bar + 1]) * candles.open[bar + 2]


@settings(max_examples=10, deadline=None)
@given(futures)
def test_another_future_leaves_past_decisions_and_equity_as_they_were(future: tuple[int, int, int, int]) -> None:
    seed, bar, other, segments = future
    candles = walk(BARS, seed=seed, segments=segments)
    changed = changed_after(candles, bar, seed=other)
    rule = parse_rule("close > ema_9 and not crosses_below(prev(macd, 2), volume_sma_5)")
    terms = TradingTerms("both", 0.001, Slippage("volume_share"), Sizing("volatility_target", 0.2), Stops(0.02, 0.03, 0.025))

    for name in STRATEGIES:
        before, after = (decisions_of(name, Lines(each), parameters={}) for each in (candles, changed))
        np.testing.assert_array_equal(before.enter_long[: bar + 1], after.enter_long[: bar + 1])
        np.testing.assert_array_equal(before.exit_long[: bar + 1], after.exit_long[: bar + 1])
        played = [play_portfolio([(each, decided)], terms, capital=1.0) for each, decided in ((candles, before), (changed, after))]
        np.testing.assert_array_equal(played[0].equity[: bar + 1], played[1].equity[: bar + 1])
    np.testing.assert_array_equal(met(rule, Lines(candles))[: bar + 1], met(rule, Lines(changed))[: bar + 1])
