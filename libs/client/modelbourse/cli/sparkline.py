"""A curve in one line of text."""

import sys
from collections.abc import Sequence
from typing import Final

WIDTH: Final = 40
BLOCKS: Final = "▁▂▃▄▅▆▇█"


def drawn(values: Sequence[float], *, width: int = WIDTH, low: float | None = None, high: float | None = None) -> str:
    """Return a curve for stdout; empty where its encoding has no blocks."""
    return sparkline(values, width=width, low=low, high=high) if "utf" in (sys.stdout.encoding or "").lower() else ""


def sparkline(values: Sequence[float], *, width: int, low: float | None = None, high: float | None = None) -> str:
    """Return a line of at most `width` blocks, each as high as the last of the values it stands for.

    The lowest block is `low`, the highest `high`: the values' own lowest and highest, unless curves are to be drawn on one scale.
    """
    if not values:
        return ""
    shown = [values[(place + 1) * len(values) // width - 1] for place in range(width)] if len(values) > width else list(values)
    low, high = (min(values) if low is None else low), (max(values) if high is None else high)
    reach = high - low
    if reach <= 0:
        return BLOCKS[0] * len(shown)
    return "".join(BLOCKS[min(len(BLOCKS) - 1, int((value - low) / reach * len(BLOCKS)))] for value in shown)


def bar(share: float, *, width: int = 20) -> str:
    """Return a share, 0 to 1, as a bar for stdout; empty where its encoding has no blocks."""
    filled = round(max(0.0, min(1.0, share)) * width)
    return "█" * filled + "░" * (width - filled) if "utf" in (sys.stdout.encoding or "").lower() else ""
