"""What is unusual in candles that are in order: holes, closed markets, still prices, jumps, an old end. A part of them at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.datasets import Finding, FindingCode
from libs.market.datasets.findings import are, found, many
from libs.market.datasets.head import shown_moment
from libs.market.datasets.spool import PART, Spool
from libs.market.datasets.timeframes import is_member
from libs.market.sessions import INTRADAY, bars_between, bars_of, length_of, sessions_of
from libs.quant.candles import Floats, Integers
from libs.quant.thinning import thinned

FLAT: Final = 20
"""From so many equal closes in a row on it is a run."""
CHART_POINTS: Final = 500
# As in libs/market/adjust.py: splits are 3:2 and more, in simple fractions; a dividend may come on the same day.
_SMALLEST_SPLIT: Final = 1.2
_LARGEST_DENOMINATOR: Final = 4
_TOLERANCE: Final = 0.03
# Bars are the same distance apart, but for what a clock is off.
_SLACK: Final = 20
_MARKS: Final = 40  # of a kind that the chart shows


@dataclass(slots=True)
class Seen:
    """How often something was seen, where first, and the places that the chart marks."""

    count: int = 0
    places: list[int] = field(default_factory=list)
    first: int = 0
    worst: tuple[int, int, int] = (0, 0, 0)
    """How large the largest is, and from when to when."""

    def add(self, moments: Integers, *, weights: Integers | None = None) -> None:
        """Count what is at these moments, each as often as its weight."""
        if not len(moments):
            return
        self.first = self.first if self.count else int(moments[0])
        self.count += len(moments) if weights is None else int(weights.sum())
        self.places += moments[: max(_MARKS - len(self.places), 0)].tolist()


@dataclass(slots=True)
class Checks:
    """The checks of one series, fed with its parts in order. `now` is the moment of the check, in nanoseconds since 1970.

    What is older than `stale_after` bars is stale.
    """

    calendar: str
    timeframe: str
    now: int
    stale_after: int
    seen: dict[FindingCode, Seen] = field(default_factory=lambda: {code: Seen() for code in FindingCode})
    split: float = 1.0
    chart: list[tuple[int, float]] = field(default_factory=list)
    _segment: int = 0
    _equal: int = 1
    _counted: bool = False

    def run(self, spool: Spool, *, report: Callable[[int, int], None]) -> None:
        """Look at all candles, and write the column `segment`; `report` is told how many were looked at."""
        segments = []
        for start in range(0, spool.rows, PART):
            report(start, spool.rows)
            before = max(start - 1, 0)
            columns = {name: spool.read(name, before, start + PART) for name in ("time", "open", "close", "volume")}
            segments.append(self._part(columns, overlap=start - before))
        spool.write("segment", np.concatenate(segments), kind="s")

    def _part(self, columns: dict[str, NDArray[Any]], *, overlap: int) -> NDArray[np.int32]:
        time, close = columns["time"], columns["close"]
        missing = self._missing(time)
        holes = np.flatnonzero(missing > 0)
        self._note_gaps(time, missing=missing, holes=holes)
        self.seen[FindingCode.UNPARSED_TIME].add(time[overlap:][time[overlap:] > self._latest()])
        self.seen[FindingCode.SESSION].add(time[overlap:][self._closed(time[overlap:])])
        self.seen[FindingCode.ZERO_VOLUME].add(time[overlap:][columns["volume"][overlap:] == 0])
        before, after = close[:-1], columns["open"][1:]
        # A price that is none is told of elsewhere; nothing jumps to it.
        self._note_jumps(time, ratio=np.divide(before, after, out=np.ones(len(after)), where=(before > 0) & (after > 0)))
        self._note_flat(time, equal=close[1:] == close[:-1])
        chosen = thinned(close[overlap:], most=CHART_POINTS // 2)
        self.chart += list(zip(time[overlap:][chosen].tolist(), close[overlap:][chosen].tolist(), strict=True))
        grows = np.cumsum(missing > 0)
        segments = self._segment + (grows if overlap else np.concatenate([[0], grows]))
        self._segment = int(segments[-1]) if len(segments) else self._segment
        return segments.astype(np.int32)

    def _latest(self) -> int:
        """Return when a candle can close at the latest: when the bar does that is not over yet, or a bar's length from now."""
        bars = bars_of(self.calendar, self.timeframe, first=self.now)
        closes = int(bars.closes(bars.before(np.array([self.now], dtype=np.int64)))[0])
        return max(closes, self.now + length_of(self.calendar, self.timeframe))

    def _missing(self, time: Integers) -> Integers:
        """Return how many bars are missing before each candle but the first, by the time that the market was open since the one before."""
        bars = bars_of(self.calendar, self.timeframe, first=int(time[0]))
        closed: Integers = np.diff(bars.before(time)) - 1
        if self.timeframe not in INTRADAY:
            return np.maximum(closed, 0)
        length = INTRADAY[self.timeframe]
        traded = np.diff(sessions_of(self.calendar, first=int(time[0])).traded(time))
        return np.asarray(np.where(traded > length + length // _SLACK, np.maximum(closed, 1), 0))

    def _note_gaps(self, time: Integers, *, missing: Integers, holes: Integers) -> None:
        if not len(holes):
            return
        gaps = self.seen[FindingCode.GAP]
        gaps.add(time[holes], weights=missing[holes])
        longest = holes[np.argmax(missing[holes])]
        if missing[longest] > gaps.worst[0]:
            gaps.worst = int(missing[longest]), int(time[longest]), int(time[longest + 1])

    def _closed(self, time: Integers) -> NDArray[np.bool_]:
        """Tell which candles lie outside of the calendar's sessions."""
        if self.timeframe in INTRADAY:
            return ~sessions_of(self.calendar, first=int(time[0])).inside(time - 1)
        return ~is_member(time, bars_of(self.calendar, self.timeframe, first=int(time[0])).ends)

    def _note_jumps(self, time: Integers, *, ratio: Floats) -> None:
        large = np.flatnonzero((ratio >= _SMALLEST_SPLIT) | (ratio <= 1 / _SMALLEST_SPLIT))
        splits = [(place, split) for place in large.tolist() if (split := _split(float(ratio[place])))]
        if splits:
            jumps = self.seen[FindingCode.JUMP]
            self.split = self.split if jumps.count else splits[0][1]
            jumps.add(time[[place + 1 for place, _ in splits]])

    def _note_flat(self, time: Integers, *, equal: NDArray[np.bool_]) -> None:
        """Count runs of equal closes; one that goes on from the part before is counted once."""
        if not equal.any():
            self._equal, self._counted = 1, False
            return
        edges = np.flatnonzero(np.diff(np.concatenate([[False], equal, [False]]).astype(np.int8)))
        runs = self.seen[FindingCode.FLAT_RUN]
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            carried = self._equal if start == 0 else 1
            length = carried + stop - start
            if length >= FLAT and not (start == 0 and self._counted):
                runs.add(time[[start]])
            if length >= FLAT and length > runs.worst[0]:
                runs.worst = length, int(time[start]), int(time[stop])
            self._counted = length >= FLAT
            self._equal = length
        if edges[-1] != len(equal):
            self._equal, self._counted = 1, False

    def findings(self, *, last: int) -> list[Finding]:
        """Return what was found; `last` is the last candle's close."""
        late = bars_between(self.calendar, self.timeframe, after=last, until=self.now)
        messages = {
            FindingCode.UNPARSED_TIME: self._of_future,
            FindingCode.GAP: self._of_gaps,
            FindingCode.SESSION: self._of_sessions,
            FindingCode.ZERO_VOLUME: self._of_volume,
            FindingCode.FLAT_RUN: self._of_flat,
            FindingCode.JUMP: self._of_jumps,
        }
        told = [
            found(code, message(seen), count=seen.count, first=shown_moment(seen.first))
            for code, message in messages.items()
            if (seen := self.seen[code]).count
        ]
        if late > self.stale_after:
            message = (
                f"The last candle closed at {shown_moment(last)}: {late:,} of {self.timeframe} have closed since then by {self.calendar}."
            )
            told.append(found(FindingCode.STALE, message, count=late, first=shown_moment(last)))
        return told

    def _of_future(self, seen: Seen) -> str:
        return (
            f"{many(seen.count, 'candle')} of {self.timeframe} would close in the future, the first at {shown_moment(seen.first)}; it is "
            f"{shown_moment(self.now)} now. Look at the times' year, unit and zone."
        )

    def _of_gaps(self, seen: Seen) -> str:
        bars, start, end = seen.worst
        return (
            f"{are(seen.count, 'candle')} missing by the calendar {self.calendar}; the longest hole has {bars:,}, from "
            f"{shown_moment(start)} to {shown_moment(end)}. No window reaches across a hole."
        )

    def _of_sessions(self, seen: Seen) -> str:
        return (
            f"{are(seen.count, 'candle')} outside of the sessions of {self.calendar}; the first closes at {shown_moment(seen.first)}. "
            "They are kept, and in no coarser candle. Name another calendar if this is not the market's."
        )

    def _of_volume(self, seen: Seen) -> str:
        return f"{many(seen.count, 'candle')} with a volume of zero: where the price moved, the volume counts as unknown."

    def _of_flat(self, seen: Seen) -> str:
        length, start, end = seen.worst
        return (
            f"{many(seen.count, 'run')} of {FLAT} equal closes or more; the longest has {length:,}, from {shown_moment(start)} to "
            f"{shown_moment(end)}. The source may have repeated its last price."
        )

    def _of_jumps(self, seen: Seen) -> str:
        ratio = Fraction(self.split).limit_denominator(_LARGEST_DENOMINATOR)
        return (
            f"The price jumps from one candle to the next as in a split, {seen.count:,} times; first at {shown_moment(seen.first)}, by "
            f"{ratio.numerator}:{ratio.denominator}. Send prices that are adjusted for splits."
        )


def _split(ratio: float) -> float | None:
    """Return the simple fraction that a jump is near to; None where it is near to none."""
    up = max(ratio, 1 / ratio)
    simple = Fraction(up).limit_denominator(_LARGEST_DENOMINATOR)
    if abs(float(simple) / up - 1) > _TOLERANCE or simple == 1:
        return None
    return float(simple) if ratio > 1 else 1 / float(simple)
