"""Whether Ray is there, for this process's heartbeats: away for a while, it degrades training in words."""

import time
from collections.abc import Callable
from typing import Final

from services.training.domain.errors import ClusterAwayError
from services.training.outbound.ray_pool import RAY_RESOURCES

# A process that has just been started connects meanwhile, and a head that is started again is found again.
AWAY_S: Final = 30.0


class RayCheck:
    """Looks at what the pool of runners has seen last."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen = clock()

    async def __call__(self) -> None:
        """Raise ClusterAwayError when Ray has not been seen for half a minute."""
        at = self._clock()
        if any(family.samples for family in RAY_RESOURCES.collect()):
            self._seen = at
        elif at - self._seen > AWAY_S:
            msg = f"the cluster has not answered for {at - self._seen:.0f} s"
            raise ClusterAwayError(msg)
