"""A store that is away, told as the error that use cases know."""

from collections.abc import Iterator
from contextlib import contextmanager

from libs.chassis.liveness.outages import as_platform_error


@contextmanager
def store_outages() -> Iterator[None]:
    """Turn the driver's errors of an absent server into UnavailableError."""
    try:
        yield
    except Exception as error:
        if told := as_platform_error(error):
            raise told from error
        raise
