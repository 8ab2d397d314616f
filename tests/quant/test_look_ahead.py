"""A proof that decisions rest on the past alone: it passes what is honest and finds what peeks, at the bar where it does."""

import numpy as np
import pytest

from libs.quant.decisions import Decisions, Flags
from libs.quant.look_ahead import cut_places, prove_equity, prove_no_look_ahead

CLOSE = np.cumsum(np.random.default_rng(3).normal(size=120))


def decisions(*, enter: Flags) -> Decisions:
    nothing = np.zeros(len(enter), dtype=np.bool_)
    return Decisions(enter, nothing, nothing, nothing)


def honest(bars: int) -> Decisions:
    return decisions(enter=np.diff(CLOSE[:bars], prepend=CLOSE[0]) > 0)


def peeking(bars: int) -> Decisions:
    """Buy before a rise: the last bar has none to look at."""
    return decisions(enter=np.diff(CLOSE[:bars], append=CLOSE[bars - 1]) > 0)


def normalising(bars: int) -> Decisions:
    """Buy above the mean of all there is, the mistake that is made most often."""
    return decisions(enter=CLOSE[:bars] > CLOSE[:bars].mean())


def test_decisions_of_the_past_alone_never_differ() -> None:
    cuts = cut_places(120, first=20)

    found = prove_no_look_ahead(honest, bars=120, cuts=cuts)

    assert found.clean
    assert (len(cuts), cuts[0], cuts[-1]) == (8, 21, 119)
    assert (found.cuts, found.compared) == (cuts, sum(cuts))


def test_a_look_at_the_next_bar_is_found_where_it_happens() -> None:
    rises = np.flatnonzero(np.diff(CLOSE) > 0)
    cut = int(rises[rises > 50][0]) + 1

    found = prove_no_look_ahead(peeking, bars=120, cuts=[cut])

    assert (found.clean, found.first_bar, found.cut_at, found.decision) == (False, cut - 1, cut, "enter_long")


def test_a_mean_of_the_future_is_found() -> None:
    found = prove_no_look_ahead(normalising, bars=120, cuts=cut_places(120))

    whole, cut = normalising(120), normalising(found.cut_at or 0)
    assert found.first_bar == np.flatnonzero(whole.enter_long[: len(cut)] != cut.enter_long)[0]


def test_a_cut_cuts_something_off() -> None:
    assert cut_places(1) == ()
    assert cut_places(3) == (1, 2)
    with pytest.raises(ValueError, match="leaves 1 to 119"):
        prove_no_look_ahead(honest, bars=120, cuts=[120])


def test_some_entries_are_cut_off_so_that_the_bar_that_decided_is_the_last_one_left() -> None:
    cuts = cut_places(120, first=20, entries=[*range(30, 120, 2)])

    assert {30, 118} < set(cuts)
    assert len(cuts) <= 8 + 4
    assert cut_places(120, first=20, entries=[20, 120]) == cut_places(120, first=20)


def test_equity_that_knows_what_follows_is_found() -> None:
    def honest(bars: int) -> np.ndarray:
        return CLOSE[:bars]

    def sized_by_all(bars: int) -> np.ndarray:
        return CLOSE[:bars] / CLOSE[:bars].std()

    assert prove_equity(honest, bars=120, cuts=[50, 119]).clean
    found = prove_equity(sized_by_all, bars=120, cuts=[50, 119])
    assert (found.first_bar, found.cut_at, found.decision, found.compared) == (0, 50, "equity", 49 + 118)
