"""Walk-forward analysis: tuned on the days before, scored on the days after, window by window; and what the windows say together."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from libs.quant.candles import NANOSECONDS_A_DAY, Floats, Integers

Mode = Literal["rolling", "anchored"]
Verdict = Literal["robust", "fragile", "failed"]

EFFICIENT: Final = 0.5
"""At least half of what was earned in sample is left out of sample (Pardo 2008)."""
MOSTLY: Final = 0.6
"""So many of the windows earn out of sample: one or two of them alone carry nothing."""
FEWEST_WINDOWS: Final = 3
SCORED: Final = 0.5
"""So many of the windows have scores: what is said of fewer is said of those alone in which something was found."""


@dataclass(frozen=True, slots=True)
class WalkWindow:
    """Bars to tune on and to score on, as places: from each start up to, not with, its stop; `purged` bars lie between the two."""

    in_start: int
    in_stop: int
    out_start: int
    out_stop: int

    @property
    def purged(self) -> int:
        """How many bars before the out-of-sample part belong to neither."""
        return self.out_start - self.in_stop


@dataclass(frozen=True, slots=True)
class WalkForwardVerdict:
    """What all windows say together.

    `efficiency`: mean score out of sample / mean score in sample, None where the latter is not above 0. `profitable`: the share of windows
    with a score above 0 out of sample. All rest on the `scored` windows. `verdict` is None where nothing can be said; `words` say why it is
    what it is.
    """

    in_sample: float | None
    out_of_sample: float | None
    efficiency: float | None
    profitable: float | None
    verdict: Verdict | None
    words: str
    scored: int


def walk_forward_windows(
    time: Integers, *, mode: Mode, in_sample_days: int, out_of_sample_days: int, purge: int = 0
) -> tuple[WalkWindow, ...]:
    """Return the windows of bars that close at `time` (nanoseconds since 1970), the oldest first; none where the bars do not suffice.

    Days are of the calendar's length, counted from the first bar. Each window is scored on `out_of_sample_days`, which begin where those of
    the window before ended, and tuned on the `in_sample_days` before them (`rolling`) or on all days before them (`anchored`). The last one
    may be shorter, down to half of its days. `purge` bars before the scored part are not tuned on (López de Prado 2018, chapter 7): as
    many as a label looks ahead, or a position decided there may be held; what is scored may look back over them, which needs no purge.
    """
    if len(time) < 2:  # noqa: PLR2004 - one bar cannot be both tuned and scored on
        return ()
    day, found = NANOSECONDS_A_DAY, []
    # From the first bar's close to the last one's there is a bar less than there are.
    origin, end = int(time[0]), int(time[-1] + np.diff(time).min())
    opens = origin + in_sample_days * day
    while opens + out_of_sample_days * day // 2 <= end:
        tuned_from = origin if mode == "anchored" else opens - in_sample_days * day
        places = np.searchsorted(time, [tuned_from, opens, opens + out_of_sample_days * day])
        in_start, out_start, out_stop = (int(place) for place in places)
        in_stop = max(out_start - purge, in_start)
        if in_stop > in_start and out_stop > out_start:
            found.append(WalkWindow(in_start, in_stop, out_start, out_stop))
        opens += out_of_sample_days * day
    return tuple(found)


def judge_walk_forward(in_sample: Floats, out_of_sample: Floats) -> WalkForwardVerdict:
    """Judge the windows by their scores, (windows,) each; NaN for a window without one, which is left out.

    Scores are rates (a ratio, or a profit a day): windows of other lengths must compare. A window in which what was chosen did not trade
    has the score 0 out of sample: it is not left out. `robust`: the mean out of sample is above 0 and at least `EFFICIENT` of that in
    sample, and at least `MOSTLY` of the windows earn out of sample. `failed`: the mean out of sample is not above 0. `fragile`: everything
    between. Fewer than `FEWEST_WINDOWS` windows or `SCORED` of them with scores, or a mean in sample that is not above 0 (nothing was found
    to be carried over), give no verdict.
    """
    scored = np.isfinite(in_sample) & np.isfinite(out_of_sample)
    windows = int(scored.sum())
    if not windows:
        return WalkForwardVerdict(None, None, None, None, None, "No window has a score both in sample and out of sample.", 0)
    before, after = float(in_sample[scored].mean()), float(out_of_sample[scored].mean())
    earning = float((out_of_sample[scored] > 0).mean())
    efficiency = after / before if before > 0 else None
    verdict, words = _verdict(windows, of=len(scored), after=after, efficiency=efficiency, earning=earning)
    return WalkForwardVerdict(before, after, efficiency, earning, verdict, words, windows)


def _verdict(windows: int, *, of: int, after: float, efficiency: float | None, earning: float) -> tuple[Verdict | None, str]:
    named = f"{windows} windows" if windows == of else f"the {windows} windows with scores, of {of},"
    share = f"{earning:.0%} of {named} earn out of sample"
    if windows < FEWEST_WINDOWS:
        return None, f"{windows} windows are too few to judge: it takes {FEWEST_WINDOWS}."
    if windows < SCORED * of:
        return None, f"{windows} of {of} windows have scores, too few to judge: it takes {SCORED:.0%}."
    if efficiency is None:
        return None, f"Nothing was earned in sample, so there is nothing to be carried over; {share}."
    if after <= 0:
        return "failed", f"What was tuned in sample earned nothing out of sample; {share}."
    kept = f"{efficiency:.0%} of the score in sample is left out of sample, and {share}"
    if efficiency >= EFFICIENT and earning >= MOSTLY:
        return "robust", f"{kept}."
    return "fragile", f"{kept}: it takes {EFFICIENT:.0%} and {MOSTLY:.0%}."
