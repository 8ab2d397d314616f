"""A proof that decisions rest on the past alone: it passes what is honest and finds what peeks, at the bar where it does."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from libs.quant.candles import Candles
from libs.quant.decisions import Decisions, Flags
from libs.quant.look_ahead import LookAhead, cut_places, prove_no_look_ahead
from libs.quant.portfolio import PortfolioRun, play_portfolio
from libs.quant.trading_terms import Sizing, Stops, TradingTerms
from tests.quant.walks import HOUR, walk

ALONE = walk(120, seed=3)
# The second symbol begins later, and its bars close between those of the first.
FIRST, SECOND = walk(150, seed=4, symbol="ONE"), walk(120, seed=5, symbol="TWO")
SECOND = Candles(**{name: getattr(SECOND, name) for name in SECOND.__slots__} | {"time": SECOND.time + 30 * HOUR + HOUR // 2})
SHARED = TradingTerms("both", 0.001, sizing=Sizing("volatility_target", 0.5), stops=Stops(0.03, None, 0.04))

Rule = Callable[[Sequence[Candles]], list[Flags]]


def decisions(enter: Flags) -> Decisions:
    nothing = np.zeros(len(enter), dtype=np.bool_)
    return Decisions(enter, ~enter, nothing, nothing)


def rises(candles: Candles) -> Flags:
    close = candles.close
    return np.diff(close, prepend=close[:1]) > 0


def honest(candles: Sequence[Candles]) -> list[Flags]:
    return [rises(each) for each in candles]


def peeking(candles: Sequence[Candles]) -> list[Flags]:
    """Buy before a rise: the last bar has none to look at."""
    return [np.diff(each.close, append=each.close[-1:]) > 0 for each in candles]


def normalising(candles: Sequence[Candles]) -> list[Flags]:
    """Buy above the mean of all there is, the mistake that is made most often."""
    return [each.close > each.close.mean() for each in candles if len(each)]


def peeking_at_the_other(candles: Sequence[Candles]) -> list[Flags]:
    """Buy the second before the first rises: its bar that closes half an hour later tells."""
    one, two = candles
    place = np.searchsorted(one.time, two.time, side="right")
    known = place < len(one)
    after = np.zeros(len(two), dtype=np.bool_)
    after[known] = rises(one)[place[known]]
    return [rises(one), after]


def proof(rule: Rule, candles: Sequence[Candles], *, cuts: Sequence[int], peek: Callable[..., PortfolioRun] | None = None) -> LookAhead:
    whole = [decisions(each) for each in rule(candles)]

    def play(bars: Sequence[int]) -> PortfolioRun:
        kept = [(each.part(0, bar), made.part(0, bar)) for each, made, bar in zip(candles, whole, bars, strict=True) if bar]
        return (peek or play_portfolio)(kept, SHARED, capital=1000.0)

    def decide(bars: Sequence[int]) -> list[Decisions]:
        return [decisions(each) for each in rule([each.part(0, bar) for each, bar in zip(candles, bars, strict=True)])]

    return prove_no_look_ahead(decide, play, time=[each.time for each in candles], cuts=cuts)


def spread(*candles: Candles) -> list[int]:
    clock = np.unique(np.concatenate([each.time for each in candles]))
    return [int(clock[place - 1]) for place in cut_places(len(clock))]


def test_decisions_of_the_past_alone_never_differ() -> None:
    places = cut_places(120, first=20)
    cuts = [int(ALONE.time[place - 1]) for place in places]

    found = proof(honest, [ALONE], cuts=cuts)

    assert found.clean
    assert (len(places), places[0], places[-1]) == (8, 21, 119)
    assert (found.cuts, found.compared) == (tuple(cuts), sum(places) + sum(places) - 8)


def test_a_look_at_the_next_bar_is_found_where_it_happens() -> None:
    bar = next(int(bar) for bar in np.flatnonzero(rises(ALONE)) if bar > 50) - 1

    found = proof(peeking, [ALONE], cuts=[int(ALONE.time[bar])])

    assert (found.clean, found.first, found.cut_at, found.place) == (False, ALONE.time[bar], ALONE.time[bar], 0)
    assert found.what == "enter_long"


def test_a_mean_of_the_future_is_found() -> None:
    found = proof(normalising, [ALONE], cuts=spread(ALONE))

    (whole,), bars = normalising([ALONE]), int(np.searchsorted(ALONE.time, found.cut_at or 0, side="right"))
    (cut,) = normalising([ALONE.part(0, bars)])
    assert found.first == ALONE.time[np.flatnonzero(whole[:bars] != cut)[0]]


def test_a_cut_leaves_something_and_cuts_something_off() -> None:
    assert cut_places(1) == ()
    assert cut_places(3) == (1, 2)
    for cut in (int(ALONE.time[0]) - 1, int(ALONE.time[-1])):
        with pytest.raises(ValueError, match="cuts off a bar at least"):
            proof(honest, [ALONE], cuts=[cut])


def test_some_entries_are_cut_off_so_that_the_bar_that_decided_is_the_last_one_left() -> None:
    cuts = cut_places(120, first=20, entries=[*range(30, 120, 2)])

    assert {30, 118} < set(cuts)
    assert len(cuts) <= 8 + 4
    assert cut_places(120, first=20, entries=[20, 120]) == cut_places(120, first=20)


def test_symbols_that_share_one_cash_are_proved_together_whenever_each_begins_and_closes() -> None:
    cuts = spread(FIRST, SECOND)

    found = proof(honest, [FIRST, SECOND], cuts=cuts)

    assert found.clean
    assert cuts[0] < SECOND.time[0]
    assert found.compared > 1000


def test_symbols_that_follow_one_another_are_proved_up_to_a_cut_between_them() -> None:
    one, two = FIRST.part(0, 60), FIRST.part(60, 150)
    between = int(one.time[-1])

    found = proof(honest, [one, two], cuts=[between])

    assert (found.clean, found.cuts, found.compared) == (True, (between,), 60 + 60)


def test_a_look_at_another_symbols_next_bar_is_found_and_the_one_that_profits_is_named() -> None:
    found = proof(peeking_at_the_other, [FIRST, SECOND], cuts=spread(FIRST, SECOND))

    assert (found.clean, found.place) == (False, 1)
    assert found.first == found.cut_at


def test_cash_that_goes_to_whom_will_earn_most_is_found_in_what_comes_of_it() -> None:
    """The decisions are honest; the order of the symbols, by which they share the cash, is that of what they earn in the end."""
    one, two = walk(150, seed=2, symbol="ONE"), walk(150, seed=12, symbol="TWO")

    def best_first(kept: list[tuple[Candles, Decisions]], _: TradingTerms, *, capital: float) -> PortfolioRun:
        return play_portfolio(sorted(kept, key=lambda pair: -pair[0].close[-1]), TradingTerms(), capital=capital)

    found = proof(honest, [one, two], cuts=spread(one, two), peek=best_first)

    assert (found.clean, found.what, found.place) == (False, "equity", None)
