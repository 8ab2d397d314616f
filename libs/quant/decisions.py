"""What a strategy wants of one symbol: at each bar's close, whether to enter or to leave."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Decided at each bar's close, filled at the next bar's open; four arrays of one length, (bars,).

    A position is held until its exit is met; where positions of both directions are traded, the entry of the other direction reverses it.
    Where an entry and the exit of the same direction are met at one bar, the exit counts.
    """

    enter_long: Flags
    exit_long: Flags
    enter_short: Flags
    exit_short: Flags

    def __len__(self) -> int:
        return len(self.enter_long)

    def part(self, start: int, stop: int) -> "Decisions":
        """Return what is decided on the bars from `start` up to, not with, `stop`."""
        return Decisions(self.enter_long[start:stop], self.exit_long[start:stop], self.enter_short[start:stop], self.exit_short[start:stop])
