"""Windows of bars: what a model that looks at sequences is given for each row, instead of one bar's features."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Rows that are each `steps` bars in a row, the newest last; made when they are looked at, so a table takes no more than its bars.

    `bars` (bars, features) may be those of several symbols one after another: it is up to whoever chooses `last` (rows,), the bar that each
    window ends with, that no window reaches from one into another (see `streaks`).
    """

    bars: Floats
    last: Integers
    steps: int

    def __len__(self) -> int:
        return len(self.last)

    def __getitem__(self, places: NDArray[Any] | slice) -> "Windows":
        return Windows(self.bars, self.last[places], self.steps)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, steps, features."""
        return len(self.last), self.steps, int(self.bars.shape[1])

    @property
    def latest(self) -> Floats:
        """The features of each window's newest bar, (rows, features)."""
        return self.bars[self.last]

    @property
    def covered(self) -> Floats:
        """The features of every bar that lies in one of the windows, each bar once, (bars, features)."""
        return self.bars[np.unique(self._places())]

    def values(self) -> Floats:
        """Return the windows, (rows, steps, features)."""
        return self.bars[self._places()]

    def _places(self) -> Integers:
        return np.asarray(self.last[:, None] - np.arange(self.steps - 1, -1, -1))


def ready(features: Floats, segment: NDArray[Any], *, steps: int) -> NDArray[np.bool_]:
    """Tell which bars have all their features, and end a window of `steps` bars in a row that have; (bars,)."""
    whole: NDArray[np.bool_] = np.all(np.isfinite(features), axis=1)
    return streaks(whole, segment) >= max(steps, 1)


def latest_of(rows: Any) -> Floats:
    """Return the features of each row's newest bar, (rows, features), of windows as of plain rows."""
    return rows.latest if isinstance(rows, Windows) else rows


def streaks(whole: NDArray[np.bool_], segment: NDArray[Any]) -> Integers:
    """Return how many bars in a row, up to each and with it, are `whole` and of one segment, (bars,); 0 for a bar that is not.

    A bar can end a window of n bars when its streak is n or more.
    """
    places = np.arange(len(whole))
    obstacles = np.where(whole, -1, places)
    edges = np.flatnonzero(np.diff(segment))
    obstacles[edges + 1] = np.maximum(obstacles[edges + 1], edges)
    return np.asarray(places - np.maximum.accumulate(obstacles)) if len(whole) else places
