"""An attempt to log in: whether it comes too early after wrong ones, and what becomes of it then."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attempt:
    """`early_s`: it should have come so many seconds later, 0 when it is in time. `held_s`: its answer is held back for so long.

    The right password from a known source gets in although it is early; any other early attempt is refused, after the same time.
    """

    early_s: int = 0
    held_s: float = 0.0
