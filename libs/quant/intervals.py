"""Intervals of measured shares. Pure Python."""

from math import sqrt
from typing import Final

Z_95: Final = 1.959963984540054  # of the standard normal distribution, two-sided


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `hits` in `tries` (Wilson 1927, the score interval); 0 to 1 without a try."""
    if not tries:
        return 0.0, 1.0
    share, z2 = hits / tries, Z_95**2
    middle = (share + z2 / (2 * tries)) / (1 + z2 / tries)
    half = Z_95 / (1 + z2 / tries) * sqrt(share * (1 - share) / tries + z2 / (4 * tries**2))
    return max(0.0, middle - half), min(1.0, middle + half)
