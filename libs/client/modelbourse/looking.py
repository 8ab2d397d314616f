"""Looking at something again and again: soon at first, then less often, as often as the rate limit allows; through outages."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from modelbourse.errors import PASSING
from modelbourse.gateway import Gateway
from modelbourse.outages import Outage
from modelbourse.steps import Pause, Steps

T = TypeVar("T")
FIRST_LOOK_S: Final = 0.3
LOOK_AT_LEAST_EVERY_S: Final = 5.0
SLOWER: Final = 1.2


@dataclass(slots=True)
class Looks(Generic[T]):
    """`look` gets the thing as it stands; `too_late` makes the error of `timeout` seconds that are over, of what was seen last."""

    gateway: Gateway
    look: Callable[[], Steps[T]]
    too_late: Callable[[T | None], Exception]
    timeout: float | None = None
    began: float = field(default_factory=time.monotonic)
    pause: float = 0.0
    last: T | None = None
    outage: Outage = field(default_factory=Outage)

    def next(self) -> Steps[T]:
        """Wait a little, look, and return what is seen. Raise what `too_late` returns when the time is over."""
        while True:
            yield from self._rest(self.gateway.pace(self.pause))
            self.pause = min(LOOK_AT_LEAST_EVERY_S, max(FIRST_LOOK_S, self.pause * SLOWER))
            try:
                seen = self.last = yield from self.look()
            except PASSING as error:
                yield from self._rest(self.outage.pause(error))
            else:
                self.outage.end()
                return seen

    def _rest(self, seconds: float) -> Steps[None]:
        left = None if self.timeout is None else self.began + self.timeout - time.monotonic()
        if left is not None and left <= 0:
            raise self.too_late(self.last)
        if seconds:
            yield Pause(seconds if left is None else min(seconds, left))
