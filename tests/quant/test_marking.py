"""A record day by day: later candles change no earlier day, and all days together are what the backtest earned."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from libs.quant.candles import Candles
from libs.quant.costs import Costs
from libs.quant.marking import day_by_day
from libs.quant.playing import Part, Rules, play_positions
from tests.quant.walks import of_closes, walk

DEAR, FREE = Costs(0.002, 0.001, 0.0), Costs(0.0, 0.01, 0.0)
RULES = Rules(by_value=False)


def part_of(candles: Candles, *, stop: int | None = None, unknown: slice | None = None, costs: Costs = DEAR) -> Part:
    features = np.ones((len(candles), 1))
    if unknown is not None:
        features[unknown] = np.nan
    return Part(candles, features, 0, len(candles) if stop is None else stop, costs)


@settings(max_examples=60, deadline=None)
@given(some.integers(0, 9999), some.integers(1, 4), some.integers(1, 2))
def test_a_day_stays_as_it_is_when_more_candles_come(seed: int, segments: int, symbols: int) -> None:
    random = np.random.default_rng(seed)
    candles = [walk(240, seed=seed + each, segments=segments, symbol=f"S{each}") for each in range(symbols)]
    wanted = [random.integers(-1, 2, 240).astype(np.int8) for _ in candles]
    whole = day_by_day(wanted, [part_of(each) for each in candles], rules=RULES)

    for day in range(1, 10):
        bars = int(np.searchsorted(candles[0].time, (day * 24) * 3_600 * 10**9, side="right"))
        so_far = day_by_day([each[:bars] for each in wanted], [part_of(each, stop=bars) for each in candles], rules=RULES)

        np.testing.assert_allclose(so_far.returns, whole.returns[: len(so_far)], atol=1e-12)
        np.testing.assert_array_equal(so_far.day, whole.day[: len(so_far)])
        np.testing.assert_array_equal(so_far.position, whole.position[: len(so_far)])


def test_a_symbol_that_pauses_while_another_goes_on_changes_no_day_when_it_is_back() -> None:
    steady, pausing = walk(240, symbol="STEADY"), walk(240, seed=8, symbol="PAUSING")
    there = np.r_[0:100, 150:240]
    arrays = {name: getattr(pausing, name)[there] for name in ("time", "open", "high", "low", "close", "volume", "stale_open")}
    pausing = replace(pausing, **arrays, segment=np.repeat([0, 1], [100, 90]))
    wanted = np.random.default_rng(3).integers(-1, 2, 240).astype(np.int8)

    so_far = day_by_day([wanted[:144], wanted[there][:100]], [part_of(steady, stop=144), part_of(pausing, stop=100)], rules=RULES)
    whole = day_by_day([wanted, wanted[there]], [part_of(steady), part_of(pausing)], rules=RULES)

    np.testing.assert_allclose(so_far.returns, whole.returns[: len(so_far)], atol=1e-12)


@pytest.mark.parametrize("segments", [1, 3])
def test_all_days_together_are_what_the_backtest_earned_before_its_last_close(segments: int) -> None:
    candles = walk(200, segments=segments)
    wanted = np.random.default_rng(2).integers(-1, 2, 200).astype(np.int8)
    wanted[-2] = 0  # nothing is held at the end, so that there is nothing to close

    days = day_by_day([wanted], [part_of(candles)], rules=RULES)

    assert np.prod(1 + days.returns) == pytest.approx(play_positions([wanted], [part_of(candles)]).equity[-1])


def test_what_is_held_at_the_end_is_worth_its_close() -> None:
    candles = of_closes(100.0, 100.0, 110.0)
    wanted = np.array([1, 1, 1], dtype=np.int8)
    part = part_of(candles, costs=FREE)

    days = day_by_day([wanted], [part], rules=RULES)

    assert np.prod(1 + days.returns) == pytest.approx(1.1 / 1.01)
    assert play_positions([wanted], [part]).equity[-1] == pytest.approx(1.1 / 1.01 * 0.99)


def test_a_days_position_is_what_its_last_bars_ask_for_and_days_without_a_prediction_are_absent() -> None:
    one, other = part_of(walk(72, symbol="A"), unknown=slice(24, 48)), part_of(walk(48, symbol="B"), unknown=slice(30, 48))
    long, short = np.ones(72, dtype=np.int8), np.zeros(48, dtype=np.int8)
    long[24:48], short[23] = 0, -1

    both = day_by_day([long, short], [one, other], rules=RULES)
    alone = day_by_day([long], [one], rules=RULES)

    assert both.position.tolist() == [0.0, 0.0, 1.0]
    assert both.absent.tolist() == [False, False, False]
    assert alone.absent.tolist() == [False, True, False]
