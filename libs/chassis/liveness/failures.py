"""What background work does with an error: it is logged and counted, and the work goes on. Only who cannot serve at all ends a process."""

from typing import Final

from prometheus_client import Counter

from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log

FAILURES: Final = Counter(
    "modelbourse_background_failures", "Attempts of background work that failed, by what it is.", ["work"], registry=None
)
UNPUBLISHED: Final = Counter(
    "modelbourse_outbox_set_aside", "Events that are too large for the bus and went to the dead letters.", ["topic"], registry=None
)


def report_failure(error: Exception, *, work: str, reported: bool = False) -> None:
    """Log and count a failed attempt that will be made again; one like the last (`reported`) is counted alone.

    What nobody foresaw comes with its traceback: a store that is full, that refuses what it took yesterday, a document that cannot be read.
    """
    FAILURES.labels(work).inc()
    if reported:
        return
    if is_passing(error):
        # The class says enough; the text of a connection error may hold an address with a password.
        log().warning(f"{work}: waits and tries again", error=type(error).__name__, code=getattr(error, "code", None))
    else:
        log().error(f"{work}: failed and is tried again", error=type(error).__name__, exc_info=error)
