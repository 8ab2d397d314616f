"""What a hot path needs to know, remembered for a moment so that it reads no store."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
REMEMBERED: Final = 10_000
LIFE_S: Final = 1.0
# From here on it is read anew ahead of time, so that what is asked for all the time never makes a request wait.
FRESH_S: Final = 0.5
# While the store is away: what was true a minute ago still is, near enough.
LAST_KNOWN_LIFE_S: Final = 60.0


class Remembered(Generic[K, V]):
    """At most `REMEMBERED` of them, each for a second: another gateway's news shows within it, this one's own at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()
        # Counts what was forgotten: what was read before that may be what it is no more.
        self.generation = 0

    def get(self, key: K, *, life_s: float = LIFE_S) -> V | None:
        """Return what is remembered and not older than this."""
        known = self._known.get(key)
        return known[1] if known and self._clock() - known[0] < life_s else None

    def is_fresh(self, key: K) -> bool:
        """Tell whether what is remembered need not be read anew yet."""
        return self.get(key, life_s=FRESH_S) is not None

    def keep(self, key: K, value: V, *, generation: int | None = None) -> V:
        """Remember it, and return it; with a `generation`, remember it only if its reading began in this one."""
        if generation not in {None, self.generation}:
            return value
        self._known[key] = (self._clock(), value)
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return value

    def forget(self, key: K) -> None:
        """Something changed."""
        self.generation += 1
        self._known.pop(key, None)
