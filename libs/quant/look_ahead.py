"""A proof that decisions, and what comes of them, rest on the past alone: on cut data they must be what they are on all of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np

from libs.quant.candles import Integers
from libs.quant.decisions import Decisions
from libs.quant.portfolio import PortfolioRun

# What of a trade that has ended cannot change any more.
_OF_A_TRADE: Final = ("symbol", "entered", "left", "direction", "entry_price", "exit_price", "shares", "profit")


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What came of playing again on cut data.

    `cuts` are the moments (nanoseconds) after which nothing was left, `compared` how many bars were compared in all, decisions and equity
    apart. `first` is the close of the first bar that something later changed, `cut_at` the cut that shows it, and `what` it is: a field
    of the decisions of the symbol at `place`; `equity`, `gross` or `trades` of all symbols together (then `place` is None). All None
    where nothing differs.
    """

    cuts: tuple[int, ...]
    compared: int
    first: int | None = None
    cut_at: int | None = None
    what: str | None = None
    place: int | None = None

    @property
    def clean(self) -> bool:
        """Whether nothing changed."""
        return self.first is None


class _Difference(NamedTuple):
    first: int
    cut_at: int
    what: str
    place: int | None


def cut_places(bars: int, *, first: int = 0, count: int = 8, entries: Sequence[int] | Integers = ()) -> tuple[int, ...]:
    """Return at most `count` numbers of bars to cut at, spread over the bars after `first`, all without the last bar at least.

    Of `entries`, the bars in which positions were entered, some are cut off as well, `count` / 2 at most: the bar that decided on the entry
    is the last that is left, where a look at the bars after it shows.
    """
    if bars - first < 2:  # noqa: PLR2004 - there is nothing to cut off
        return ()
    spread = np.linspace(first + 1, bars - 1, min(count, bars - first - 1)).astype(int)
    entered = np.asarray(entries, dtype=np.int64)
    some = entered[np.linspace(0, len(entered) - 1, min(count // 2, len(entered))).astype(int)]
    return tuple(sorted({*spread.tolist(), *some[(some > first) & (some < bars)].tolist()}))


def prove_no_look_ahead(
    decide: Callable[[Sequence[int]], Sequence[Decisions]],
    play: Callable[[Sequence[int]], PortfolioRun],
    *,
    time: Sequence[Integers],
    cuts: Sequence[int],
) -> LookAhead:
    """Decide and play on all bars and on what there was at each cut, of all symbols at once, and return the first bar that differs.

    `time` are the closes of each symbol's bars (nanoseconds). `decide(bars)` decides on the first `bars[i]` bars of symbol i as if there
    were no more of any symbol; `play(bars)` plays the decisions made on all bars, kept up to there, with one cash: so what differs in
    `decide` is what somebody knew, and in `play` what fills, sizes, stops and the order of the symbols knew. A cut proves nothing of
    the bars after it, so cuts are spread (`cut_places`). What is held at a symbol's last bar is closed there, as its candles end: equity
    and trades are compared before that; up to the cut where no symbol has bars on both sides of it. Raises `ValueError` for a cut that
    leaves no bar, or all.
    """
    whole = [len(each) for each in time]
    if any(not any(bars) or bars == whole for bars in (_bars_at(cut, time) for cut in cuts)):
        message = "a cut leaves a bar at least, and cuts off a bar at least"
        raise ValueError(message)
    decided, run, found, compared = decide(whole), play(whole), list[_Difference](), 0
    for cut in cuts:
        bars = _bars_at(cut, time)
        found.extend(_decided_otherwise(decided, decide(bars), time=time, cut=cut))
        # A symbol that begins after the cut, or has ended by then, is closed nowhere but on all of its bars.
        last = (int(each[kept - 1]) for each, kept in zip(time, bars, strict=True) if 0 < kept < len(each))
        until = min(last, default=cut + 1)
        found.extend(_played_otherwise(run, play(bars), until=until, cut=cut))
        compared += sum(bars) + int(np.searchsorted(run.time, until))
    worst = min(found, key=lambda each: each[:3], default=None)
    return LookAhead(tuple(cuts), compared, *(worst or ()))


def _bars_at(cut: int, time: Sequence[Integers]) -> list[int]:
    return [int(np.searchsorted(each, cut, side="right")) for each in time]


def _decided_otherwise(
    whole: Sequence[Decisions], kept: Sequence[Decisions], *, time: Sequence[Integers], cut: int
) -> Iterator[_Difference]:
    for place, (one, other) in enumerate(zip(whole, kept, strict=True)):
        for each in fields(Decisions):
            differs = np.flatnonzero(getattr(one, each.name)[: len(other)] != getattr(other, each.name))
            if len(differs):
                yield _Difference(int(time[place][differs[0]]), cut, each.name, place)


def _played_otherwise(whole: PortfolioRun, kept: PortfolioRun, *, until: int, cut: int) -> Iterator[_Difference]:
    """Compare what there is at the closes before `until`."""
    before = int(np.searchsorted(whole.time, until))
    for name in ("equity", "gross"):
        differs = np.flatnonzero(getattr(whole, name)[:before] != getattr(kept, name)[:before])
        if len(differs):
            yield _Difference(int(whole.time[differs[0]]), cut, name, None)
    ended, again = (int(np.searchsorted(each.trades.left, until)) for each in (whole, kept))
    both = min(ended, again)
    otherwise = [np.flatnonzero(getattr(whole.trades, each)[:both] != getattr(kept.trades, each)[:both]) for each in _OF_A_TRADE]
    first = min([*(int(each[0]) for each in otherwise if len(each)), *([both] if ended != again else [])], default=None)
    if first is not None:
        longer = whole if ended > first else kept
        yield _Difference(int(longer.trades.left[first]), cut, "trades", None)
