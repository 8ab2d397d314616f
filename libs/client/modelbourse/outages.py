"""How long whoever waits at a gateway holds on while it is away."""

import time
from dataclasses import dataclass
from typing import Final

from modelbourse.errors import ModelbourseError, RefusedError

# For so long an outage is waited through.
OUTAGE_MOST_S: Final = 600.0
TRY_EVERY_S: Final = 5.0


@dataclass(slots=True)
class Outage:
    """The outage that is being waited through, if there is one: `since` is when it was noticed."""

    since: float | None = None

    def pause(self, error: ModelbourseError) -> float:
        """Return how long to wait before the next try. Raise the error when the outage lasts too long."""
        after = error.retry_after if isinstance(error, RefusedError) else None
        self.since = self.since or time.monotonic()
        # A used up rate limit is no outage: it says when it is over.
        if after is None and time.monotonic() - self.since > OUTAGE_MOST_S:
            raise error
        return max(after or 0, TRY_EVERY_S)

    def end(self) -> None:
        """Note that the gateway answers."""
        self.since = None
